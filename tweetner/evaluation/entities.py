"""Exact entity scores from tag sequences: precision, recall and F1 as `conlleval` and seqeval define them.

An entity is right when its type, its start and its end are all right. Every ratio stands beside its counts, and a
ratio of 0/0 is 0.0. Nothing but the standard library is imported, so that scoring starts at once.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tweetner.tags import Entity, strict_entities, tags_to_entities

Tags = Sequence[Sequence[str]]
READINGS: dict[str, Callable[[Sequence[str]], list[Entity]]] = {
    "conlleval": tags_to_entities,
    "strict IOB2": strict_entities,
}


class Ratios(NamedTuple):
    """Precision, recall and F1 without counts, as an average over types has them."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Counts:
    """What three counts say; counts of disjoint groups may be added.

    >>> Counts(tp=1, predicted=2, gold=4).f1
    0.3333333333333333
    """

    tp: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tp + other.tp, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def fp(self) -> int:
        return self.predicted - self.tp

    @property
    def fn(self) -> int:
        return self.gold - self.tp

    @property
    def precision(self) -> float:
        return self.tp / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.tp / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.tp / (self.predicted + self.gold) if self.predicted + self.gold else 0.0

    def to_dict(self) -> dict[str, float]:
        """The ratios and their counts, ready for JSON or for a Trainer's metrics."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
            "gold": self.gold,
            "predicted": self.predicted,
        }


@dataclass(frozen=True)
class EntityScores:
    """Counts of every type, under the reading of ill-formed tags that is named beside them."""

    by_type: dict[str, Counts]
    reading: str

    @property
    def micro(self) -> Counts:
        """The counts of all types together: the headline."""
        return sum(self.by_type.values(), Counts())

    @property
    def macro(self) -> Ratios:
        """The mean over the types that gold or prediction has; a declared type that neither has is left out."""
        present = [counts for counts in self.by_type.values() if counts.gold or counts.predicted]
        n = len(present) or 1
        return Ratios(
            sum(counts.precision for counts in present) / n,
            sum(counts.recall for counts in present) / n,
            sum(counts.f1 for counts in present) / n,
        )


def score_entities(
    gold: Tags, predicted: Tags, *, types: Sequence[str] | None = None, strict: bool = False
) -> EntityScores:
    """Score predicted tags against gold tags, tweet by tweet.

    Args:
        gold: The tags of each tweet.
        predicted: As many tags for the same tweets.
        types: Types to list even when nothing has them. A type outside it is counted and listed all the same.
        strict: Read strict IOB2 (an entity must begin with `B-`). The default reads as conlleval does: an `I-` that
            continues nothing of its type begins an entity. On well-formed tags the two agree.

    >>> score_entities([["B-person", "I-person", "O"]], [["B-person", "O", "I-movie"]]).by_type
    {'movie': Counts(tp=0, predicted=1, gold=0), 'person': Counts(tp=0, predicted=1, gold=1)}

    Raises:
        ValueError: See `check_aligned`.
    """
    check_aligned(gold, predicted)
    reading = "strict IOB2" if strict else "conlleval"
    right: Counter[str] = Counter()
    n_predicted: Counter[str] = Counter()
    n_gold: Counter[str] = Counter()
    for gold_entities, predicted_entities in entity_pairs(gold, predicted, reading):
        n_gold.update(entity.type for entity in gold_entities)
        n_predicted.update(entity.type for entity in predicted_entities)
        right.update(entity.type for entity in gold_entities & predicted_entities)
    found = sorted(n_gold.keys() | n_predicted.keys())
    listed = (
        [*types, *(type_ for type_ in found if type_ not in types)] if types is not None else found
    )
    return EntityScores(
        {type_: Counts(right[type_], n_predicted[type_], n_gold[type_]) for type_ in listed},
        reading,
    )


def entity_pairs(
    gold: Tags, predicted: Tags, reading: str = "conlleval"
) -> Iterator[tuple[set[Entity], set[Entity]]]:
    """The gold and the predicted entities of each tweet; a tweet's entities differ from each other."""
    read = READINGS[reading]
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        yield set(read(gold_tags)), set(read(predicted_tags))


def check_aligned(gold: Tags, predicted: Tags) -> None:
    """Refuse tags that cannot be compared, naming the first tweet (from 1) with a difference.

    Raises:
        ValueError: Either side is not a list of lists of IOB tags, or a tweet or a word is missing or too many.
    """
    _check_tags(gold, "gold")
    _check_tags(predicted, "predicted")
    for number, (gold_tags, predicted_tags) in enumerate(
        zip(gold, predicted, strict=False), start=1
    ):
        if len(gold_tags) != len(predicted_tags):
            raise ValueError(
                f"tweet {number}: expected {len(gold_tags)} tags as in gold, got {len(predicted_tags)}"
            )
    if len(gold) != len(predicted):
        raise ValueError(
            f"tweet {min(len(gold), len(predicted)) + 1}: expected {len(gold)} tweets as in gold, got {len(predicted)}"
        )


def check_same_words(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> None:
    """Refuse predictions over other words than gold's, naming the first difference, counted from 1.

    Raises:
        ValueError: A word differs, or a word or a tweet is missing or too many.
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
    if len(gold) != len(predicted):
        raise ValueError(
            f"tweet {min(len(gold), len(predicted)) + 1}: expected {len(gold)} tweets as in gold, got {len(predicted)}"
        )


def _check_tags(tags: Tags, side: str) -> None:
    if not isinstance(tags, (list, tuple)):
        raise ValueError(
            f"{side}: expected a list of tweets, each a list of tags, got {type(tags).__name__}"
        )
    for number, tweet in enumerate(tags, start=1):
        if not isinstance(tweet, (list, tuple)):
            raise ValueError(
                f"{side}, tweet {number}: expected a list of tags, got {_shown(tweet)}"
            )
        for tag in tweet:
            if not isinstance(tag, str) or not (
                tag == "O" or (tag[:2] in ("B-", "I-") and tag[2:])
            ):
                raise ValueError(
                    f"{side}, tweet {number}: expected a tag O, B-TYPE or I-TYPE, got {_shown(tag)}"
                )


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else f"{type(value).__name__} {value!r:.40}"
