from pathlib import Path
from typing import Any

import pytest

from tweetner.streams import find_inputs
from tweetner.trends.records import Mention, read_records, read_tweet

ENTITY = {"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, "score": 0.9}


def read(record: dict[str, Any], time: str = "created_at", author: str = "author_id") -> Any:
    return read_tweet(record, 12, time, author)


def test_a_record_of_tweetner_tag_is_read() -> None:
    record = {"id": 7, "created_at": 5, "author_id": 3, "entities": [ENTITY]}
    assert read(record) == (5_000, 7, "3", [Mention("NYC", "geo-loc", 0.9)])


def test_paths_have_dots_and_missing_authors_are_none() -> None:
    record = {"data": {"at": 5}, "user": {"name": "nina"}, "entities": []}
    assert read(record, "data.at", "user.name") == (5_000, 12, "nina", [])
    assert read(record, "data.at", "user.id").author is None


def test_the_id_gives_the_time_where_the_field_is_missing() -> None:
    assert read({"id": "1050118621198921728", "entities": []}).time == 1539202764211


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": 1, "error": "tweets.jsonl:1: expected JSON"}, "tweets.jsonl:1: expected JSON"),
        ({"id": 1, "entities": []}, "expected a time at 'created_at' or in the id, got neither"),
        ({"id": 1, "created_at": "noon", "entities": []}, "expected a time in ISO 8601"),
        ({"id": 1, "created_at": 1}, "expected a list of entities, got null"),
        ({"id": 1, "created_at": 1, "entities": [{"text": "a"}]}, "expected entities with"),
        ({"id": 1, "created_at": 1, "entities": ["a"]}, "expected entities with a text"),
    ],
)
def test_a_record_that_cannot_be_counted_says_why(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(record)


def test_jsonl_and_parquet_give_the_same_records(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    record = {"id": "a", "created_at": "2018-10-10T20:19:24Z", "entities": [ENTITY]}
    lines = tmp_path / "tagged.jsonl"
    lines.write_text(str(record).replace("'", '"') + "\nnonsense\n", encoding="utf-8")
    table = tmp_path / "tagged.parquet"
    parquet.write_table(pa.Table.from_pylist([record]), table)
    from_lines = list(read_records(find_inputs([str(lines)])))
    assert from_lines[0] == record == next(read_records(find_inputs([str(table)])))
    assert "tagged.jsonl:2: expected JSON" in from_lines[1]["error"]
