"""Lines → records: JSONL, plain text, CSV and CoNLL."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tweetner.files import json_type, parse_object


@dataclass(frozen=True, slots=True)
class Record:
    """A tweet of a stream, or the reason why there is none.

    Attributes:
        id: The record's own id, whatever JSON value it is, or its number in the stream.
        text: The raw tweet, empty where there is an error.
        words: Of a tweet that comes in words; `text` has a space between them.
        error: `file:line: expected ..., got ...`.
    """

    id: object
    text: str = ""
    words: tuple[str, ...] | None = None
    error: str | None = None


def jsonl_records(
    lines: Iterable[bytes], name: str, column: str, numbers: Iterator[int]
) -> Iterator[Record]:
    """A record a line, `{"id": ..., "text": ...}`; other keys are dropped, and a blank line is an error."""
    for at, (line, number) in enumerate(zip(lines, numbers, strict=False), start=1):
        id_: object = None
        try:
            fields = _json_object(line)
            id_ = fields.get("id", number)
            yield Record(id_, _json_text(fields, column))
        except ValueError as error:
            yield Record(id_, error=f"{name}:{at}: {error}")


def text_records(
    lines: Iterable[bytes], name: str, _column: str, numbers: Iterator[int]
) -> Iterator[Record]:
    """A record a line; an empty line is an empty tweet."""
    for at, (line, number) in enumerate(zip(lines, numbers, strict=False), start=1):
        try:
            yield Record(number, decode_utf8(line.removesuffix(b"\n").removesuffix(b"\r")))
        except ValueError as error:
            yield Record(number, error=f"{name}:{at}: {error}")


def csv_records(
    lines: Iterable[bytes], name: str, column: str, numbers: Iterator[int]
) -> Iterator[Record]:
    """A record a row, under a header with the column and perhaps `id`; quoted fields may hold line ends.

    Raises:
        ValueError: The column is missing; or the quotes are broken, after which no row can be trusted.
    """
    rows = _csv_rows(lines, name)
    _, header = next(rows, (1, [column]))
    for wanted in (column, "id"):
        if header.count(wanted) > 1 or (wanted == column and wanted not in header):
            raise ValueError(f"{name}:1: expected one column {wanted!r}, got {header}")
    for (at, row), number in zip(rows, numbers, strict=False):
        if len(row) != len(header):
            yield Record(None, error=f"{name}:{at}: expected {len(header)} columns, got {len(row)}")
            continue
        fields = dict(zip(header, row, strict=True))
        id_ = fields.get("id", number)
        if _has_bad_bytes(fields[column]) or _has_bad_bytes(str(id_)):
            yield Record(None, error=f"{name}:{at}: expected UTF-8, got other bytes")
        else:
            yield Record(id_, fields[column])


def conll_records(
    lines: Iterable[bytes], name: str, _column: str, numbers: Iterator[int]
) -> Iterator[Record]:
    """A record a tweet: the words of the first column.

    Raises:
        ValueError: As `corpus.parse_conll`.
    """
    from tweetner.corpus import parse_conll

    for tweet, number in zip(parse_conll(lines, name, tagged=False), numbers, strict=False):
        yield Record(number, " ".join(tweet.words), tweet.words)


def decode_utf8(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8, got other bytes at byte {error.start} of it") from None


def _json_object(line: bytes) -> dict[str, Any]:
    text = decode_utf8(line).rstrip(" \t\r\n")
    if not text:
        raise ValueError("expected an object, got a blank line")
    return parse_object(text)


def _json_text(fields: dict[str, Any], column: str) -> str:
    if column not in fields:
        raise ValueError(
            f"expected the key {column!r}, got {', '.join(map(ascii, fields)) or 'no key'}"[:200]
        )
    text = fields[column]
    if not isinstance(text, str):
        raise ValueError(f"expected {column!r} to be a string, got {json_type(text)}")
    return text


def _csv_rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, each with the number of its first line; bytes that are not UTF-8 become surrogates."""
    rows = csv.reader((line.decode("utf-8", "surrogateescape") for line in lines), strict=True)
    at = 1
    try:
        for row in rows:
            yield at, row
            at = rows.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{name}:{at}: expected CSV, got {error}") from None


def _has_bad_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


@dataclass(frozen=True)
class Done:
    """What an interrupted run has left: the number of complete answers, and the last line of the last one."""

    n: int = 0
    last_line: bytes = b""
