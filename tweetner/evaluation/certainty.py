"""Uncertainty of scores: bootstrap intervals over tweets, and paired comparisons of F1.

Everything works on counts, one row a tweet, so that 10,000 resamples of a test set take a second or
two: a resample is a row of weights (how often each tweet was drawn), and its counts are
`weights @ counts`.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.pairs import TagPairs

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Measure = Callable[[Array], Array]

BLOCK = 500
"""Number of resamples that are drawn at a time, which bounds the memory."""


class Interval(NamedTuple):
    """A value with its 95% interval."""

    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """The difference in F1 between A and B, with what it shows.

    Attributes:
        difference: F1 of A minus F1 of B.
        low: Lower end of its 95% interval.
        high: Upper end of its 95% interval.
        verdict: `better`, `worse` or `cannot tell`, said of A.
    """

    difference: float
    low: float
    high: float
    verdict: str


def tweet_counts(pairs: TagPairs, types: Sequence[str]) -> Integers:
    """Count right, predicted and gold entities of each tweet and type: (tweets, types, 3).

    >>> pairs = TagPairs([["B-movie"], ["O"]], [["B-movie"], ["B-movie"]])
    >>> tweet_counts(pairs, ["movie"]).tolist()
    [[[1, 1, 1]], [[0, 1, 0]]]

    Raises:
        ValueError: The tags hold a type that is not listed.
    """
    columns = {type_: number for number, type_ in enumerate(types)}
    counts = np.zeros((len(pairs), len(types), 3), dtype=np.int64)
    for row, pair in enumerate(pairs.entities):
        for place, entities in enumerate((pair.right, pair.predicted, pair.gold)):
            for entity in entities:
                if entity.type not in columns:
                    listed = ", ".join(types)
                    raise ValueError(f"type {entity.type!r} is not listed; listed: {listed}")
                counts[row, columns[entity.type], place] += 1
    return counts


def precision_of(counts: Array) -> Array:
    """Return precision from the last axis (right, predicted, gold); 0/0 is 0."""
    return _ratio(counts[..., 0], counts[..., 1])


def recall_of(counts: Array) -> Array:
    """Return recall from the last axis: (right, gold) or (right, predicted, gold)."""
    return _ratio(counts[..., 0], counts[..., -1])


def f1_of(counts: Array) -> Array:
    """Return F1 from the last axis (right, predicted, gold)."""
    return _ratio(2 * counts[..., 0], counts[..., 1] + counts[..., 2])


def _ratio(numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)


def bootstrap(
    counts: Integers, measure: Measure, *, n_resamples: int = 10_000, seed: int = 0
) -> list[Interval]:
    """Return percentile intervals over resampled tweets.

    Args:
        counts: (tweets, columns, 2 or 3), one column for each thing counted.
        measure: Maps summed counts (..., columns, 2 or 3) to figures (..., figures).
        n_resamples: Number of resamples.
        seed: Random seed of the resampling.

    Returns:
        One interval for each figure of `measure`.
    """
    observed = measure(counts.sum(axis=0).astype(np.float64))
    resampled = measure(resample(counts, n_resamples=n_resamples, seed=seed))
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0)
    return [Interval(*map(float, row)) for row in zip(observed, low, high, strict=True)]


def resample(counts: Integers, *, n_resamples: int, seed: int) -> Array:
    """Return the summed counts of tweets drawn with replacement: (n_resamples, ...).

    The same seed draws the same tweets, so two calls over the same tweets are paired.
    """
    n_tweets = len(counts)
    flat = counts.reshape(n_tweets, prod(counts.shape[1:])).astype(np.float32)
    sums = np.zeros((n_resamples, flat.shape[1]))
    generator = np.random.default_rng(seed)
    for start in range(0, n_resamples if n_tweets else 0, BLOCK):
        n_rows = min(BLOCK, n_resamples - start)
        drawn = generator.integers(n_tweets, size=(n_rows, n_tweets))  # indices of tweets
        cells = drawn + n_tweets * np.arange(n_rows)[:, None]  # indices in the flattened weights
        weights = np.bincount(cells.ravel(), minlength=n_rows * n_tweets)
        weights = weights.reshape(n_rows, n_tweets).astype(np.float32)
        sums[start : start + n_rows] = weights @ flat  # whole numbers: exact in float32
    return sums.reshape(n_resamples, *counts.shape[1:])


def compare(
    a: Integers, b: Integers, *, n_resamples: int = 10_000, seed: int = 0
) -> list[Difference]:
    """Compare the F1 of two models or, over several seeds, of two recipes on the same tweets.

    A recipe's score is the mean F1 of its seeds. Every resample draws tweets (the same for all
    runs) and, if both recipes have two seeds or more, an error of the mean over seeds from Welch's
    t distribution: resampling three seeds would make their spread look far too small. With a single
    seed on either side the answer is about these two models, not about their recipes.

    Args:
        a: Counts of each seed and tweet, (seeds, tweets, columns, 3).
        b: The same for the other side; the number of seeds may differ.
        n_resamples: Number of resamples.
        seed: Random seed of the resampling.

    Returns:
        One difference for each column.

    Raises:
        ValueError: The two sides were not run on the same tweets.
    """
    if a.ndim != 4 or a.shape[1:] != b.shape[1:] or not np.array_equal(a[0, ..., 2], b[0, ..., 2]):
        raise ValueError(
            "expected counts of the same gold (seeds, tweets, columns, 3), "
            f"got shapes {a.shape} and {b.shape}"
        )
    runs = np.concatenate([a, b])
    n_a = len(a)
    scores = f1_of(runs.sum(axis=1).astype(np.float64))  # (seeds of a and b, columns)
    resampled = f1_of(resample(runs.swapaxes(0, 1), n_resamples=n_resamples, seed=seed))
    means = scores[:n_a].mean(axis=0) - scores[n_a:].mean(axis=0)  # (columns,)
    differences = resampled[:, :n_a].mean(axis=1) - resampled[:, n_a:].mean(axis=1)
    answers = []
    for column, difference in enumerate(means):
        noise = _seed_noise(scores[:n_a, column], scores[n_a:, column], n_resamples, seed + 1)
        low, high = map(float, np.quantile(differences[:, column] + noise, [0.025, 0.975]))
        verdict = "better" if low > 0 else "worse" if high < 0 else "cannot tell"
        answers.append(Difference(float(difference), low, high, verdict))
    return answers


def _seed_noise(a: Array, b: Array, n_resamples: int, seed: int) -> Array:
    """Draw errors of the difference of two means over seeds, after Welch's t test."""
    if min(len(a), len(b)) < 2:
        return np.zeros(n_resamples)
    var_a = a.var(ddof=1) / len(a)
    var_b = b.var(ddof=1) / len(b)
    variance = var_a + var_b
    if variance == 0:
        return np.zeros(n_resamples)
    freedom = variance**2 / (var_a**2 / (len(a) - 1) + var_b**2 / (len(b) - 1))
    drawn = np.random.default_rng(seed).standard_t(freedom, size=n_resamples)
    return np.asarray(np.sqrt(variance) * drawn)
