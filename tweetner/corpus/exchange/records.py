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
    spans: Iterable[Sequence[object]],
    quotes: Sequence[str | None] | None = None,
    tokens: Iterable[Sequence[object]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Build a record of another program's values.

    Args:
        id_: The tweet's id, None if the program does not know it.
        text: The tweet's text.
        spans: Type, start and end of each entity.
        quotes: The text of each entity, where it is known.
        tokens: Text, start and end of each token: what is not white space becomes a word.
        more: Other fields of the record; what is None is left out.

    Raises:
        ValueError: A value is of another kind, or offsets do not fit the text.
    """
    if not isinstance(text, str):
        raise ValueError(f"expected a string text, got {json_type(text)}")
    entities = [_span("a type", span) for span in spans]
    pieces = [_span("a token's text", token) for token in tokens or ()]
    quoted = [*(quotes or [None] * len(entities)), *(piece.type for piece in pieces)]
    # the tokens' texts tell what the offsets of both count
    counted = code_points(text, [*entities, *pieces], quoted)
    plain = [entity._asdict() for entity in counted[: len(entities)]]
    if tokens is not None:
        words = [[start, end] for _, start, end in counted[len(entities) :]]
        more["words"] = [word for word in words if text[slice(*word)].strip()]
    if more.get("reviewer") is not None:
        more["reviewer"] = str(more["reviewer"])
    known = {name: value for name, value in {"id": id_, **more}.items() if value is not None}
    return {"text": text, "entities": plain, **known}


def _span(what: str, span: Sequence[object]) -> Entity:
    match span:
        case [str(type_), int(start), int(end)] if type(start) is type(end) is int:
            return Entity(type_, start, end)
    raise ValueError(f"expected {what}, a start and an end, got {[*span]}")


def by_tweet(records: Sequence[Record]) -> list[list[Record]]:
    """Group records by tweet, in the order of the first record of each."""
    first: dict[object, int] = {}
    for place, record in enumerate(records):
        first.setdefault(record["id"], place)
    ordered = sorted(records, key=lambda record: first[record["id"]])
    return [list(group) for _, group in groupby(ordered, key=lambda record: record["id"])]
