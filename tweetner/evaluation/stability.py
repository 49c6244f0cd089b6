"""Dependence of a score on the random seed: mean and spread over several runs of one recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, stdev

UNSTABLE_SD = 0.02
"""The largest stable standard deviation of a score from 0 to 1; the reference notebook's limit."""


@dataclass(frozen=True)
class Stability:
    """The scores of one recipe.

    Attributes:
        scores: The score of each seed.

    >>> str(Stability({11: 0.40, 21: 0.44, 42: 0.42}))
    '0.4200 ± 0.0200 over 3 seeds: stable'
    """

    scores: Mapping[int, float]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return mean(self.scores.values())

    @property
    def sd(self) -> float | None:
        """Sample standard deviation (n - 1); None for a single seed."""
        return stdev(self.scores.values()) if len(self.scores) > 1 else None

    @property
    def unstable(self) -> bool:
        """True if the standard deviation is above `UNSTABLE_SD`."""
        return self.sd is not None and round(self.sd, 12) > UNSTABLE_SD

    @property
    def advice(self) -> str:
        """A sentence that says what to do about the spread."""
        if self.sd is None:
            return "one seed says nothing about the spread: run at least three"
        if not self.unstable:
            return (
                "one seed represents the recipe; a difference smaller than the spread is still "
                "not a finding"
            )
        return (
            "report the mean over seeds, never the best one; compare recipes by a paired test over "
            "seeds; for a steadier model average the seeds' probabilities or start from a "
            "pretrained encoder"
        )

    def __str__(self) -> str:
        n = len(self.scores)
        seeds = "1 seed" if n == 1 else f"{n} seeds"
        if self.sd is None:
            return f"{self.mean:.4f} over {seeds}: spread unknown"
        verdict = "unstable" if self.unstable else "stable"
        return f"{self.mean:.4f} ± {self.sd:.4f} over {seeds}: {verdict}"

    def to_dict(self) -> dict[str, object]:
        """Return the scores and what follows from them, ready for JSON."""
        return {
            "scores": {str(seed): score for seed, score in self.scores.items()},
            "mean": self.mean,
            "sd": self.sd,
            "unstable": self.unstable,
            "advice": self.advice,
        }
