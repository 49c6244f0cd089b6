"""The live check of a promised precision: intervals and an alarm from audited entities.

Some of what was accepted unread is drawn at random and read after all. Each audited tweet gives one
entity, drawn at random, so that the audited entities are independent. The alarm and the interval
may be looked at after every decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tweetner.evaluation import (
    FALSE_ALARMS,
    confidence_sequence,
    evidence_against,
    exact_interval,
)
from tweetner.review.decisions import audited_entities
from tweetner.review.queue import Queue


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
        if not self.n:
            return f"promised precision {100 * self.promised:.0f}%: nothing has been audited yet"
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


def queue_audit(queue: Queue) -> Audit | None:
    """Return the live check of the queue's promise; None where nothing was accepted unread."""
    promised = queue.facts.get("precision")
    return None if promised is None else audit(audited_entities(queue), promised)
