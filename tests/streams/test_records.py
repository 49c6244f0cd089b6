"""Records keep the ids that they have."""

import io
import json
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from tweetner.streams import (
    RecordOptions,
)
from tweetner.streams.lines import Lines
from tweetner.streams.outputs import encode_row
from tweetner.streams.records import jsonl_records

json_ids = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(json_ids)
def test_an_id_is_copied_with_its_json_type(id_: object) -> None:
    line = json.dumps({"id": id_, "text": "a"}).encode()
    lines = Lines(io.BytesIO(line), "x")  # type: ignore[arg-type]
    (record,) = jsonl_records(lines, "x", RecordOptions(), count(1))
    copied = json.loads(encode_row({"id": record.id}))["id"]
    assert json.dumps(copied) == json.dumps(id_)
