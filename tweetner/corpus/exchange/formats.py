"""The formats that are JSON, and how a record of each is told from the others."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from tweetner.corpus.exchange import argilla, doccano, label_studio, prodigy
from tweetner.corpus.exchange.records import Record


class JsonFormat(NamedTuple):
    """A format of JSON objects.

    Attributes:
        write: Returns the objects of records.
        read: Returns the records of an object: none where it holds no complete annotation.
        is_array: Whether a file is one array; else it has one object a line.
    """

    write: Callable[[Sequence[Record]], Sequence[Record]]
    read: Callable[[Record], Iterable[dict[str, Any]]]
    is_array: bool = False


OWN = JsonFormat(list, lambda record: [dict(record)])

JSON_FORMATS = {
    "jsonl": OWN,
    "label-studio": JsonFormat(label_studio.write, label_studio.read, is_array=True),
    "doccano": JsonFormat(doccano.write, doccano.read),
    "prodigy": JsonFormat(prodigy.write, prodigy.read),
    "argilla": JsonFormat(argilla.write, argilla.read, is_array=True),
}

ANNOTATION_FORMS = (*(name for name in JSON_FORMATS if name != "jsonl"), "spacy")
"""The formats of annotation tools; JSONL and CoNLL are forms of corpora already."""


def format_of(record: Record) -> str:
    """Return the format of an object by its keys; `jsonl` is our own.

    >>> format_of({"text": "in NYC", "label": [[3, 6, "geo-loc"]]})
    'doccano'
    """
    if "data" in record and {"annotations", "completions", "predictions"} & set(record):
        return "label-studio"
    has_responses = any(name.endswith(".responses") for name in record)
    if has_responses or {"fields", "_server_id"} & set(record):
        return "argilla"
    if "text" in record and "spans" in record:
        return "prodigy"
    entities = record.get("entities")
    has_offsets = isinstance(entities, list) and "relations" in record
    if has_offsets or ("text" in record and {"label", "labels"} & set(record)):
        return "doccano"
    return "jsonl"


def read_object(record: Record, format_: str) -> list[dict[str, Any]]:
    """Return the records of an object of a format.

    Raises:
        ValueError: It lacks a key, or a value is of another kind.
    """
    try:
        return list(JSON_FORMATS[format_].read(record))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"expected an object of {format_}: {type(error).__name__} {error}"
        ) from None
