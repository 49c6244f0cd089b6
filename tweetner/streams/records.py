"""Reading records from JSON, plain text, CSV and CoNLL."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tweetner.files import json_type, parse_object
from tweetner.streams import twitter
from tweetner.streams.fields import Record, RecordOptions
from tweetner.streams.json_values import is_document
from tweetner.streams.lines import Lines
from tweetner.streams.paths import MISSING
from tweetner.streams.sniffing import looks_like


@dataclass(frozen=True)
class Done:
    """The work of an interrupted run: the number of complete answers, and the line of the last."""

    n: int = 0
    last_line: bytes = b""


def jsonl_records(
    lines: Lines, name: str, options: RecordOptions, numbers: Iterator[int]
) -> Iterator[Record]:
    """Yield a record for each JSON object; one that cannot be read, or a blank line, is an error.

    The objects are on a line each, or pretty-printed, or the elements of an array. An object that
    is a page of Twitter's search results gives a record for each of its tweets.

    Args:
        lines: The lines of a stream.
        name: The name of the stream in errors.
        options: The fields that hold the tweets and their ids.
        numbers: The numbers of the records.
    """
    values: Iterator[bytes | str] = iter(lines)
    where = f"{name}:"
    if is_document(lines.start):
        values = iter(lines.json_values())
        where = f"{name}: record "
    for at, value in enumerate(values, start=1):
        yield from json_records(value, f"{where}{at}", options, numbers)


def json_records(
    value: bytes | str, place: str, options: RecordOptions, numbers: Iterator[object]
) -> Iterator[Record]:
    """Yield the record of a JSON object, or those of a page of Twitter's search results.

    Args:
        value: The text of the object.
        place: The place of the object, for errors.
        options: The fields that hold the tweets and their ids.
        numbers: The ids of records without one.
    """
    try:
        fields = parse_object(_json_text(value))
    except ValueError as error:
        next(numbers)
        yield Record(None, error=f"{place}: {error}")
        return
    plain = options.read_plain(fields)
    if plain is not None:
        next(numbers)
        yield plain
    else:
        yield from _tweets(fields, place, options, numbers)


def _json_text(value: bytes | str) -> str:
    if isinstance(value, bytes):
        text = decode_utf8(value).rstrip(" \t\r\n")
        if not text:
            raise ValueError("expected an object, got a blank line")
        return text
    if _has_bad_bytes(value):
        raise ValueError("expected UTF-8, got other bytes")
    return value


def _tweets(
    fields: twitter.Fields, place: str, options: RecordOptions, numbers: Iterator[object]
) -> Iterator[Record]:
    """Yield the record of a JSON object, or those of a page."""
    page = twitter.page_of(fields)
    if page is None or options.find_text(fields)[1] is not MISSING:
        yield options.read(fields, next(numbers), place)
        return
    key, tweets = page
    for tweet, number in zip(tweets, numbers, strict=False):
        if isinstance(tweet, dict):
            yield options.read({**fields, key: tweet}, number, place)
        else:
            yield Record(None, error=f"{place}: expected an object, got {json_type(tweet)}")


def text_records(
    lines: Iterable[bytes], name: str, options: RecordOptions, numbers: Iterator[int]
) -> Iterator[Record]:
    """Yield a record for each line; an empty line is an empty tweet."""
    for at, (line, number) in enumerate(zip(lines, numbers, strict=False), start=1):
        try:
            text = decode_utf8(line.removesuffix(b"\n").removesuffix(b"\r"))
            yield Record(number, text, kept=options.kept(text))
        except ValueError as error:
            yield Record(number, error=f"{name}:{at}: {error}")


def csv_records(
    lines: Lines, name: str, options: RecordOptions, numbers: Iterator[int]
) -> Iterator[Record]:
    """Yield a record for each row under a header; quoted fields may hold line ends.

    Raises:
        ValueError: The header lacks a column, or it is there twice; or the quotes are broken, after
            which no row can be trusted.
    """
    rows = _rows(lines, name, options.separator, csv.QUOTE_MINIMAL)
    yield from _table_records(rows, lines, name, options, numbers)


def tsv_records(
    lines: Lines, name: str, options: RecordOptions, numbers: Iterator[int]
) -> Iterator[Record]:
    """Yield a record for each row of columns between TABs; quotes are signs like any other.

    Raises:
        ValueError: The header lacks a column, or it is there twice.
    """
    rows = _rows(lines, name, "\t", csv.QUOTE_NONE)
    yield from _table_records(rows, lines, name, options, numbers)


def _table_records(
    rows: Iterator[tuple[int, list[str]]],
    lines: Lines,
    name: str,
    options: RecordOptions,
    numbers: Iterator[int],
) -> Iterator[Record]:
    _, header = next(rows, (1, None))
    if header is None:
        return
    try:
        used = options.check_columns(header)
    except ValueError as error:
        found = looks_like(lines.start)
        is_other = len(header) == 1 or not found.startswith("columns between")
        hint = f"; this looks like {found}" if is_other else ""
        raise ValueError(f"{name}:1: {error}{hint}") from None
    for (at, row), number in zip(rows, numbers, strict=False):
        if len(row) != len(header):
            yield Record(None, error=f"{name}:{at}: expected {len(header)} columns, got {len(row)}")
            continue
        fields = dict(zip(header, row, strict=True))
        if _has_bad_bytes("".join([fields[column] for column in used])):
            yield Record(None, error=f"{name}:{at}: expected UTF-8, got other bytes")
        else:
            yield options.read_plain(fields) or options.read(fields, number, f"{name}:{at}")


def conll_records(
    lines: Iterable[bytes], name: str, options: RecordOptions, numbers: Iterator[int]
) -> Iterator[Record]:
    """Yield a record for each tweet: the words of the first column.

    Raises:
        ValueError: As `corpus.parse_conll`.
    """
    from tweetner.corpus import parse_conll

    for tweet, number in zip(parse_conll(lines, name, tagged=False), numbers, strict=False):
        text = " ".join(tweet.words)
        yield Record(number, text, tweet.words, kept=options.kept(text))


def decode_utf8(text: bytes) -> str:
    """Decode UTF-8.

    Raises:
        ValueError: There are other bytes.
    """
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8, got other bytes at byte {error.start} of it") from None


def _rows(
    lines: Iterable[bytes], name: str, separator: str, quoting: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with the numbers of their first lines.

    Bytes that are not UTF-8 become lone surrogates.
    """
    decoded = (line.decode("utf-8", "surrogateescape") for line in lines)
    rows = csv.reader(
        decoded,
        strict=True,
        delimiter=separator,
        quoting=quoting,  # type: ignore[arg-type]
    )
    at = 1
    try:
        for row in rows:
            yield at, row
            at = rows.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{name}:{at}: expected CSV, got {error}") from None


def _has_bad_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)
