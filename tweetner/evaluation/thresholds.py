"""Score thresholds from which entities may be accepted without review, with a guarantee.

Each threshold guarantees, for the entities of one decoder: "above this score, precision is at least
the required one, with 90% confidence". The guarantees do not hold jointly.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.calibration import MIN_ENTITIES, ScoredEntities
from tweetner.evaluation.certainty import Interval
from tweetner.hub import GateProof, Threshold

GRID = tuple(round(0.99 - step / 100, 2) for step in range(80))
"""The scores that are tried, from 0.99 down to 0.20, fixed before any data is seen."""

GATE_GRID = tuple(round(step / 200, 3) for step in range(1, 200))
"""The thresholds of a gate that are tried, from 0.005 up to 0.995, fixed likewise."""

WANTED = (0.5, 0.6, 0.7, 0.8, 0.9)
"""The precisions for which a threshold is looked for."""


class Kept(NamedTuple):
    """The entities that a threshold accepts on tweets that it was not chosen on.

    Attributes:
        n: Number of accepted entities.
        n_right: Number of those that are right.
        precision: Their ratio, with an interval from the effective sample size (`n_effective`).
        recall: Accepted right entities as a share of all gold entities.
        entities: Accepted entities as a share of all predicted ones.
        tweets: Tweets whose predicted entities are all accepted, so that nobody reads them, as a
            share of the tweets with predicted entities.
    """

    n: int
    n_right: int
    precision: Interval
    recall: float
    entities: float
    tweets: float


class Applied(NamedTuple):
    """A threshold, and what it accepts on other tweets; None if no score could be certified."""

    threshold: Threshold
    kept: Kept | None


def prove_thresholds(
    entities: ScoredEntities,
    *,
    decoder: str,
    on: str,
    wanted: Iterable[float] = WANTED,
    confidence: float = 0.9,
) -> list[Threshold]:
    """Look for a threshold for each wanted precision.

    Args:
        entities: Predicted entities of held-out tweets that no other choice used.
        decoder: The decoder of the entities.
        on: Description of these tweets, for the reader.
        wanted: The precisions.
        confidence: The probability that each guarantee holds.
    """
    thresholds = []
    for precision in wanted:
        found = choose_threshold(entities, precision=precision, confidence=confidence)
        thresholds.append(replace(found, decoder=decoder, on=on))
    return thresholds


def choose_threshold(
    entities: ScoredEntities, *, precision: float = 0.8, confidence: float = 0.9
) -> Threshold:
    """Return the lowest score above which entities provably have the required precision.

    Learn then test (Angelopoulos et al., 2021): going down `GRID`, the hypothesis that precision is
    below the required one is put to an exact binomial test at level 1 - confidence, and the walk
    ends at the first score where it cannot be rejected. This is fixed-sequence testing, so no
    correction for multiple tests is needed. The walk begins where `MIN_ENTITIES` entities reach the
    score: fewer could hardly pass and would end it. Entities of one tweet may be correlated, so the
    test uses their effective number (`n_effective`).

    With probability `confidence`, over calibration sets, the guarantee holds for entities from the
    same source. A shift of the source breaks it, so report precision on test beside it.

    Args:
        entities: Predicted entities of held-out tweets that no other choice used.
        precision: The required precision.
        confidence: The probability that the guarantee holds.

    Raises:
        ValueError: Precision or confidence is not between 0 and 1.
    """
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
        if not _is_proven(entities.right[kept], entities.tweets[kept], precision, confidence):
            break
        chosen = Threshold(score, precision, confidence, n, n_right)
    return chosen


def prove_gate(
    scores: npt.NDArray[np.float64],
    n_entities: npt.NDArray[np.int64],
    *,
    max_lost: float = 0.05,
    confidence: float = 0.9,
    on: str = "",
    fitted_on: str = "",
) -> GateProof:
    """Return the highest threshold of a gate below which few of a model's entities provably are.

    Learn then test, as in `choose_threshold`, but going up `GATE_GRID`: the hypothesis that the
    gate loses more than `max_lost` of the entities is tested at each threshold.

    Args:
        scores: The gate's scores of held-out tweets that no other choice used, (tweets,).
        n_entities: Number of the model's entities in each of them, (tweets,).
        max_lost: The largest share of entities that may be lost.
        confidence: The probability that the guarantee holds.
        on: Description of these tweets, for the reader.
        fitted_on: Description of the tweets that the gate was fitted on.
    """
    tweets = np.repeat(np.arange(len(scores)), n_entities)  # (entities,): the tweet of each
    proof = GateProof(None, max_lost, confidence, len(tweets), 0, 0.0, on, fitted_on)
    for threshold in GATE_GRID:
        passed = scores[tweets] >= threshold  # (entities,)
        if not _is_proven(passed, tweets, 1 - max_lost, confidence):
            break
        proof = replace(
            proof,
            threshold=threshold,
            n_lost=int((~passed).sum()),
            skipped=float((scores < threshold).mean()),
        )
    return proof


def _is_proven(
    right: npt.NDArray[np.bool_], tweets: npt.NDArray[np.int64], share: float, confidence: float
) -> bool:
    """Return whether an exact binomial test rejects that at most a share of entities is right.

    Args:
        right: Whether each entity is right, (entities,).
        tweets: Index of each entity's tweet, (entities,).
        share: The share that is to be exceeded.
        confidence: One minus the level of the test.
    """
    from scipy.stats import binom

    if not len(right):
        return False
    effective = int(n_effective(tweets))
    effective_right = int(effective * int(right.sum()) / len(right))
    # the probability of at least so many right ones if the share were just too low
    return bool(binom.sf(effective_right - 1, effective, share) <= 1 - confidence)


def apply_thresholds(thresholds: Iterable[Threshold], entities: ScoredEntities) -> list[Applied]:
    """Apply thresholds to tweets that they were not chosen on."""
    return [
        Applied(threshold, None if threshold.score is None else keep(entities, threshold.score))
        for threshold in thresholds
    ]


def keep(entities: ScoredEntities, score: float) -> Kept:
    """Accept the entities that reach a score, and count what is right and what is left to read."""
    kept = entities.scores >= score
    n, n_right = int(kept.sum()), int(entities.right[kept].sum())
    precision = _ratio(n_right, n)
    recall = _ratio(n_right, int(entities.n_gold.sum()))
    effective = n_effective(entities.tweets[kept])
    n_read = len(np.unique(entities.tweets[~kept]))
    n_tweets = len(np.unique(entities.tweets))
    low, high = exact_interval(effective * precision, effective)
    return Kept(
        n=n,
        n_right=n_right,
        precision=Interval(precision, low, high),
        recall=recall,
        entities=_ratio(n, len(kept)),
        tweets=1 - n_read / n_tweets if n_tweets else 0.0,
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def n_effective(tweets: npt.NDArray[np.int64]) -> float:
    """Return the effective sample size (Kish) if entities of one tweet are perfectly correlated.

    Args:
        tweets: Index of each entity's tweet, (entities,).

    >>> n_effective(np.array([1, 2, 3])), n_effective(np.array([1, 1, 1]))
    (3.0, 1.0)
    """
    if not len(tweets):
        return 0.0
    per_tweet = np.bincount(tweets)
    return float(len(tweets) ** 2 / np.square(per_tweet).sum())


def exact_interval(n_right: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Clopper–Pearson interval of a ratio; the numbers may be effective ones.

    >>> exact_interval(0, 0)
    (0.0, 1.0)
    """
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, n_right, n - n_right + 1)) if n_right else 0.0
    high = float(beta.ppf(1 - tail, n_right + 1, n - n_right)) if n_right < n else 1.0
    return low, high
