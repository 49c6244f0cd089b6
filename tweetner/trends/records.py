"""Tagged tweets as records, and what a tracker takes from each."""

from collections.abc import Iterator, Mapping, Sequence
from io import FileIO
from typing import Any, NamedTuple

from tweetner.files import error_place, json_type, parse_object
from tweetner.streams import MISSING, Input, Lines, decompressed, lookup
from tweetner.trends.times import parse_time, snowflake_time

BATCH_ROWS = 1_024


class Mention(NamedTuple):
    """One entity of a tweet."""

    name: str
    type: str
    score: float


class Tweet(NamedTuple):
    """The part of a tweet that is counted; `time` is in milliseconds, `author` None if unknown."""

    time: int
    id: str | int
    author: str | None
    mentions: list[Mention]


def read_tweet(record: Mapping[str, Any], number: int, time: str, author: str) -> Tweet:
    """Take a tweet out of a record such as `tweetner tag --keep created_at author_id` writes.

    Args:
        record: `{"id", "entities": [{"type", "text", "score"}, ...]}` and other fields.
        number: the id of a record that has none.
        time: path of the time, with dots; without it, the id must hold the time.
        author: path of the author.

    Raises:
        ValueError: The record is an error, has no entities, or no time that can be read.
    """
    if record.get("error") is not None:
        raise ValueError(str(record["error"]))
    id_ = record.get("id")
    if not isinstance(id_, str | int):
        id_ = number
    written = lookup(record, time)
    moment = snowflake_time(id_) if written in (MISSING, None) else parse_time(written)
    if moment is None:
        raise ValueError(f"expected a time at {time!r} or in the id, got neither")
    found = lookup(record, author)
    entities = record.get("entities")
    if not isinstance(entities, list):
        raise ValueError(f"expected a list of entities, got {json_type(entities)}")
    try:
        mentions = [
            Mention(entity["text"], entity["type"], float(entity.get("score", 1.0)))
            for entity in entities
        ]
    except (KeyError, TypeError, AttributeError):
        raise ValueError("expected entities with a text, a type and a score") from None
    return Tweet(moment, id_, None if found in (MISSING, None) else str(found), mentions)


def read_records(inputs: Sequence[Input]) -> Iterator[dict[str, Any]]:
    """Yield the records of JSONL and Parquet; an unreadable line becomes `{"error": ...}`."""
    for input_ in inputs:
        if input_.format == "parquet" and input_.path:
            from pyarrow.parquet import ParquetFile

            for batch in ParquetFile(input_.path).iter_batches(BATCH_ROWS):
                yield from batch.to_pylist()
            continue
        with FileIO(input_.path or 0, closefd=input_.path is not None) as stream:
            lines = Lines(decompressed(stream, input_.name), input_.name)
            for number, line in enumerate(lines, start=1):
                yield _parse_line(line, f"{input_.name}:{number}")


def _parse_line(line: bytes, place: str) -> dict[str, Any]:
    try:
        with error_place(place):
            return parse_object(line.decode("utf-8").rstrip(" \t\r\n"))
    except ValueError as error:
        return {"error": str(error)}
