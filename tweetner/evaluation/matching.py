"""Which predicted entity answers which gold one, and what is wrong with it: the base of MUC counts and error lists."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tweetner.evaluation.entities import Counts, Ratios, Tags, check_aligned, entity_pairs
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
    """A gold entity and the predicted one that answers it; one of the two is None for a miss or an invention."""

    gold: Entity | None
    predicted: Entity | None

    @property
    def category(self) -> str:
        if self.predicted is None:
            return MISSED
        if self.gold is None:
            return INVENTED
        return CATEGORIES[
            2 * (self.gold[1:] != self.predicted[1:]) + (self.gold.type != self.predicted.type)
        ]


def match_entities(gold: Iterable[Entity], predicted: Iterable[Entity]) -> list[Match]:
    """Pair the entities of one tweet, each at most once, in the order of the tweet.

    Entities pair only if they share a word. Equal ones pair first, then those in the same place, then those of the
    same type, then the rest; among equals the larger overlap wins, then the one further left.

    >>> [match.category for match in match_entities([Entity("movie", 0, 2)], [Entity("movie", 1, 2)])]
    ['wrong boundary']
    """
    gold, predicted = set(gold), set(predicted)
    candidates = []
    for entity in gold:
        for guess in predicted:
            overlap = min(entity.end, guess.end) - max(entity.start, guess.start)
            if overlap > 0:
                badness = 2 * (entity[1:] != guess[1:]) + (entity.type != guess.type)
                candidates.append((badness, -overlap, entity.start, guess.start, entity, guess))
    matches = []
    for *_, entity, guess in sorted(candidates):
        if entity in gold and guess in predicted:
            matches.append(Match(entity, guess))
            gold.remove(entity)
            predicted.remove(guess)
    matches += [Match(entity, None) for entity in gold] + [
        Match(None, guess) for guess in predicted
    ]
    return sorted(matches, key=_place)


def _place(match: Match) -> tuple[int, int]:
    entity = match.gold or match.predicted
    assert entity is not None
    return entity.start, entity.end


@dataclass(frozen=True)
class MatchCounts:
    """How many entities of each category, and the scores that MUC and SemEval-2013 (task 9.1) make of them."""

    right: int
    wrong_type: int
    wrong_boundary: int
    wrong_both: int
    missed: int
    invented: int

    @property
    def gold(self) -> int:
        return self.right + self.wrong_type + self.wrong_boundary + self.wrong_both + self.missed

    @property
    def predicted(self) -> int:
        return self.gold - self.missed + self.invented

    @property
    def partial(self) -> Ratios:
        """Types ignored: an exact place counts 1, an overlapping one counts a half."""
        found = self.right + self.wrong_type + (self.wrong_boundary + self.wrong_both) / 2
        return Ratios(
            found / self.predicted if self.predicted else 0.0,
            found / self.gold if self.gold else 0.0,
            2 * found / (self.gold + self.predicted) if self.gold + self.predicted else 0.0,
        )

    @property
    def typed(self) -> Counts:
        """The right type on at least one of the entity's words counts 1."""
        return Counts(self.right + self.wrong_boundary, self.predicted, self.gold)


def count_matches(gold: Tags, predicted: Tags) -> MatchCounts:
    """Sum the categories over all tweets."""
    check_aligned(gold, predicted)
    counts = Counter(
        match.category for pair in entity_pairs(gold, predicted) for match in match_entities(*pair)
    )
    return MatchCounts(*(counts[category] for category in CATEGORIES))
