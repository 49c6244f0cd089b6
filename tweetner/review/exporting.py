"""Write the decisions of a queue to a file: JSONL for `--decisions`, CoNLL for training."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tweetner.corpus import Tweet, write_conll
from tweetner.files import atomic_write
from tweetner.review.queue import Queue
from tweetner.tags import Entity, entities_to_tags


def export_decisions(queue: Queue, format_: str, path: Path) -> int:
    """Write every decided tweet to a file that appears whole or not at all; return their number.

    Raises:
        ValueError: The format is not one of `FORMATS`, or nothing has been decided yet.
    """
    if format_ not in FORMATS:
        raise ValueError(f"expected a format of {', '.join(FORMATS)}, got {format_!r}")
    records = list(queue.decisions())
    if not records:
        raise ValueError(f"{queue.path}: nothing has been decided yet")
    FORMATS[format_](path, records)
    return len(records)


def _write_jsonl(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    with (
        atomic_write(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as stream,
    ):
        for record in records:
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write_conll(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    write_conll(path, [tweet_of(record) for record in records])


FORMATS: dict[str, Callable[[Path, Iterable[Mapping[str, Any]]], None]] = {
    "jsonl": _write_jsonl,
    "conll": _write_conll,
}


def tweet_of(record: Mapping[str, Any]) -> Tweet:
    """Return a decision as words with tags; an entity covers every word that it touches."""
    text = record["text"]
    words = [text[start:end] for start, end in record["words"]]
    entities = [_in_words(entity, record["words"]) for entity in record["entities"]]
    tags = entities_to_tags(entities, len(words))
    return Tweet(str(record["id"]), tuple(words), tuple(tags))


def _in_words(entity: Mapping[str, Any], words: list[list[int]]) -> Entity:
    touched = [
        number
        for number, (start, end) in enumerate(words)
        if start < entity["end"] and end > entity["start"]
    ]
    return Entity(entity["type"], touched[0], touched[-1] + 1)
