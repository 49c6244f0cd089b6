"""Entities in characters: offsets of other programs, and their fit to words."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal

from tweetner.tags import Entity

InsideWords = Literal["refuse", "snap", "skip"]
"""What happens to an entity that begins or ends inside a word: see `fit_to_words`."""

INSIDE_WORDS = ("refuse", "snap", "skip")

Words = Sequence[Sequence[int]]
"""Start and end of each word in a text."""


def code_points(
    text: str, entities: Sequence[Entity], quotes: Sequence[str | None]
) -> list[Entity]:
    r"""Return entities with offsets in code points, given what each of them covers.

    Programs that count UTF-16 units, as JavaScript does, count an emoji twice.

    >>> code_points("😀 NYC", [Entity("geo-loc", 3, 6)], ["NYC"])
    [Entity(type='geo-loc', start=2, end=5)]

    Args:
        text: The text.
        entities: Entities in code points or in UTF-16 units.
        quotes: The text of each entity, None where it is not known.

    Raises:
        ValueError: The offsets are neither, or only UTF-16's would fit and no text is known.
    """
    if _covers(text, entities, quotes):
        return list(entities)
    widths = (2 if character > "\uffff" else 1 for character in text)
    place = {unit: index for index, unit in enumerate(accumulate(widths, initial=0))}
    if any(quotes) and all(entity.start in place and entity.end in place for entity in entities):
        counted = [Entity(type_, place[start], place[end]) for type_, start, end in entities]
        if _covers(text, counted, quotes):
            return counted
    found = [text[start:end] for _, start, end in entities]
    raise ValueError(
        f"expected offsets in code points or UTF-16 units of the text; "
        f"they cover {found}, and the file says {list(quotes)}"
    )


def _covers(text: str, entities: Sequence[Entity], quotes: Sequence[str | None]) -> bool:
    for (_, start, end), quote in zip(entities, quotes, strict=True):
        if not 0 <= start < end <= len(text) or quote not in (None, text[start:end]):
            return False
    return True


def words_covered(entity: Mapping[str, Any], words: Words) -> tuple[int, int] | None:
    """Return the first word that an entity touches and the one after the last; None if none."""
    touched = [
        word
        for word, (start, end) in enumerate(words)
        if start < entity["end"] and end > entity["start"]
    ]
    return (touched[0], touched[-1] + 1) if touched else None


def fit_to_words(
    entities: Sequence[Mapping[str, Any]], words: Words, inside: InsideWords
) -> tuple[list[Entity], int] | None:
    """Bring entities in characters onto words, sorted.

    Args:
        entities: `{"type", "start", "end"}` each.
        words: Start and end of each word.
        inside: An entity that begins or ends inside a word is refused, grown to whole words
            (`snap`), or a reason to leave the whole tweet out (`skip`).

    Returns:
        The entities in words and how many of them were grown; None to leave the tweet out.

    Raises:
        ValueError: An entity covers no word, or part of one and is refused.
    """
    fitted = []
    n_grown = 0
    for entity in entities:
        covered = words_covered(entity, words)
        is_exact = covered is not None and (
            words[covered[0]][0] == entity["start"] and words[covered[1] - 1][1] == entity["end"]
        )
        if not is_exact and inside == "skip":
            return None
        if covered is None or not (is_exact or inside == "snap"):
            shown = (entity["type"], entity["start"], entity["end"])
            raise ValueError(f"entity {shown} begins or ends inside a word or on white space")
        n_grown += not is_exact
        fitted.append(Entity(entity["type"], *covered))
    return sorted(fitted, key=lambda entity: entity.start), n_grown
