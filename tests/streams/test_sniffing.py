"""An input of another format than expected is refused once, with what it looks like."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tweetner.streams import Record, Source, find_inputs
from tweetner.streams.sniffing import looks_like

Read = Callable[..., list[Record]]


@pytest.mark.parametrize(
    ("start", "format_"),
    [
        (b"PK\x03\x04\x14\0", "a zip archive or an Excel file"),
        (b"PAR1\x15\x04", "--input-format parquet"),
        (b"\x89PNG\r\n\0\0", "binary data"),
        (b"caf\xe9\nin\n", "not UTF-8"),
        (b"<!DOCTYPE html>\n", "a web page"),
        (
            b'{"id": 1, "tweet": "in NYC"}\n{"id"',
            "JSON lines with the keys 'id', 'tweet': --column",
        ),
        (b'{\n "id": 1\n}\n', "JSON: --input-format jsonl"),
        (b"in\tO\nNYC\tB-loc\n\nLA\tB-loc\n", "--input-format conll"),
        (b"in O\nNYC B-loc\n", "--input-format conll"),
        (b"id\ttext\n1\tin NYC\n", "--input-format tsv"),
        (b"id,text\n1,in NYC\n", "--input-format csv"),
        (b"id;text\n1;in NYC\n2;in LA", "--input-format csv --separator ';'"),
        (b"id|text\n1|in NYC\n", "--input-format csv --separator '|'"),
        (b"in NYC, now\nand in LA\n", "plain text, a tweet on each line: --input-format text"),
        (b"", "plain text"),
    ],
)
def test_a_format_is_guessed_and_the_option_named(start: bytes, format_: str) -> None:
    assert format_ in looks_like(start)


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("id,text\n" + "1,in NYC\n" * 5000, "columns between ',': --input-format csv"),
        ("in NYC\n" * 5000, "plain text, a tweet on each line: --input-format text"),
        ((json.dumps({"tweet": "a"}) + "\n") * 5000, "with the keys 'tweet': --column"),
    ],
)
def test_a_wrong_format_is_one_error_and_not_thousands(read: Read, data: str, hint: str) -> None:
    with pytest.raises(ValueError) as refused:
        read(data)
    message = str(refused.value)
    assert "in.jsonl: the first 100 records are all errors, such as " in message
    assert hint in message
    assert "\n" not in message


def test_a_good_record_among_the_first_hundred_makes_errors_records(read: Read) -> None:
    data = "broken\n" * 99 + '{"text": "a"}\n' + "broken\n" * 200
    records = read(data)
    assert len(records) == 300
    assert sum(record.error is not None for record in records) == 299


def test_fewer_errors_than_a_hundred_are_answered_one_by_one(read: Read) -> None:
    assert [record.id for record in read("broken\n" * 99)] == [None] * 99


def test_errors_before_the_point_where_an_input_breaks_are_answered(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('id,text\n1\n2\n3,"x')
    records = []
    with pytest.raises(ValueError, match="expected CSV"):
        for record in Source(find_inputs([str(tmp_path / "in.csv")])):
            records.append(record)
    assert [str(record.error).split("in.csv:")[1] for record in records] == [
        "2: expected 2 columns, got 1",
        "3: expected 2 columns, got 1",
    ]
