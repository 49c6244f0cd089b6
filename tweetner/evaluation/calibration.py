"""Calibration of entity scores: are nine of ten entities that score 0.9 right?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.pairs import TagPairs, Tags
from tweetner.tagger import entity_score

Array = npt.NDArray[np.float64]

MIN_ENTITIES = 30
"""The smallest number of entities that a temperature or a threshold is chosen on."""


@dataclass(frozen=True)
class ScoredEntities:
    """Every predicted entity with its score, in the order of the tweets.

    An entity's score is the mean over its words of the emitted tag's probability.

    Attributes:
        scores: Scores, (entities,).
        right: True for entities whose type, start and end are those of a gold entity, (entities,).
        tweets: Index of the entity's tweet, from 0, (entities,).
        n_gold: Number of gold entities of each tweet, (tweets,).
    """

    scores: Array
    right: npt.NDArray[np.bool_]
    tweets: npt.NDArray[np.int64]
    n_gold: npt.NDArray[np.int64]


def scored_entities(pairs: TagPairs, word_scores: Sequence[Sequence[float]]) -> ScoredEntities:
    """Give every predicted entity its score and say whether it is right.

    Args:
        pairs: The gold and the predicted tags.
        word_scores: The probability of each predicted tag.

    Raises:
        ValueError: The scores do not line up with the tags, or a score is no probability.
    """
    check_scores(pairs.predicted, word_scores)
    scores: list[float] = []
    right: list[bool] = []
    tweets: list[int] = []
    for number, pair in enumerate(pairs.entities):
        for entity in sorted(pair.predicted, key=lambda entity: entity.start):
            scores.append(entity_score(word_scores[number], entity))
            right.append(entity in pair.gold)
            tweets.append(number)
    n_gold = [len(pair.gold) for pair in pairs.entities]
    return ScoredEntities(
        scores=np.array(scores, dtype=np.float64),
        right=np.array(right, dtype=np.bool_),
        tweets=np.array(tweets, dtype=np.int64),
        n_gold=np.array(n_gold, dtype=np.int64),
    )


def check_scores(predicted: Tags, word_scores: Sequence[Sequence[float]]) -> None:
    """Refuse scores that are not one probability a word, naming the first tweet (from 1)."""
    if len(predicted) != len(word_scores):
        raise ValueError(f"expected scores of {len(predicted)} tweets, got {len(word_scores)}")
    for number, (tags, scores) in enumerate(zip(predicted, word_scores, strict=True), start=1):
        if len(tags) != len(scores):
            raise ValueError(f"tweet {number}: expected {len(tags)} scores, got {len(scores)}")
        for score in scores:
            if not -1e-6 <= score <= 1 + 1e-6:  # False for NaN too; the margin is float32 rounding
                raise ValueError(f"tweet {number}: expected a probability, got {score}")


def fit_temperature(entities_at: Callable[[float], ScoredEntities]) -> float:
    """Return the temperature at which the entities' scores have the smallest Brier score.

    A temperature fitted on words would serve the many easy `O` tags and leave the entities' scores
    too high: 95% of a tweet's words are `O`, and nobody reads their probabilities.

    Args:
        entities_at: Returns the predicted entities of held-out tweets with their scores at a
            temperature. The entities themselves do not depend on the temperature.

    Returns:
        The divisor of the model's scores, from 0.1 to 50; 1 for fewer than `MIN_ENTITIES` entities.
    """
    from scipy.optimize import minimize_scalar

    if len(entities_at(1.0).scores) < MIN_ENTITIES:
        return 1.0

    def brier(log_temperature: float) -> float:
        return brier_score(entities_at(float(np.exp(log_temperature))))

    bounds = (np.log(0.1), np.log(50))
    found = minimize_scalar(brier, bounds=bounds, method="bounded", options={"xatol": 1e-2})
    return float(np.exp(found.x))


def brier_score(entities: ScoredEntities) -> float:
    """Return the mean squared error of the scores as forecasts of "is right"."""
    return float(np.square(entities.scores - entities.right).mean())


class Bin(NamedTuple):
    """One row of a reliability table: the entities whose scores lie in [low, high)."""

    low: float
    high: float
    n: int
    mean_score: float
    precision: float


@dataclass(frozen=True)
class Calibration:
    """Measures of how well scores agree with the truth; None for figures that need entities.

    Attributes:
        n: Number of entities.
        mean_score: Mean score; above `precision` the model is overconfident.
        precision: Share of entities that are right.
        ece: Expected calibration error: distance between mean score and precision of the bins,
            weighted by their entities.
        brier: Mean squared error of the scores as forecasts of "is right".
        auroc: Probability that a right entity scores above a wrong one; None without both kinds.
        table: Reliability table of ten bins of equal width, without the empty ones.
    """

    n: int
    mean_score: float | None
    precision: float | None
    ece: float | None
    brier: float | None
    auroc: float | None
    table: list[Bin]


def calibration(entities: ScoredEntities) -> Calibration:
    """Compare scores with the truth."""
    from sklearn.metrics import roc_auc_score

    scores, right = entities.scores, entities.right
    if not len(scores):
        return Calibration(0, None, None, None, None, None, [])
    table = reliability_table(scores, right)
    gaps = [row.n * abs(row.mean_score - row.precision) for row in table]
    auroc = None
    if right.any() and not right.all():
        auroc = float(roc_auc_score(right, scores))
    return Calibration(
        n=len(scores),
        mean_score=float(scores.mean()),
        precision=float(right.mean()),
        ece=round(sum(gaps) / len(scores), 12),
        brier=brier_score(entities),
        auroc=auroc,
        table=table,
    )


def reliability_table(scores: Array, right: npt.NDArray[np.bool_], n_bins: int = 10) -> list[Bin]:
    """Return mean score and precision in bins of equal width; the last one includes a score of 1.

    >>> reliability_table(np.array([0.25, 0.25, 0.75]), np.array([True, False, True]), n_bins=2)
    [Bin(low=0.0, high=0.5, n=2, mean_score=0.25, precision=0.5), \
Bin(low=0.5, high=1.0, n=1, mean_score=0.75, precision=1.0)]
    """
    places = np.minimum((scores * n_bins).astype(np.int64), n_bins - 1)  # index of each score's bin
    table = []
    for place in np.unique(places).tolist():
        inside = places == place
        mean_score = float(scores[inside].mean())
        precision = float(right[inside].mean())
        row = Bin(place / n_bins, (place + 1) / n_bins, int(inside.sum()), mean_score, precision)
        table.append(row)
    return table
