"""Write decision records to a file that appears whole or not at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tweetner.corpus.conll import write_conll
from tweetner.corpus.tweets import Tweet
from tweetner.files import atomic_write
from tweetner.tags import Entity, entities_to_tags

Record = Mapping[str, Any]


def write_decisions(path: Path, format_: str, records: Sequence[Record]) -> None:
    """Write decision records, as `read_decisions` reads them, in one of `EXCHANGE_FORMATS`.

    Raises:
        ValueError: There is no such format, or no record.
    """
    if format_ not in EXCHANGE_FORMATS:
        known = ", ".join(EXCHANGE_FORMATS)
        raise ValueError(f"expected a format of {known}, got {format_!r}")
    if not records:
        raise ValueError(f"{path}: nothing has been decided yet")
    EXCHANGE_FORMATS[format_](path, records)


def _write_jsonl(path: Path, records: Sequence[Record]) -> None:
    with (
        atomic_write(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as stream,
    ):
        for record in records:
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write_conll(path: Path, records: Sequence[Record]) -> None:
    write_conll(path, [_in_words(record) for record in records])


EXCHANGE_FORMATS: dict[str, Callable[[Path, Sequence[Record]], None]] = {
    "jsonl": _write_jsonl,
    "conll": _write_conll,
}


def _in_words(record: Record) -> Tweet:
    """Return a decision as words with tags; an entity covers every word that it touches."""
    text, offsets = record["text"], record["words"]
    words = tuple(text[start:end] for start, end in offsets)
    entities = []
    for entity in record["entities"]:
        touched = [
            word
            for word, (start, end) in enumerate(offsets)
            if start < entity["end"] and end > entity["start"]
        ]
        entities.append(Entity(entity["type"], touched[0], touched[-1] + 1))
    return Tweet(str(record["id"]), words, tuple(entities_to_tags(entities, len(words))))
