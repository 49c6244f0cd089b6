"""Exact entity scores from tag sequences: precision, recall and F1 as conlleval and seqeval do it.

An entity is right when its type, its start and its end are all right. Every ratio comes with its
counts, and a ratio of 0/0 is 0.0.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tweetner.evaluation.pairs import TagPairs


class Ratios(NamedTuple):
    """Precision, recall and F1 without counts, such as an average over types."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Counts:
    """Counts of right, predicted and gold entities; counts of disjoint groups may be added.

    Attributes:
        tp: Number of right entities (true positives).
        predicted: Number of predicted entities.
        gold: Number of gold entities.

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
        """Number of predicted entities that are wrong (false positives)."""
        return self.predicted - self.tp

    @property
    def fn(self) -> int:
        """Number of gold entities that were not found (false negatives)."""
        return self.gold - self.tp

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are right."""
        return self.tp / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold entities that were found."""
        return self.tp / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.tp / (self.predicted + self.gold) if self.predicted + self.gold else 0.0

    def to_dict(self) -> dict[str, float]:
        """Return the ratios and their counts, ready for JSON or for a Trainer's metrics."""
        names = ("precision", "recall", "f1", "tp", "fp", "fn", "gold", "predicted")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class EntityScores:
    """Counts of every type.

    Attributes:
        by_type: The counts of each type.
        reading: How ill-formed tags were read: `conlleval` or `strict IOB2`.
    """

    by_type: dict[str, Counts]
    reading: str

    @property
    def micro(self) -> Counts:
        """The counts of all types together: the headline."""
        return sum(self.by_type.values(), Counts())

    @property
    def macro(self) -> Ratios:
        """The mean over the types that occur in gold or predicted tags."""
        present = [counts for counts in self.by_type.values() if counts.gold or counts.predicted]
        n = len(present) or 1
        return Ratios(
            sum(counts.precision for counts in present) / n,
            sum(counts.recall for counts in present) / n,
            sum(counts.f1 for counts in present) / n,
        )


def score_entities(
    pairs: TagPairs, *, types: Sequence[str] | None = None, strict: bool = False
) -> EntityScores:
    """Score predicted tags against gold tags, tweet by tweet.

    Args:
        pairs: Gold and predicted tags.
        types: Types to list first, even those that do not occur. Other types that occur are
            counted and listed after them.
        strict: Read strict IOB2 (an entity must begin with `B-`). The default reads as conlleval
            does: an `I-` that continues nothing of its type begins an entity. On well-formed tags
            the two agree.

    >>> pairs = TagPairs([["B-person", "I-person", "O"]], [["B-person", "O", "I-movie"]])
    >>> score_entities(pairs).by_type
    {'movie': Counts(tp=0, predicted=1, gold=0), 'person': Counts(tp=0, predicted=1, gold=1)}
    """
    right: Counter[str] = Counter()
    predicted: Counter[str] = Counter()
    gold: Counter[str] = Counter()
    for pair in pairs.strict_entities if strict else pairs.entities:
        right.update(entity.type for entity in pair.right)
        predicted.update(entity.type for entity in pair.predicted)
        gold.update(entity.type for entity in pair.gold)
    listed = dict.fromkeys([*(types or ()), *sorted(gold.keys() | predicted.keys())])
    by_type = {type_: Counts(right[type_], predicted[type_], gold[type_]) for type_ in listed}
    return EntityScores(by_type, "strict IOB2" if strict else "conlleval")
