"""Compare two models, or two recipes over several seeds, on the same gold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.certainty import Comparison, compare, f1_of, tweet_counts
from tweetner.evaluation.entities import Tags


@dataclass(frozen=True)
class Sides:
    """Two sides' F1, all types together and of each type, and what may be said of the difference.

    Attributes:
        names: Of A and of B.
        columns: `all types`, then every type.
        n_tweets: Of the gold.
        n_gold: Gold entities of each column.
        f1: F1 of each seed of A, then of each seed of B: two arrays (seeds, columns).
        comparisons: A against B, one for each column.
    """

    names: tuple[str, str]
    columns: list[str]
    n_tweets: int
    n_gold: list[int]
    f1: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    comparisons: list[Comparison]

    @property
    def sentence(self) -> str:
        """The finding as a sentence."""
        a, b = self.names
        found = self.comparisons[0]
        numbers = f"{points(found.difference)} F1, 95%: {points(found.low)} to {points(found.high)}"
        if found.verdict == "cannot tell":
            return f"Cannot tell whether {a} or {b} is better ({numbers})."
        return f"{a} is {found.verdict} than {b} ({numbers})."


def compare_sides(
    names: tuple[str, str], gold: Tags, a: Sequence[Tags], b: Sequence[Tags], types: Sequence[str]
) -> Sides:
    """Compare the predictions of each seed of A with those of each seed of B."""
    sides = []
    for runs in (a, b):
        counts = np.stack([tweet_counts(gold, run, types) for run in runs])
        sides.append(np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2))
    f1 = [f1_of(side.sum(axis=1).astype(np.float64)) for side in sides]
    n_gold = sides[0][0, :, :, 2].sum(axis=0).tolist()
    return Sides(
        names, ["all types", *types], len(gold), n_gold, (f1[0], f1[1]), compare(sides[0], sides[1])
    )


def points(difference: float) -> str:
    """A difference of ratios in points, with its sign."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # + 0.0 makes -0.0 a plain zero
