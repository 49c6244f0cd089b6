"""JSON arrays and documents, cut into their records as the bytes arrive."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.streams import Record, Source, find_inputs
from tweetner.streams.json_values import ValueCutter, is_document

Read = Callable[..., list[Record]]

ROWS = [
    {"id": 1, "text": 'in NYC ["]}{,'},
    {"id": 2, "text": "👍🏽 é \u2028", "x": [[], {}, [1.5, -2e3, None, True]]},
    {"id": 3, "text": ""},
]


def cut(data: bytes, size: int, max_characters: int = 1 << 20) -> list[str]:
    cutter = ValueCutter("x", max_characters)
    values = []
    for start in range(0, len(data), size):
        values += cutter.feed(data[start : start + size])
    while last := cutter.finish():
        values += last
    return values


FORMS = {
    "array": json.dumps(ROWS),
    "array in UTF-8": json.dumps(ROWS, ensure_ascii=False),
    "pretty-printed": json.dumps(ROWS, indent=2),
    "rows": "\n".join(map(json.dumps, ROWS)),
    "together": "".join(map(json.dumps, ROWS)),
    "archive": f"window.YTD.tweets.part0 = {json.dumps(ROWS)}",
    "two arrays": json.dumps(ROWS[:1]) + "\n" + json.dumps(ROWS[1:]) + "\n[]\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [30, 64, 1000])
def test_however_the_bytes_arrive_the_values_are_the_same(form: str, size: int) -> None:
    assert [json.loads(value) for value in cut(FORMS[form].encode(), size)] == ROWS


values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(rows=st.lists(st.dictionaries(st.text(), values, max_size=3)), size=st.integers(1, 50))
def test_an_array_is_cut_into_its_elements(rows: list[dict[str, object]], size: int) -> None:
    for data in (json.dumps(rows), json.dumps(rows, ensure_ascii=False, indent=1)):
        assert [json.loads(value) for value in cut(data.encode("utf-8", "replace"), size)] == [
            json.loads(value) for value in cut(data.encode("utf-8", "replace"), 1 << 20)
        ]
    assert [json.loads(value) for value in cut(json.dumps(rows).encode(), size)] == rows


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ('[{"text": "a"}', "record 2: expected ',' or ']', got the end of the file"),
        ('[{"text": "a"},\n{"text": "b"', "record 2: expected JSON: Expecting ',' delimiter"),
        ('[{"text": "a"} {"text": "b"}]', "record 2: expected ',' or ']' after it, got '{'"),
        ('[{"text": "a"}, {text: "b"}]', "record 2: expected JSON: Expecting property name"),
        ("[" + '{"a": ' * 200_000, "record 1: expected JSON, got too many brackets"),
    ],
)
def test_an_array_that_is_broken_is_refused_after_the_records_before(
    tmp_path: Path, data: str, reason: str
) -> None:
    (tmp_path / "in.json").write_text(data)
    records = []
    with pytest.raises(ValueError) as refused:
        for record in Source(find_inputs([str(tmp_path / "in.json")])):
            records.append(record)
    assert reason in str(refused.value)
    assert [record.text for record in records] == ["a"] * (reason.startswith("record 2"))


def test_a_value_that_does_not_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(ValueError, match="x: record 1: expected at most 100 characters, got more"):
        cut(b'["' + b"a" * 1000, 10, max_characters=100)


def test_elements_that_are_no_tweets_are_errors_in_their_place(read: Read) -> None:
    data = b"""[{"id": 7, "text": "a"}, 5, "b", {"id": 8}, {"id": 9, "text": "\xff"},
        {"id": 1, "id": 2}, {"text": "c"}]"""
    records = read(data, "in.json")
    assert [(record.id, record.text) for record in records if record.error is None] == [
        (7, "a"),
        (7, "c"),
    ]
    assert [str(record.error).split("in.json: ")[1] for record in records if record.error] == [
        "record 2: expected an object, got a number",
        "record 3: expected an object, got a string",
        "record 4: expected the key 'text', got 'id'",
        "record 5: expected UTF-8, got other bytes",
        "record 6: expected each key once, got a key twice in one object",
    ]


def test_a_large_array_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    def peak(n_rows: int) -> int:
        row = json.dumps({"text": "in NYC " * 20})
        (tmp_path / "in.json").write_text("[" + ",\n".join([row] * n_rows) + "]")
        source = Source(find_inputs([str(tmp_path / "in.json")]))
        tracemalloc.start()
        assert sum(record.error is None for record in source) == n_rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(80_000) < 1.5 * peak(20_000)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b" \n[", True),
        (b'{\n  "data"', True),
        (b'{"data": [\n', True),
        (b"window.YTD.tweets.part0 = [", True),
        (b'{"text": "["}\n', False),
        (b'{"text": "a"}', False),
        (b"broken\n", False),
        (b"", False),
    ],
)
def test_json_lines_and_documents_are_told_apart(start: bytes, expected: bool) -> None:
    assert is_document(start) is expected
