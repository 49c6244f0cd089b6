"""Curves for human review: recall against reading effort, and precision and recall over the score.

A tweet is as doubtful as its most doubtful word, words tagged `O` included, for every model.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tweetner.evaluation.calibration import ScoredEntities
from tweetner.evaluation.thresholds import GRID


class Accepted(NamedTuple):
    """The result of accepting every entity whose score reaches a threshold."""

    threshold: float
    n: int
    precision: float
    recall: float


class Reading(NamedTuple):
    """The result of reading, and correcting, the most doubtful share of tweets."""

    share: float
    precision: float
    recall: float


def precision_recall(entities: ScoredEntities) -> list[Accepted]:
    """Return precision and recall of entities that reach each score of `GRID`, strictest first."""
    n_gold = int(entities.n_gold.sum())
    curve = []
    for threshold in (*GRID, 0.0):
        right = entities.right[entities.scores >= threshold]  # of the accepted entities
        precision = float(right.mean()) if len(right) else 0.0
        recall = float(right.sum() / n_gold) if n_gold else 0.0
        curve.append(Accepted(threshold, len(right), precision, recall))
    return curve


def review_curve(
    entities: ScoredEntities, word_scores: Sequence[Sequence[float]], n_points: int = 101
) -> list[Reading]:
    """Return precision and recall when a person corrects the most doubtful tweets first.

    Args:
        entities: The predicted entities.
        word_scores: The probability of every predicted tag, `O` too: a missed entity shows as a
            doubtful `O`.
        n_points: Number of shares from 0 (nothing read) to 1 (everything read) at equal steps.
    """
    n_tweets = len(word_scores)
    doubt = np.array([1 - min(scores, default=1.0) for scores in word_scores])
    order = np.argsort(-doubt, kind="stable")  # indices of tweets, the most doubtful first
    right = np.bincount(entities.tweets, weights=entities.right, minlength=n_tweets)[order]
    predicted = np.bincount(entities.tweets, minlength=n_tweets)[order]
    gold = entities.n_gold[order]
    n_gold = float(gold.sum())
    curve = []
    for share in np.linspace(0, 1, n_points):
        n_read = round(share * n_tweets)
        # in the tweets that are read, gold is what is predicted and right
        n_right = float(gold[:n_read].sum() + right[n_read:].sum())
        n_predicted = float(gold[:n_read].sum() + predicted[n_read:].sum())
        precision = n_right / n_predicted if n_predicted else 0.0
        recall = n_right / n_gold if n_gold else 0.0
        curve.append(Reading(float(share), precision, recall))
    return curve
