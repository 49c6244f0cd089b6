"""Gold and predicted tags of the same tweets: checked once, their entities read once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tweetner.tags import Entity, strict_entities, tags_to_entities

Tags = Sequence[Sequence[str]]
"""The tags of each tweet."""

Words = Sequence[Sequence[str]]
"""The words of each tweet."""


class EntityPair(NamedTuple):
    """The gold and the predicted entities of one tweet."""

    gold: set[Entity]
    predicted: set[Entity]

    @property
    def right(self) -> set[Entity]:
        """The predicted entities whose type, start and end are those of a gold entity."""
        return self.gold & self.predicted


@dataclass(frozen=True)
class TagPairs:
    """Gold and predicted tags of the same tweets, which every measure takes.

    Attributes:
        gold: The gold tags of each tweet.
        predicted: The predicted tags of the same tweets.

    >>> TagPairs([["B-movie", "O"]], [["B-movie", "I-person"]]).n_words
    2

    Raises:
        ValueError: See `check_aligned`.
    """

    gold: Tags
    predicted: Tags

    def __post_init__(self) -> None:
        check_aligned(self.gold, self.predicted)

    def __len__(self) -> int:
        return len(self.gold)

    @property
    def n_words(self) -> int:
        """Number of words of all tweets."""
        return sum(map(len, self.gold))

    @cached_property
    def entities(self) -> list[EntityPair]:
        """Entities of each tweet as conlleval reads them: a stray `I-` begins an entity."""
        return list(self._read(tags_to_entities))

    @cached_property
    def strict_entities(self) -> list[EntityPair]:
        """Entities of each tweet in strict IOB2: every entity begins with `B-`."""
        return list(self._read(strict_entities))

    def _read(self, read: Callable[[Sequence[str]], list[Entity]]) -> Iterator[EntityPair]:
        for gold, predicted in zip(self.gold, self.predicted, strict=True):
            yield EntityPair(set(read(gold)), set(read(predicted)))


def check_aligned(gold: Tags, predicted: Tags) -> None:
    """Refuse tags that cannot be compared, naming the first tweet (from 1) with a difference.

    Raises:
        ValueError: One side is not a list of lists of IOB tags, or has a tweet or a word too few
            or too many.
    """
    _check_tags(gold, "gold")
    _check_tags(predicted, "predicted")
    for number, (tags, others) in enumerate(zip(gold, predicted, strict=False), start=1):
        if len(tags) != len(others):
            raise ValueError(
                f"tweet {number}: expected {len(tags)} tags as in gold, got {len(others)}"
            )
    _check_n_tweets(gold, predicted)


def check_same_words(gold: Words, predicted: Words) -> None:
    """Refuse predictions over other words than gold's, naming the first difference, from 1.

    Raises:
        ValueError: A word differs, or there is a word or a tweet too few or too many.
    """
    for number, (words, others) in enumerate(zip(gold, predicted, strict=False), start=1):
        for place, (word, other) in enumerate(zip(words, others, strict=False), start=1):
            if word != other:
                raise ValueError(
                    f"tweet {number}, word {place}: expected {word!r} as in gold, got {other!r}"
                )
        if len(words) != len(others):
            raise ValueError(
                f"tweet {number}: expected {len(words)} words as in gold, got {len(others)}"
            )
    _check_n_tweets(gold, predicted)


def _check_n_tweets(gold: Words, predicted: Words) -> None:
    if len(gold) != len(predicted):
        first = min(len(gold), len(predicted)) + 1
        raise ValueError(
            f"tweet {first}: expected {len(gold)} tweets as in gold, got {len(predicted)}"
        )


def _check_tags(tags: Tags, side: str) -> None:
    if not isinstance(tags, (list, tuple)):
        found = type(tags).__name__
        raise ValueError(f"{side}: expected a list of tweets, each a list of tags, got {found}")
    for number, tweet in enumerate(tags, start=1):
        if not isinstance(tweet, (list, tuple)):
            raise ValueError(
                f"{side}, tweet {number}: expected a list of tags, got {_shown(tweet)}"
            )
        for tag in tweet:
            if not _is_tag(tag):
                raise ValueError(
                    f"{side}, tweet {number}: expected a tag O, B-TYPE or I-TYPE, got {_shown(tag)}"
                )


def _is_tag(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return value == "O" or (value[:2] in ("B-", "I-") and len(value) > 2)


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else f"{type(value).__name__} {value!r:.40}"
