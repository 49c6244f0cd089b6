"""How much a score depends on the seed: mean and spread over several runs of one recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, stdev

UNSTABLE_SD = 0.02  # of a score from 0 to 1; the reference notebook's limit


@dataclass(frozen=True)
class Stability:
    """One score of each seed; `sd` is that of a sample (n - 1), None for a single seed.

    >>> str(Stability({11: 0.40, 21: 0.44, 42: 0.42}))
    '0.4200 ± 0.0200 over 3 seeds: stable'
    """

    scores: Mapping[int, float]

    @property
    def mean(self) -> float:
        return mean(self.scores.values())

    @property
    def sd(self) -> float | None:
        return stdev(self.scores.values()) if len(self.scores) > 1 else None

    @property
    def unstable(self) -> bool:
        """The notebook's flag."""
        return self.sd is not None and round(self.sd, 12) > UNSTABLE_SD

    @property
    def advice(self) -> str:
        """What to do, knowing the spread."""
        if self.sd is None:
            return "one seed says nothing about the spread: run at least three"
        if not self.unstable:
            return "one seed stands for the recipe; a smaller difference than the spread is still not a finding"
        return (
            "report the mean over seeds, never the best one; compare recipes by a paired test over seeds; for a "
            "steadier model average the seeds' probabilities or start from a pretrained encoder"
        )

    def __str__(self) -> str:
        spread = f" ± {self.sd:.4f}" if self.sd is not None else ""
        verdict = (
            "unstable" if self.unstable else "stable" if self.sd is not None else "spread unknown"
        )
        return f"{self.mean:.4f}{spread} over {len(self.scores)} seed{'s' * (len(self.scores) != 1)}: {verdict}"

    def to_dict(self) -> dict[str, object]:
        """The facts, ready for JSON."""
        return {
            "scores": {str(seed): score for seed, score in self.scores.items()},
            "mean": self.mean,
            "sd": self.sd,
            "unstable": self.unstable,
            "advice": self.advice,
        }
