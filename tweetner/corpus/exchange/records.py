"""Build checked records from the JSON of other programs, which all formats do."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tweetner.corpus.spans import code_points
from tweetner.files import json_type
from tweetner.tags import Entity

Record = Mapping[str, Any]
"""A decision record; see `tweetner.corpus.decisions`."""


def record_of(
    id_: object,
    text: object,
    spans: Iterable[tuple[object, object, object]],
    quotes: Sequence[str | None] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Build a record of another program's values.

    Args:
        id_: The tweet's id, None if the program does not know it.
        text: The tweet's text.
        spans: Type, start and end of each entity.
        quotes: The text of each entity, where it is known.
        more: Other fields of the record; what is None is left out.

    Raises:
        ValueError: A value is of another kind, or offsets do not fit the text.
    """
    if not isinstance(text, str):
        raise ValueError(f"expected a string text, got {json_type(text)}")
    entities = []
    for type_, start, end in spans:
        if not isinstance(type_, str) or type(start) is not int or type(end) is not int:
            raise ValueError(f"expected a type, a start and an end, got {[type_, start, end]}")
        entities.append(Entity(type_, start, end))
    counted = code_points(text, entities, quotes or [None] * len(entities))
    plain = [{"type": type_, "start": start, "end": end} for type_, start, end in counted]
    known = {name: value for name, value in {"id": id_, **more}.items() if value is not None}
    return {"text": text, "entities": plain, **known}


def by_tweet(records: Sequence[Record]) -> list[list[Record]]:
    """Group records by tweet, in the order of the first record of each."""
    first: dict[object, int] = {}
    for place, record in enumerate(records):
        first.setdefault(record["id"], place)
    ordered = sorted(records, key=lambda record: first[record["id"]])
    return [list(group) for _, group in groupby(ordered, key=lambda record: record["id"])]
