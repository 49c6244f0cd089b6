"""The live check of a promised precision: intervals and an alarm from audited entities.

Some of what was accepted unread is drawn at random and read after all. Each audited tweet gives one
entity, drawn at random, so that the audited entities are independent. The alarm and the interval
may be looked at after every decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from tweetner.evaluation import exact_interval
from tweetner.review.queue import Queue

FALSE_ALARMS = 0.1
"""Largest probability that the alarm is ever raised although the promise holds."""

ALTERNATIVES = ((0.10, 0.75), (0.05, 0.125), (0.20, 0.125))
"""Shortfalls of precision that the alarm looks for, each with its weight; 10 points weigh most."""


@dataclass(frozen=True)
class Audit:
    """The evidence of the audited entities about the promised precision.

    Attributes:
        promised: The promised precision, 0 to 1.
        n: Audited entities.
        n_right: Audited entities that the reviewer confirmed.
        interval: Exact (Clopper-Pearson) 95% interval of the precision, valid at a sample size
            fixed in advance.
        sequence: 95% interval that stays valid when it is looked at after every decision.
        evidence: Largest value so far of the test martingale against the promise; see
            `evidence_against`.
        broken: Whether the promise no longer holds: `evidence` reached 1 / `FALSE_ALARMS`.
    """

    promised: float
    n: int
    n_right: int
    interval: tuple[float, float]
    sequence: tuple[float, float]
    evidence: float
    broken: bool

    def __str__(self) -> str:
        """Return the finding as a sentence."""
        low, high = (100 * end for end in self.interval)
        found = (
            f"{self.n_right} of {self.n} audited entities are right (95%: {low:.0f} to {high:.0f}%)"
        )
        if self.broken:
            return f"warning: the promise of {100 * self.promised:.0f}% no longer holds: {found}"
        return f"promised precision {100 * self.promised:.0f}%: {found}"


def audit(right: Sequence[bool], promised: float) -> Audit:
    """Check a promised precision against audited entities.

    Args:
        right: Whether each audited entity was confirmed, in the order of the decisions.
        promised: The promised precision, between 0 and 1.
    """
    n, n_right = len(right), sum(right)
    evidence = evidence_against(right, promised)
    return Audit(
        promised,
        n,
        n_right,
        exact_interval(n_right, n),
        confidence_sequence(n_right, n),
        evidence,
        evidence >= 1 / FALSE_ALARMS,
    )


def evidence_against(right: Sequence[bool], promised: float) -> float:
    """Return the largest value so far of a test martingale against the promised precision.

    The martingale is a mixture of likelihood ratios of a lower precision over the promised one.
    While the promise holds, the chance that it ever reaches `x` is at most `1 / x` (Ville's
    inequality; Ramdas et al. 2023, "Game-theoretic statistics and safe anytime-valid inference"),
    so looking after every decision costs nothing.
    """
    hits = np.asarray(right, dtype=float)
    mixture = np.zeros(len(hits))
    for shortfall, weight in ALTERNATIVES:
        lower = max(promised - shortfall, 0.01)
        step = np.where(hits == 1, log(lower / promised), log((1 - lower) / (1 - promised)))
        mixture += weight * np.exp(np.cumsum(step))
    return float(mixture.max(initial=1.0))


def confidence_sequence(n_right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return an interval of the precision that holds at all sample sizes at once (Robbins 1970).

    It holds every precision against which the uniform mixture of likelihood ratios is below 1 / (1
    - confidence).

    >>> confidence_sequence(0, 0)
    (0.0, 1.0)
    """
    from scipy.optimize import brentq
    from scipy.special import betaln

    limit = log(1 / (1 - confidence))
    n_wrong = n - n_right
    mixture = betaln(n_right + 1, n_wrong + 1)

    def excess(precision: float) -> float:
        likelihood = n_right * log(precision) + n_wrong * log(1 - precision)
        return float(mixture - likelihood - limit)

    tiny = 1e-9
    best = min(max(n_right / n if n else 0.5, tiny), 1 - tiny)
    low = brentq(excess, tiny, best) if excess(tiny) > 0 else 0.0
    high = brentq(excess, best, 1 - tiny) if excess(1 - tiny) > 0 else 1.0
    return float(low), float(high)


def queue_audit(queue: Queue) -> Audit | None:
    """Return the live check of the queue's promise; None where nothing was accepted unread."""
    promised = queue.facts.get("precision")
    return None if promised is None else audit(queue.audited(), promised)
