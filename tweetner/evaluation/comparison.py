"""Compare two models, or two recipes over several seeds, on the same gold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.certainty import Difference, compare, f1_of, tweet_counts
from tweetner.evaluation.pairs import TagPairs


@dataclass(frozen=True)
class RecipeComparison:
    """The F1 of two recipes, over all types and of each type, and their differences.

    Attributes:
        names: The names of recipes A and B.
        columns: `all types`, then every type.
        n_tweets: Number of tweets.
        n_gold: Number of gold entities of each column.
        f1: F1 of each seed of A, and of each seed of B: two arrays (seeds, columns).
        differences: A against B, one for each column.
    """

    names: tuple[str, str]
    columns: list[str]
    n_tweets: int
    n_gold: list[int]
    f1: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    differences: list[Difference]

    @property
    def sentence(self) -> str:
        """The finding as a sentence."""
        a, b = self.names
        found = self.differences[0]
        numbers = f"{points(found.difference)} F1, 95%: {points(found.low)} to {points(found.high)}"
        if found.verdict == "cannot tell":
            return f"Cannot tell whether {a} or {b} is better ({numbers})."
        return f"{a} is {found.verdict} than {b} ({numbers})."


def compare_recipes(
    names: tuple[str, str], a: Sequence[TagPairs], b: Sequence[TagPairs], types: Sequence[str]
) -> RecipeComparison:
    """Compare the predictions of each seed of A with those of each seed of B."""
    counts_a = _count(a, types)
    counts_b = _count(b, types)
    n_gold = counts_a[0, :, :, 2].sum(axis=0).tolist()  # of "all types", and of each type
    return RecipeComparison(
        names=names,
        columns=["all types", *types],
        n_tweets=len(a[0]),
        n_gold=n_gold,
        f1=(_f1_of_seeds(counts_a), _f1_of_seeds(counts_b)),
        differences=compare(counts_a, counts_b),
    )


def _count(seeds: Sequence[TagPairs], types: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return counts (seeds, tweets, 1 + types, 3) whose first column is the sum over types."""
    counts = np.stack([tweet_counts(pairs, types) for pairs in seeds])
    return np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2)


def _f1_of_seeds(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return f1_of(counts.sum(axis=1).astype(np.float64))


def points(difference: float) -> str:
    """Return a difference of ratios in percentage points, with its sign."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # + 0.0 makes -0.0 a plain zero
