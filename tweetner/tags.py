"""Tag strings and entities: the tags of a list of types, tags ⇄ entities, tagging schemes.

A *tag* is a string such as `"B-geo-loc"`; its *type* is everything after the first hyphen. An
*entity* is `(type, start, end)` in words, end excluded. The package uses IOB2 internally.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

WNUT16_TYPES = (
    "company",
    "facility",
    "geo-loc",
    "movie",
    "musicartist",
    "other",
    "person",
    "product",
    "sportsteam",
    "tvshow",
)

SCHEMES = ("IOB2", "IOB1", "BIOES", "BMES")
ENDS = ("E-", "S-", "L-", "U-")
"""Prefixes of the last word of an entity, in schemes that mark it."""


class Entity(NamedTuple):
    """A typed run of words; compares equal to the plain tuple `(type, start, end)`."""

    type: str
    start: int
    end: int


def tags_of(types: Iterable[str]) -> list[str]:
    """Return the tags of a declared list of types; the index of a tag is its label.

    >>> tags_of(["person", "geo-loc"])
    ['O', 'B-person', 'I-person', 'B-geo-loc', 'I-geo-loc']

    Raises:
        ValueError: A type is empty, contains white space or is declared twice, or none is declared.
    """
    types = list(types)
    if not types:
        raise ValueError("expected at least one type, got none")
    for position, type_ in enumerate(types):
        if not type_ or type_.split() != [type_]:
            raise ValueError(f"expected a type without white space, got {type_!r}")
        if type_ in types[:position]:
            raise ValueError(f"type {type_!r} is declared twice")
    return ["O"] + [prefix + type_ for type_ in types for prefix in ("B-", "I-")]


def types_of(tags: Sequence[str]) -> list[str]:
    """Return the declared types of a label list, in its order: the inverse of `tags_of`.

    Raises:
        ValueError: No list of types has these tags in this order.
    """
    types = [tag[2:] for tag in tags if tag[:2] == "B-"]
    if not types or tags_of(types) != list(tags):
        raise ValueError(f'expected labels "O", "B-TYPE", "I-TYPE", ..., got {list(tags)}')
    return types


def check_tag(tag: str, types: Iterable[str]) -> None:
    """Check that a tag is `O`, or `B-` or `I-` with a declared type.

    Raises:
        ValueError: It is not.
    """
    if tag == "O":
        return
    types = tuple(types)
    if tag[:2] not in ("B-", "I-"):
        raise ValueError(f"expected a tag O, B-TYPE or I-TYPE, got {tag!r}")
    if tag[2:] not in types:
        raise ValueError(
            f"type {tag[2:]!r} of tag {tag!r} is not declared; declared: {', '.join(types)}"
        )


def tags_to_entities(tags: Sequence[str]) -> list[Entity]:
    """Read entities as conlleval does: an `I-` that continues no entity of its type starts one.

    >>> tags_to_entities(["O", "B-geo-loc", "I-geo-loc"])
    [Entity(type='geo-loc', start=1, end=3)]
    >>> tags_to_entities(["I-person", "I-movie"])
    [Entity(type='person', start=0, end=1), Entity(type='movie', start=1, end=2)]
    """
    entities = []
    start, type_ = 0, ""
    for position, tag in enumerate(tags):
        if type_ and tag == "I-" + type_:
            continue
        if type_:
            entities.append(Entity(type_, start, position))
        start, type_ = position, tag[2:]
    if type_:
        entities.append(Entity(type_, start, len(tags)))
    return entities


def entities_to_tags(entities: Iterable[tuple[str, int, int]], n_words: int) -> list[str]:
    """Write entities as IOB2 tags: the inverse of `tags_to_entities`.

    >>> entities_to_tags([("geo-loc", 1, 3)], n_words=4)
    ['O', 'B-geo-loc', 'I-geo-loc', 'O']

    Raises:
        ValueError: An entity is empty, exceeds the tweet, or overlaps another one.
    """
    tags = ["O"] * n_words
    for type_, start, end in entities:
        if not 0 <= start < end <= n_words:
            raise ValueError(
                f"entity ({type_!r}, {start}, {end}) does not fit a tweet of {n_words} words"
            )
        if any(tag != "O" for tag in tags[start:end]):
            raise ValueError(f"entity ({type_!r}, {start}, {end}) overlaps another one")
        tags[start:end] = ["B-" + type_] + ["I-" + type_] * (end - start - 1)
    return tags


def joined_offsets(words: Iterable[str]) -> list[tuple[int, int]]:
    """Return the start and end of each word in the text that joins the words with one space.

    >>> joined_offsets(["New", "York"])
    [(0, 3), (4, 8)]
    """
    offsets = []
    start = 0
    for word in words:
        end = start + len(word)
        offsets.append((start, end))
        start = end + 1
    return offsets


def in_characters(
    entities: Iterable[tuple[str, int, int]], offsets: Sequence[Sequence[int]]
) -> list[Entity]:
    """Return entities in characters of a text, given its entities in words.

    >>> in_characters([("geo-loc", 1, 3)], [(0, 2), (3, 6), (7, 11)])
    [Entity(type='geo-loc', start=3, end=11)]

    Args:
        entities: Type, first word and the word after the last one.
        offsets: Start and end of each word in the text.
    """
    found = []
    for type_, first, after in entities:
        found.append(Entity(type_, offsets[first][0], offsets[after - 1][1]))
    return found


def is_continued(previous: str, tag: str) -> bool:
    """Return whether `tag` is an `I-` that continues the entity of the `previous` tag."""
    return tag[:2] == "I-" and previous[:2] in ("B-", "I-") and previous[2:] == tag[2:]


def count_ill_formed(tags: Sequence[str]) -> int:
    """Count the `I-` tags that continue no entity of their type, which strict IOB2 forbids."""
    return sum(
        tag[:2] == "I-" and not is_continued(previous, tag)
        for previous, tag in zip(["O", *tags], tags, strict=False)
    )


def repair(tags: Sequence[str]) -> list[str]:
    """Turn every `I-` that continues no entity into `B-`: the same entities, well-formed.

    >>> repair(["O", "I-person", "I-person", "I-movie"])
    ['O', 'B-person', 'I-person', 'B-movie']
    """
    return entities_to_tags(tags_to_entities(tags), len(tags))


def strict_entities(tags: Sequence[str]) -> list[Entity]:
    """Read entities as strict IOB2 does: an entity must begin with `B-`.

    >>> strict_entities(["I-person", "B-movie", "I-movie"])
    [Entity(type='movie', start=1, end=3)]
    """
    return [entity for entity in tags_to_entities(tags) if tags[entity.start][:2] == "B-"]


def to_iob2(tags: Sequence[str], scheme: str) -> list[str]:
    """Convert one tweet's tags from IOB1, BIOES (also written BILOU) or BMES to IOB2.

    >>> to_iob2(["I-person", "B-person", "O"], "IOB1")
    ['B-person', 'B-person', 'O']
    >>> to_iob2(["S-movie", "B-person", "E-person"], "BIOES")
    ['B-movie', 'B-person', 'I-person']

    A tag after the end of an entity of its type begins a new one: `S-x I-x` are two entities.

    Raises:
        ValueError: The scheme is unknown or does not have a tag.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"expected a scheme of {', '.join(SCHEMES)}, got {scheme!r}")
    prefixes = {
        "IOB2": {"B-": "B-", "I-": "I-"},
        "IOB1": {"B-": "B-", "I-": "I-"},
        "BIOES": {"B-": "B-", "I-": "I-", "E-": "I-", "S-": "B-", "L-": "I-", "U-": "B-"},
        "BMES": {"B-": "B-", "M-": "I-", "E-": "I-", "S-": "B-"},
    }[scheme]
    for tag in tags:
        if tag != "O" and tag[:2] not in prefixes:
            raise ValueError(f"expected a tag of {scheme}, got {tag!r}")
    converted = [tag if tag == "O" else prefixes[tag[:2]] + tag[2:] for tag in tags]
    if scheme == "IOB1":
        return repair(converted)
    if scheme != "IOB2":
        for position, (previous, tag) in enumerate(pairwise(tags), start=1):
            if previous[:2] in ENDS and previous[2:] == tag[2:]:
                converted[position] = "B-" + tag[2:]
    return converted
