"""The thresholds that a model folder keeps in its `metrics.json`: from which score entities may be accepted unread.

Each row has its own promise, for entities of one decoder: "from this score on, precision is at least the wanted one,
with 90% confidence". The promises are not meant to hold all at once.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.calibration import MIN_ENTITIES, ScoredEntities
from tweetner.evaluation.certainty import Interval
from tweetner.hub import Threshold

GRID = tuple(
    round(0.99 - step / 100, 2) for step in range(80)
)  # 0.99 down to 0.20, fixed before any data is seen


class Kept(NamedTuple):
    """What a threshold accepts on tweets that it was not chosen on.

    Attributes:
        n: Accepted entities.
        n_right: How many of them are right.
        precision: Their share, with an interval that counts entities as `n_alone` does.
        recall: Right ones among all gold entities.
        entities: Accepted ones among all that were predicted.
        tweets: Among the tweets with predicted entities those in which all are accepted, so that nobody reads them.
    """

    n: int
    n_right: int
    precision: Interval
    recall: float
    entities: float
    tweets: float


class Applied(NamedTuple):
    """A threshold, and what it accepts on other tweets; None where no score could be proven."""

    threshold: Threshold
    kept: Kept | None


WANTED = (0.5, 0.6, 0.7, 0.8, 0.9)
"""The precisions that a threshold is looked for."""


def prove_thresholds(entities: ScoredEntities, *, decoder: str, on: str) -> list[Threshold]:
    """Look for a threshold for each precision of `WANTED`.

    Args:
        entities: Predicted entities of held-out tweets that no other choice used.
        decoder: The decoder of the entities.
        on: Description of these tweets, for the reader.
    """
    found = [choose_threshold(entities, precision=precision) for precision in WANTED]
    return [replace(threshold, decoder=decoder, on=on) for threshold in found]


def choose_threshold(
    entities: ScoredEntities, *, precision: float = 0.8, confidence: float = 0.9
) -> Threshold:
    """The lowest score from which accepted entities have the wanted precision, with a finite-sample guarantee.

    Learn then test: going down `GRID`, each threshold's "precision is below the wanted one" is put to an exact
    binomial test at level 1 - confidence, and the walk ends at the first that cannot be rejected (fixed-sequence
    testing, so no correction for many tests is due). It begins where `MIN_ENTITIES` entities reach the threshold:
    fewer could hardly pass and would end it. Entities of one tweet may stand or fall together, so the test counts
    them only as `n_alone` does, as if they always did.

    With probability `confidence`, over calibration sets, the promise holds for entities from the same source. A
    shift of the source breaks it, so report precision on test beside it.

    Args:
        entities: Predicted entities of tweets that no other choice used.
        precision: The precision wanted.
        confidence: How sure to be of it.
    """
    from scipy.stats import binom

    if not (0 < precision < 1 and 0 < confidence < 1):
        raise ValueError(
            f"expected precision and confidence between 0 and 1, got {precision} and {confidence}"
        )
    chosen = Threshold(None, precision, confidence, 0, 0)
    for score in GRID:
        kept = entities.scores >= score
        n, n_right = int(kept.sum()), int(entities.right[kept].sum())
        if n < MIN_ENTITIES:
            continue
        alone = int(n_alone(entities.tweets[kept]))
        # the chance of so many right ones, were the precision just too low
        if binom.sf(int(alone * n_right / n) - 1, alone, precision) > 1 - confidence:
            break
        chosen = Threshold(score, precision, confidence, n, n_right)
    return chosen


def apply_thresholds(thresholds: Iterable[Threshold], entities: ScoredEntities) -> list[Applied]:
    """See what becomes of thresholds on tweets that they were not chosen on."""
    return [
        Applied(threshold, None if threshold.score is None else keep(entities, threshold.score))
        for threshold in thresholds
    ]


def keep(entities: ScoredEntities, score: float) -> Kept:
    """Accept the entities that reach a score."""
    kept = entities.scores >= score
    n, n_right = int(kept.sum()), int(entities.right[kept].sum())
    alone = n_alone(entities.tweets[kept])
    n_gold, n_predicted = int(entities.n_gold.sum()), len(kept)
    n_read = len(np.unique(entities.tweets[~kept]))
    n_tweets = len(np.unique(entities.tweets))
    precision = n_right / n if n else 0.0
    return Kept(
        n,
        n_right,
        Interval(precision, *exact_interval(alone * precision, alone)),
        n_right / n_gold if n_gold else 0.0,
        n / n_predicted if n_predicted else 0.0,
        1 - n_read / n_tweets if n_tweets else 0.0,
    )


def n_alone(tweets: npt.NDArray[np.int64]) -> float:
    """How many entities of different tweets would say as much: Kish's effective number, as if one tweet's were alike.

    >>> n_alone(np.array([1, 2, 3])), n_alone(np.array([1, 1, 1]))
    (3.0, 1.0)
    """
    return float(len(tweets) ** 2 / np.square(np.bincount(tweets)).sum()) if len(tweets) else 0.0


def exact_interval(n_right: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """The Clopper–Pearson interval of a share; the numbers may be effective ones.

    >>> exact_interval(0, 0)
    (0.0, 1.0)
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, n_right, n - n_right + 1)) if n_right else 0.0
    high = float(beta.ppf(1 - tail, n_right + 1, n - n_right)) if n_right < n else 1.0
    return low, high
