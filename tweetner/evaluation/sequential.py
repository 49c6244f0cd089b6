"""Sequential checks of a promised precision: they may be looked at after every observation."""

from collections.abc import Sequence
from math import log

import numpy as np

FALSE_ALARMS = 0.1
"""Largest probability that the alarm is ever raised although the promise holds."""

ALTERNATIVES = ((0.10, 0.75), (0.05, 0.125), (0.20, 0.125))
"""Shortfalls of precision that the alarm looks for, each with its weight; 10 points weigh most."""


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
