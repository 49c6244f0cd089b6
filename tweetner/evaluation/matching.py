"""Pairing of gold and predicted entities that overlap: the basis of MUC counts and error lists."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tweetner.evaluation.entities import Counts, Ratios
from tweetner.evaluation.pairs import TagPairs
from tweetner.tags import Entity

RIGHT, WRONG_TYPE, WRONG_BOUNDARY, WRONG_BOTH, MISSED, INVENTED = CATEGORIES = (
    "right",
    "wrong type",
    "wrong boundary",
    "wrong type and boundary",
    "missed",
    "invented",
)


class Match(NamedTuple):
    """A gold entity and the predicted entity that is paired with it.

    Attributes:
        gold: The gold entity; None for an invented one.
        predicted: The predicted entity; None for a missed one.
    """

    gold: Entity | None
    predicted: Entity | None

    @property
    def category(self) -> str:
        """One of `CATEGORIES`."""
        if self.predicted is None:
            return MISSED
        if self.gold is None:
            return INVENTED
        return CATEGORIES[_badness(self.gold, self.predicted)]


def match_entities(gold: Iterable[Entity], predicted: Iterable[Entity]) -> list[Match]:
    """Pair the entities of one tweet, each at most once, in the order of the tweet.

    Entities pair only if they share a word. Equal ones pair first, then those in the same place,
    then those of the same type, then the rest; among equals the larger overlap wins, then the one
    further left.

    >>> matches = match_entities([Entity("movie", 0, 2)], [Entity("movie", 1, 2)])
    >>> [match.category for match in matches]
    ['wrong boundary']
    """
    gold, predicted = set(gold), set(predicted)
    candidates = []
    for entity in gold:
        for guess in predicted:
            overlap = min(entity.end, guess.end) - max(entity.start, guess.start)
            if overlap > 0:
                rank = (_badness(entity, guess), -overlap, entity.start, guess.start)
                candidates.append((rank, entity, guess))
    matches = []
    for _, entity, guess in sorted(candidates):
        if entity in gold and guess in predicted:
            matches.append(Match(entity, guess))
            gold.remove(entity)
            predicted.remove(guess)
    matches += [Match(entity, None) for entity in gold]
    matches += [Match(None, guess) for guess in predicted]
    return sorted(matches, key=_place)


def _badness(gold: Entity, predicted: Entity) -> int:
    """Return the index in `CATEGORIES` of a pair: 0 (right) to 3 (wrong type and boundary)."""
    return 2 * (gold[1:] != predicted[1:]) + (gold.type != predicted.type)


def _place(match: Match) -> tuple[int, int]:
    entity = match.gold or match.predicted
    assert entity is not None
    return entity.start, entity.end


@dataclass(frozen=True)
class MatchCounts:
    """Number of entities of each category, and the MUC and SemEval-2013 (task 9.1) scores."""

    right: int
    wrong_type: int
    wrong_boundary: int
    wrong_both: int
    missed: int
    invented: int

    @property
    def gold(self) -> int:
        """Number of gold entities."""
        return self.right + self.wrong_type + self.wrong_boundary + self.wrong_both + self.missed

    @property
    def predicted(self) -> int:
        """Number of predicted entities."""
        return self.gold - self.missed + self.invented

    @property
    def partial(self) -> Ratios:
        """Scores without types: an exact place counts 1, an overlapping one counts a half."""
        found = self.right + self.wrong_type + (self.wrong_boundary + self.wrong_both) / 2
        n_both = self.gold + self.predicted
        return Ratios(
            found / self.predicted if self.predicted else 0.0,
            found / self.gold if self.gold else 0.0,
            2 * found / n_both if n_both else 0.0,
        )

    @property
    def typed(self) -> Counts:
        """Counts in which the right type on at least one of the entity's words is enough."""
        return Counts(self.right + self.wrong_boundary, self.predicted, self.gold)


def count_matches(pairs: TagPairs) -> MatchCounts:
    """Sum the categories over all tweets."""
    counts: Counter[str] = Counter()
    for pair in pairs.entities:
        counts.update(match.category for match in match_entities(*pair))
    return MatchCounts(*(counts[category] for category in CATEGORIES))
