"""What a person should read: recall against reading effort, and scores from which nobody need read.

The reader's rule is one for all models: a tweet is as doubtful as its most doubtful word, words tagged `O` included.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tweetner.evaluation.calibration import ScoredEntities
from tweetner.evaluation.thresholds import GRID


class Accepted(NamedTuple):
    """What comes of accepting every entity whose score reaches a threshold."""

    threshold: float
    n: int
    precision: float
    recall: float


class Reading(NamedTuple):
    """What comes of reading, and mending, the most doubtful share of tweets."""

    share: float
    precision: float
    recall: float


def precision_recall(entities: ScoredEntities) -> list[Accepted]:
    """Precision and recall of the entities that reach each threshold of `GRID`, from the strictest on."""
    n_gold = int(entities.n_gold.sum())
    return [
        Accepted(
            threshold,
            int(kept.sum()),
            float(entities.right[kept].mean()) if kept.any() else 0.0,
            float(entities.right[kept].sum() / n_gold) if n_gold else 0.0,
        )
        for threshold in (*GRID, 0.0)
        for kept in [entities.scores >= threshold]
    ]


def review_curve(
    entities: ScoredEntities, word_scores: Sequence[Sequence[float]], n_points: int = 101
) -> list[Reading]:
    """Precision and recall when a person reads the most doubtful tweets first and mends all that is wrong in them.

    Args:
        entities: The predicted entities.
        word_scores: The probability of every emitted tag, `O` too: a missed entity shows as a doubtful `O`.
        n_points: Shares from 0 (nothing read) to 1 (everything read) at equal steps.
    """
    n_tweets = len(word_scores)
    doubt = np.array([1 - min(scores, default=1.0) for scores in word_scores])
    order = np.argsort(-doubt, kind="stable")
    right = np.bincount(entities.tweets, weights=entities.right, minlength=n_tweets)[order]
    predicted = np.bincount(entities.tweets, minlength=n_tweets)[order]
    gold = entities.n_gold[order]
    curve = []
    for share in np.linspace(0, 1, n_points):
        n_read = round(share * n_tweets)
        n_right = float(gold[:n_read].sum() + right[n_read:].sum())
        n_predicted = float(gold[:n_read].sum() + predicted[n_read:].sum())
        n_gold = float(gold.sum())
        curve.append(
            Reading(
                float(share),
                n_right / n_predicted if n_predicted else 0.0,
                n_right / n_gold if n_gold else 0.0,
            )
        )
    return curve
