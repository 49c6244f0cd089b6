"""How sure a score is: bootstrap intervals over tweets, and paired comparisons of models and of recipes.

Everything works on count vectors, one row a tweet, so that 10,000 resamples of a test set take a second or two:
a resample is a row of weights (how often each tweet was drawn), and its counts are `weights @ counts`.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.entities import Tags, check_aligned, entity_pairs

Array = npt.NDArray[np.float64]
Measure = Callable[[Array], Array]


class Interval(NamedTuple):
    """A value with its 95% interval."""

    value: float
    low: float
    high: float


class Comparison(NamedTuple):
    """How much better A is than B, the difference's 95% interval, and what may be said of A."""

    difference: float
    low: float
    high: float
    verdict: str


def tweet_counts(gold: Tags, predicted: Tags, types: Sequence[str]) -> npt.NDArray[np.int64]:
    """Right, predicted and gold entities of each tweet and type: (tweets, types, 3).

    >>> tweet_counts([["B-movie"], ["O"]], [["B-movie"], ["B-movie"]], ["movie"]).tolist()
    [[[1, 1, 1]], [[0, 1, 0]]]

    Raises:
        ValueError: The tags do not line up, or hold a type that is not listed.
    """
    check_aligned(gold, predicted)
    column = {type_: number for number, type_ in enumerate(types)}
    counts = np.zeros((len(gold), len(types), 3), dtype=np.int64)
    for row, (entities, guesses) in enumerate(entity_pairs(gold, predicted)):
        for place, group in enumerate((entities & guesses, guesses, entities)):
            for entity in group:
                if entity.type not in column:
                    raise ValueError(
                        f"type {entity.type!r} is not listed; listed: {', '.join(types)}"
                    )
                counts[row, column[entity.type], place] += 1
    return counts


def precision_of(counts: Array) -> Array:
    """Precision along the last axis (right, predicted, gold); 0/0 is 0."""
    return _ratio(counts[..., 0], counts[..., 1])


def recall_of(counts: Array) -> Array:
    """Recall along the last axis: (right, gold) or (right, predicted, gold)."""
    return _ratio(counts[..., 0], counts[..., -1])


def f1_of(counts: Array) -> Array:
    """F1 along the last axis (right, predicted, gold)."""
    return _ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def bootstrap(
    counts: npt.NDArray[np.int64], measure: Measure, *, n_resamples: int = 10_000, seed: int = 0
) -> list[Interval]:
    """Percentile intervals over resampled tweets.

    Args:
        counts: (tweets, columns, 2 or 3), one column for each thing counted.
        measure: What to read from summed counts (..., columns, 2 or 3); its last axis has one place for each answer.
        n_resamples: How many times the tweets are drawn anew.
        seed: Of the drawing.
    """
    observed = measure(counts.sum(axis=0).astype(np.float64))
    resampled = measure(resample(counts, n_resamples=n_resamples, seed=seed))
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0)
    return [Interval(*map(float, row)) for row in zip(observed, low, high, strict=True)]


def resample(counts: npt.NDArray[np.int64], *, n_resamples: int, seed: int) -> Array:
    """The summed counts of tweets drawn with replacement: (n_resamples, ...).

    The same seed draws the same tweets, so two calls over the same tweets are paired.
    """
    n_tweets = len(counts)
    flat = counts.reshape(n_tweets, prod(counts.shape[1:])).astype(np.float32)
    sums = np.zeros((n_resamples, flat.shape[1]))
    generator = np.random.default_rng(seed)
    for start in range(0, n_resamples if n_tweets else 0, 500):
        rows = min(500, n_resamples - start)
        drawn = generator.integers(n_tweets, size=(rows, n_tweets))
        places = drawn + n_tweets * np.arange(rows)[:, None]
        weights = np.bincount(places.ravel(), minlength=rows * n_tweets).reshape(rows, n_tweets)
        sums[start : start + rows] = (
            weights.astype(np.float32) @ flat
        )  # whole numbers: exact in float32
    return sums.reshape(n_resamples, *counts.shape[1:])


def compare(
    a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], *, n_resamples: int = 10_000, seed: int = 0
) -> list[Comparison]:
    """Compare the F1 of two models or, over several seeds, of two recipes on the same tweets.

    A recipe's score is the mean F1 of its seeds. Every resample draws tweets (the same for all runs) and, where both
    recipes have two seeds or more, an error of the mean over seeds from Welch's t distribution: drawing again from
    three seeds would make their spread look far too small. With a single seed on either side the answer is about
    these two models, not about their recipes.

    Args:
        a: Counts of each seed and tweet, (seeds, tweets, columns, 3).
        b: The same for the other side; the number of seeds may differ.
        n_resamples: How many times tweets and seeds are drawn.
        seed: Of the drawing.

    Returns:
        One comparison for each column.

    Raises:
        ValueError: The two sides were not run on the same tweets.
    """
    if a.ndim != 4 or a.shape[1:] != b.shape[1:] or not np.array_equal(a[0, ..., 2], b[0, ..., 2]):
        raise ValueError(
            f"expected counts of the same gold (seeds, tweets, columns, 3), got shapes {a.shape} and {b.shape}"
        )
    runs = np.concatenate([a, b])
    scores = f1_of(runs.sum(axis=1).astype(np.float64))  # (seeds of a and b, columns)
    resampled = f1_of(resample(runs.swapaxes(0, 1), n_resamples=n_resamples, seed=seed))
    means = scores[: len(a)].mean(axis=0) - scores[len(a) :].mean(axis=0)
    differences = resampled[:, : len(a)].mean(axis=1) - resampled[:, len(a) :].mean(axis=1)
    answers = []
    for column, difference in enumerate(means):
        noise = _seed_noise(
            scores[: len(a), column], scores[len(a) :, column], n_resamples, seed + 1
        )
        low, high = map(float, np.quantile(differences[:, column] + noise, [0.025, 0.975]))
        verdict = "better" if low > 0 else "worse" if high < 0 else "cannot tell"
        answers.append(Comparison(float(difference), low, high, verdict))
    return answers


def _seed_noise(a: Array, b: Array, n_resamples: int, seed: int) -> Array:
    """Errors of the difference of two means over seeds, as Welch's t test sees them."""
    if min(len(a), len(b)) < 2:
        return np.zeros(n_resamples)
    parts = [scores.var(ddof=1) / len(scores) for scores in (a, b)]
    variance = sum(parts)
    if variance == 0:
        return np.zeros(n_resamples)
    freedom = variance**2 / sum(
        part**2 / (len(scores) - 1) for part, scores in zip(parts, (a, b), strict=True)
    )
    return np.asarray(
        np.sqrt(variance) * np.random.default_rng(seed).standard_t(freedom, size=n_resamples)
    )


def _ratio(numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
