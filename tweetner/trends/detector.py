"""Tests the counts of each bucket against the past, and describes the entities in alarm."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tweetner.trends.counts import Counts, Floats, Ints
from tweetner.trends.model import (
    Dispersion,
    adjusted,
    is_doubtful,
    ratio_interval,
    size_of,
    tail_probability,
    true_mentions,
)
from tweetner.trends.options import TrendOptions
from tweetner.trends.past import NO_ALARM, Past
from tweetner.trends.times import UNITS, format_time

CALIBRATION_HALF_LIFE = 4 * UNITS["d"]
"""After this time, in milliseconds, a past prediction counts half for the over-dispersion."""
SEASONAL_AFTER = 7 * UNITS["d"]
"""From this length of the past on, the same hour of earlier days is a second prediction."""


@dataclass(frozen=True)
class ClosedBucket:
    """A bucket whose counts are final; arrays have one value for each form that it mentions.

    Attributes:
        start: start in milliseconds.
        end: end in milliseconds.
        counts: the forms and their counts.
        kappa: over-dispersion of the predictions.
        expected: expected distinct authors: (forms,)
        strength: mentions of the past that the expectation rests on: (forms,)
        p: probability of so many authors by chance: (forms,)
        q: the same, corrected for all tracked entities: (forms,)
        alarms: whether the form is in alarm: (forms,)
        rows: what is written of each form in alarm, or of every form; ordered by the lower end of
            the ratio's interval.
    """

    start: int
    end: int
    counts: Counts
    kappa: float
    expected: Floats
    strength: Floats
    p: Floats
    q: Floats
    alarms: npt.NDArray[np.bool_]
    rows: list[dict[str, Any]]

    @property
    def size(self) -> Floats:
        """Size of the negative binomial distributions: (forms,)."""
        return size_of(self.kappa, self.strength)


class Detector:
    """Compares the count of every entity with the prediction of its decayed past.

    The p-values of all tracked entities of a bucket are corrected by Benjamini and Hochberg. While
    an entity is in alarm, at most twice its expected count enters its past, so that a burst does
    not hide itself, and a lasting rise becomes the usual within hours.

    Args:
        options: Length of a bucket, false discovery rate, fewest authors of an alarm, and most
            forms of which a past is kept.
        ignored: Forms that are counted and never alarm.
        describe_all: Describe every form of a bucket, not those in alarm only. The first bucket has
            no past to compare it with, and is never described.
    """

    def __init__(
        self, options: TrendOptions, *, ignored: Iterable[str] = (), describe_all: bool = False
    ) -> None:
        self.options = options
        self.ignored = frozenset(ignored)
        self.describe_all = describe_all
        self.past = Past(options.max_forms, options.bucket)
        self.dispersion = Dispersion()
        self.first: int | None = None
        self.last: int | None = None

    def close(self, number: int, counts: Counts) -> ClosedBucket:
        """Test the counts of a bucket, the one that begins at `number * bucket`, and keep them."""
        past = self.past
        start = number * self.options.bucket
        elapsed = 0 if self.last is None else number - self.last
        self.first = number if self.first is None else self.first
        self.last = number
        past.age(elapsed)
        rows = past.admit(counts.forms)
        closed = self._test(start, counts, rows, elapsed)
        # without a past, nothing was tested
        is_shown = np.isfinite(closed.expected) & (closed.alarms | self.describe_all)
        closed.rows.extend(
            describe(closed, int(form), past, rows) for form in np.flatnonzero(is_shown)
        )
        closed.rows.sort(key=lambda row: (-row["ratio_interval"][0], row["key"]))
        self._remember(closed, rows)
        return closed

    def _test(self, start: int, counts: Counts, rows: Ints, elapsed: int) -> ClosedBucket:
        """Compare counts with predictions, note alarms, and calibrate the predictions."""
        past = self.past
        authors = np.zeros(len(past.rows), dtype=np.int64)  # (tracked,)
        authors[rows] = counts.authors
        p = np.ones(len(authors))
        q = np.ones(len(authors))
        kappa = self.dispersion.kappa
        expected, strength = past.predict(counts.n_tweets, start, seasonal=self._is_seasonal)
        if past.n_tweets > 0:  # before, nothing is known and nothing can be tested
            size = size_of(kappa, strength[rows])
            p[rows] = tail_probability(counts.authors, expected[rows], size)
            tested = np.ones(len(authors), dtype=bool)
            tested[[past.rows[form] for form in self.ignored if form in past.rows]] = False
            q[tested] = adjusted(p[tested])
        alarms = (q <= self.options.fdr) & (authors >= self.options.min_authors)
        onsets = np.where(past.alarms == NO_ALARM, start, past.alarms)
        past.alarms[:] = np.where(alarms, onsets, NO_ALARM)
        if past.n_tweets > 0:
            weight = past.decay(CALIBRATION_HALF_LIFE, elapsed)
            quiet = ~alarms
            self.dispersion.add(authors[quiet], expected[quiet], strength[quiet], decay=weight)
        return ClosedBucket(
            start,
            start + self.options.bucket,
            counts,
            kappa,
            expected[rows],
            strength[rows],
            p[rows],
            q[rows],
            alarms[rows],
            rows=[],
        )

    @property
    def _is_seasonal(self) -> bool:
        known = (self.last or 0) - (self.first or 0)
        return known * self.options.bucket >= SEASONAL_AFTER

    def _remember(self, closed: ClosedBucket, rows: Ints) -> None:
        at_most = np.where(closed.alarms, 2 * closed.expected + 1, np.inf)
        authors = np.minimum(closed.counts.authors, at_most)
        self.past.add(closed.start, closed.counts, authors, rows)
        self.past.drop_weakest()


def describe(closed: ClosedBucket, form: int, past: Past, rows: Ints) -> dict[str, Any]:
    """Return what is written of a form.

    Args:
        closed: The bucket.
        form: Place of the form in the bucket's counts.
        past: The past before the bucket.
        rows: Rows of the bucket's forms in the past: (forms,)
    """
    counts = closed.counts
    names, types, examples = counts.describe(form)
    scores = counts.scores_of(form)
    _, n_usual, usual_sum, onset = past.columns[:, rows[form]]
    what = {"entity": next(iter(names)), "key": counts.forms[form], "types": types}
    when = {"start": format_time(closed.start), "end": format_time(closed.end), "status": "final"}
    is_new = bool(n_usual == 0)
    return {
        **what,
        **when,
        **_test_of(closed, form),
        "mentions": _mentions(scores),
        "new": is_new,
        "onset": None if onset == NO_ALARM else format_time(int(onset)),
        "forms": names,
        "examples": examples,
        "doubtful": is_doubtful(scores, n_usual, usual_sum, past.scores),
    }


def _test_of(closed: ClosedBucket, form: int) -> dict[str, Any]:
    """Return the count of a form beside its prediction."""
    authors = int(closed.counts.authors[form])
    expected = float(closed.expected[form])
    ratio, *interval = ratio_interval(authors, expected, float(closed.strength[form]), closed.kappa)
    p = float(closed.p[form])
    q = float(closed.q[form])
    is_alarm = bool(closed.alarms[form])
    return {
        "alarm": is_alarm,
        "authors": authors,
        "expected": _rounded(expected),
        "ratio": _rounded(ratio),
        "ratio_interval": [_rounded(end) for end in interval],
        "p": _rounded(p),
        "q": _rounded(q),
    }


def _mentions(scores: Floats) -> dict[str, Any]:
    """Return how many mentions there are, and how many of them are true."""
    n_true, *interval = true_mentions(scores)
    return {
        "n": len(scores),
        "true": round(n_true, 2),
        "interval": interval,
        "mean_score": round(float(scores.mean()), 4),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
