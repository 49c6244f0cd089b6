"""Does a score of 0.9 mean right nine times in ten: entity scores, their reliability, and how well they sort."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.entities import Tags, check_aligned, entity_pairs

Array = npt.NDArray[np.float64]

MIN_ENTITIES = 30
"""Fewer entities decide nothing: neither a temperature nor a threshold."""


@dataclass(frozen=True)
class ScoredEntities:
    """Every predicted entity with its score, in the order of the tweets.

    An entity's score is the mean over its words of the emitted tag's probability, for every family of models.

    Attributes:
        scores: (entities,)
        right: Whether type, start and end are those of a gold entity: (entities,)
        tweets: The number of the entity's tweet, from 0: (entities,)
        n_gold: Gold entities of each tweet: (tweets,)
    """

    scores: Array
    right: npt.NDArray[np.bool_]
    tweets: npt.NDArray[np.int64]
    n_gold: npt.NDArray[np.int64]


def score_of(word_scores: Sequence[float], start: int, end: int) -> float:
    """An entity's score: the mean of its words' scores."""
    return float(sum(word_scores[start:end]) / (end - start))


def scored_entities(
    gold: Tags, predicted: Tags, word_scores: Sequence[Sequence[float]]
) -> ScoredEntities:
    """Give every predicted entity its score and say whether it is right.

    Args:
        gold: The gold tags of each tweet.
        predicted: The emitted tags.
        word_scores: The probability of each emitted tag.

    Raises:
        ValueError: Tags or scores do not line up, or a score is no probability.
    """
    check_aligned(gold, predicted)
    check_scores(predicted, word_scores)
    rows = []
    n_gold = np.zeros(len(gold), dtype=np.int64)
    for number, (entities, guesses) in enumerate(entity_pairs(gold, predicted)):
        n_gold[number] = len(entities)
        for guess in sorted(guesses, key=lambda entity: entity.start):
            rows.append(
                (score_of(word_scores[number], guess.start, guess.end), guess in entities, number)
            )
    scores, right, tweets = zip(*rows, strict=True) if rows else ((), (), ())
    return ScoredEntities(
        np.array(scores, dtype=np.float64),
        np.array(right, dtype=np.bool_),
        np.array(tweets, dtype=np.int64),
        n_gold,
    )


def fit_temperature(entities_at: Callable[[float], ScoredEntities]) -> float:
    """The temperature at which scores tell best which entities are right: that of the smallest Brier score.

    Fitted on words, a temperature would serve the many easy `O` and leave the entities' scores too high: 95% of a
    tweet's words are `O`, and nobody reads their probabilities.

    Args:
        entities_at: The predicted entities of tweets that the model was not fitted on, scored at a temperature. The
            entities themselves do not depend on it.

    Returns:
        What to divide the model's scores by, from 0.1 to 50; 1 where there are fewer than `MIN_ENTITIES`.
    """
    from scipy.optimize import minimize_scalar

    if len(entities_at(1.0).scores) < MIN_ENTITIES:
        return 1.0

    def brier(log_temperature: float) -> float:
        entities = entities_at(float(np.exp(log_temperature)))
        return float(np.square(entities.scores - entities.right).mean())

    found = minimize_scalar(
        brier, bounds=(np.log(0.1), np.log(50)), method="bounded", options={"xatol": 1e-2}
    )
    return float(np.exp(found.x))


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


class Bin(NamedTuple):
    """One row of a reliability table: the entities whose scores lie in [low, high)."""

    low: float
    high: float
    n: int
    mean_score: float
    precision: float


@dataclass(frozen=True)
class Calibration:
    """How far scores can be trusted; None where there is nothing to measure.

    Attributes:
        n: Entities measured.
        mean_score: What the scores promise on average; beside `precision` it shows over- or underconfidence.
        precision: The share that is right.
        ece: Expected calibration error: the bins' distance between promise and truth, weighted by entities.
        brier: Mean squared error of the scores as forecasts of "is right".
        auroc: The chance that a right entity scores above a wrong one.
        table: The reliability table, ten bins of equal width, empty ones left out.
    """

    n: int
    mean_score: float | None
    precision: float | None
    ece: float | None
    brier: float | None
    auroc: float | None
    table: list[Bin]


def calibration(scores: Array, right: npt.NDArray[np.bool_]) -> Calibration:
    """Measure scores against the truth.

    >>> calibration(np.array([0.95, 0.95, 0.15]), np.array([True, False, False])).ece
    0.35
    """
    if not len(scores):
        return Calibration(0, None, None, None, None, None, [])
    table = reliability_table(scores, right)
    return Calibration(
        n=len(scores),
        mean_score=float(scores.mean()),
        precision=float(right.mean()),
        ece=round(
            sum(row.n * abs(row.mean_score - row.precision) for row in table) / len(scores), 12
        ),
        brier=float(np.square(scores - right).mean()),
        auroc=auroc(scores, right),
        table=table,
    )


def reliability_table(scores: Array, right: npt.NDArray[np.bool_], n_bins: int = 10) -> list[Bin]:
    """Mean score and precision in bins of equal width; the last one holds a score of 1, too."""
    places = np.minimum((scores * n_bins).astype(np.int64), n_bins - 1)
    return [
        Bin(
            place / n_bins,
            (place + 1) / n_bins,
            int((places == place).sum()),
            float(scores[places == place].mean()),
            float(right[places == place].mean()),
        )
        for place in range(n_bins)
        if (places == place).any()
    ]


def auroc(scores: Array, right: npt.NDArray[np.bool_]) -> float | None:
    """The chance that a right entity scores above a wrong one, ties counting a half; None without both kinds."""
    from scipy.stats import rankdata

    n_right, n_wrong = int(right.sum()), int((~right).sum())
    if not n_right or not n_wrong:
        return None
    wins = rankdata(scores)[right].sum() - n_right * (n_right + 1) / 2
    return float(wins / (n_right * n_wrong))
