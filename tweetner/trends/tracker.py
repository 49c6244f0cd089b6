"""Tracks entities in a stream of tagged tweets, and finds those that rise more than by chance."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tweetner.trends.counts import Bucket, Counts, Floats, Ints
from tweetner.trends.forms import normal_form
from tweetner.trends.model import (
    Dispersion,
    adjusted,
    ratio_interval,
    size_of,
    tail_probability,
    true_mentions,
)
from tweetner.trends.past import NO_ALARM, Past
from tweetner.trends.records import Tweet, read_tweet
from tweetner.trends.times import UNITS, format_time

CALIBRATION_HALF_LIFE = 4 * UNITS["d"]
"""After this time, in milliseconds, a past prediction counts half for the over-dispersion."""
SEASONAL_AFTER = 7 * UNITS["d"]
MAX_AHEAD = UNITS["d"]
"""A tweet further ahead of the stream than this has a wrong clock."""
N_AHEAD = 20
"""If so many tweets in a row are ahead, the stream has jumped, and their clocks are right."""
MAX_ERRORS_TOLD = 5
PRIOR_MENTIONS = 5
"""Mentions of average certainty that an entity's usual certainty begins with."""


@dataclass(frozen=True)
class TrendOptions:
    """Describes what a tracker counts and when it alarms; durations are in milliseconds.

    Attributes:
        bucket: length of a bucket of event time.
        lateness: how far behind the newest tweet a tweet may arrive and still be counted.
        fdr: largest share of false alarms among the alarms.
        min_authors: fewest distinct authors of an alarm in a bucket.
        max_forms: most forms of which a past is kept.
        time: path of a record's time.
        author: path of a record's author.
    """

    bucket: int = 10 * UNITS["m"]
    lateness: int = 5 * UNITS["m"]
    fdr: float = 0.05
    min_authors: int = 5
    max_forms: int = 50_000
    time: str = "created_at"
    author: str = "author_id"

    def __post_init__(self) -> None:
        if self.bucket < 1_000:
            raise ValueError(f"expected a bucket of a second or more, got {self.bucket} ms")
        if not 0 < self.fdr < 1:
            raise ValueError(f"expected a false discovery rate between 0 and 1, got {self.fdr}")
        if self.min_authors < 1 or self.max_forms < 10:
            raise ValueError("expected at least 1 author and 10 forms")


@dataclass(frozen=True)
class ClosedBucket:
    """A bucket whose counts are final.

    Attributes:
        start: start in milliseconds.
        n_tweets: different tweets.
        rows: description of each alarm, or of each mentioned entity; ordered by the lower end of
            the ratio's interval.
        forms: the mentioned normal forms.
        authors: their distinct authors: (forms,)
        expected: how many were expected: (forms,)
        size: size of their negative binomial distributions: (forms,)
    """

    start: int
    n_tweets: int
    rows: list[dict[str, Any]]
    forms: list[str]
    authors: Ints
    expected: Floats
    size: Floats

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """The rows that are alarms."""
        return [row for row in self.rows if row["alarm"]]


@dataclass
class Tally:
    """What became of the records so far."""

    n_records: int = 0
    n_errors: int = 0
    n_late: int = 0
    n_without_author: int = 0
    n_buckets: int = 0
    n_alarms: int = 0
    errors: list[str] = field(default_factory=list)

    def add_error(self, reason: str) -> None:
        """Count a record that is an error, and keep the first reasons."""
        self.n_errors += 1
        if len(self.errors) < MAX_ERRORS_TOLD:
            self.errors.append(reason)


class TrendTracker:
    """Counts the distinct authors of each entity per bucket of event time, and tests each count.

    A bucket closes, once and for all, when a tweet arrives that is newer than its end by more than
    the lateness. Then every count is compared with the prediction of the entity's decayed past
    (`Past`, `tweetner.trends.model`); the p-values of all tracked entities are corrected by
    Benjamini and Hochberg; an alarm needs q <= `fdr` and `min_authors` authors. While an entity
    is in alarm, at most twice its expected count enters its past, so that a burst does not hide
    itself, and a lasting rise becomes the usual within hours.

    Args:
        options: What to count.
        aliases: normal form that another normal form counts as.
        ignored: normal forms that are counted and never alarm.
        describe_all: Describe all mentioned entities of a bucket, not the alarms only.
    """

    def __init__(
        self,
        options: TrendOptions | None = None,
        *,
        aliases: Mapping[str, str] | None = None,
        ignored: Iterable[str] = (),
        describe_all: bool = False,
    ) -> None:
        self.options = options or TrendOptions()
        self.aliases = dict(aliases or {})
        self.ignored = frozenset(ignored)
        self.describe_all = describe_all
        self.past = Past(self.options.max_forms, self.options.bucket)
        self.dispersion = Dispersion()
        self.tally = Tally()
        self.open: dict[int, Bucket] = {}
        self.held: list[Tweet] = []
        self.newest: int | None = None
        self.first_bucket: int | None = None
        self.last_bucket: int | None = None

    def update(self, records: Iterable[Mapping[str, Any]]) -> Iterator[ClosedBucket]:
        """Count records in the order of arrival, and yield each bucket that they close.

        Whenever a bucket is yielded, the tracker can be saved: it has counted all records so far.
        """
        yield from self._close_due()
        for record in records:
            self.tally.n_records += 1
            try:
                tweet = read_tweet(
                    record, self.tally.n_records, self.options.time, self.options.author
                )
            except ValueError as error:
                self.tally.add_error(str(error))
                continue
            self._receive(tweet)
            yield from self._close_due()

    def finish(self) -> Iterator[ClosedBucket]:
        """Close all open buckets at the end of the stream."""
        if self.newest is None:
            self._release()
        self._drop_held()
        while self.open:
            yield self._close(min(self.open))

    def _receive(self, tweet: Tweet) -> None:
        """Count a tweet, or hold it back if its clock is ahead of the stream.

        The first tweets are held too, so that one wrong clock among them decides nothing.
        """
        if self.newest is None or tweet.time > self.newest + MAX_AHEAD:
            self.held.append(tweet)
            if len(self.held) >= N_AHEAD:
                self._release()
            return
        self._drop_held()
        self._count(tweet)

    def _release(self) -> None:
        """Count the held tweets from the earliest one on; those far ahead of it are held again."""
        held = sorted(self.held, key=lambda tweet: tweet.time)
        self.held = []
        for tweet in held:
            is_ahead = self.newest is not None and tweet.time > self.newest + MAX_AHEAD
            if is_ahead and tweet is not held[0]:
                self.held.append(tweet)
            else:
                self._count(tweet)

    def _drop_held(self) -> None:
        for tweet in self.held:
            ahead = format_time(tweet.time)
            self.tally.add_error(f"tweet {tweet.id}: its time, {ahead}, is ahead of the stream")
        self.held = []

    def _count(self, tweet: Tweet) -> None:
        number = tweet.time // self.options.bucket
        if number < self._first_open():
            self.tally.n_late += 1
            return
        self.newest = max(self.newest or tweet.time, tweet.time)
        self.tally.n_without_author += tweet.author is None
        self.open.setdefault(number, Bucket()).add(tweet)

    def _first_open(self) -> int:
        """Return the first bucket that is not final: the one that holds the watermark."""
        if self.newest is None:
            return -(1 << 62)
        first_open = (self.newest - self.options.lateness) // self.options.bucket
        return first_open if self.last_bucket is None else max(first_open, self.last_bucket + 1)

    def _close_due(self) -> Iterator[ClosedBucket]:
        if not self.open:
            return
        first_open = self._first_open()
        while self.open and min(self.open) < first_open:
            yield self._close(min(self.open))

    def _form_of(self, name: str) -> str:
        form = normal_form(name)
        return self.aliases.get(form, form)

    def _close(self, number: int) -> ClosedBucket:
        """Test the counts of a bucket, and add them to the past."""
        counts = self.open.pop(number).count(self._form_of)
        start = number * self.options.bucket
        hour = start // UNITS["h"] % 24
        elapsed = 0 if self.last_bucket is None else number - self.last_bucket
        self.past.age(elapsed)
        test = self._test(counts, start, hour, elapsed)
        rows = [test.row(form, self.past) for form in self._described(counts, test)]
        rows.sort(key=lambda row: (-row["ratio_interval"][0], row["key"]))
        self._remember(counts, test, hour)
        self.last_bucket = number
        self.tally.n_buckets += 1
        self.tally.n_alarms += int(test.alarms.sum())
        return ClosedBucket(
            start, counts.n_tweets, rows, counts.forms, counts.authors, test.expected, test.size
        )

    def _test(self, counts: Counts, start: int, hour: int, elapsed: int) -> "Test":
        """Compare the counts of a bucket with the predictions, and calibrate these."""
        past = self.past
        rows = past.admit(counts.forms)
        if self.first_bucket is None:
            self.first_bucket = start
        authors = np.zeros(len(past.rows), dtype=np.int64)  # (tracked,)
        authors[rows] = counts.authors
        kappa = self.dispersion.kappa
        if past.n_tweets == 0:  # nothing is known yet, so nothing is tested
            expected, strength = authors + 1.0, np.full(len(authors), 0.5)
            q = p = np.ones(len(authors))
        else:
            seasonal = start - self.first_bucket >= SEASONAL_AFTER
            expected, strength = past.predict(counts.n_tweets, hour, seasonal=seasonal)
            size = size_of(kappa, strength)
            p = np.ones(len(authors))
            p[rows] = tail_probability(counts.authors, expected[rows], size[rows])
            tested = np.ones(len(authors), dtype=bool)
            tested[[past.rows[form] for form in self.ignored if form in past.rows]] = False
            q = np.ones(len(authors))
            q[tested] = adjusted(p[tested])
        alarms = (q <= self.options.fdr) & (authors >= self.options.min_authors)
        if past.n_tweets:
            quiet = ~alarms
            weight = past.decay(CALIBRATION_HALF_LIFE, elapsed)
            self.dispersion.add(authors[quiet], expected[quiet], strength[quiet], decay=weight)
        onset = np.where(past.alarms == NO_ALARM, start, past.alarms)
        past.columns[3] = np.where(alarms, onset, NO_ALARM)
        return Test(
            counts,
            start,
            start + self.options.bucket,
            kappa,
            rows,
            p=p[rows],
            q=q[rows],
            expected=expected[rows],
            strength=strength[rows],
            alarms=alarms[rows],
        )

    def _described(self, counts: Counts, test: "Test") -> list[int]:
        forms = np.arange(len(counts.forms)) if self.describe_all else np.flatnonzero(test.alarms)
        return [int(form) for form in forms]

    def _remember(self, counts: Counts, test: "Test", hour: int) -> None:
        past = self.past
        usual_at_most = np.where(test.alarms, 2 * test.expected + 1, np.inf)
        authors = np.minimum(counts.authors, usual_at_most)
        past.add(test.rows, authors, counts.mentions, counts.score_sums, hour)
        scores = counts.scores
        past.scores += [len(scores), scores.sum(), (scores**2).sum()]
        past.n_tweets += counts.n_tweets
        past.n_tweets_hourly[hour] += counts.n_tweets
        past.drop_weakest()


@dataclass(frozen=True)
class Test:
    """The tested counts of a bucket; arrays have one value for each form of `counts`.

    Attributes:
        counts: the counts.
        start: start of the bucket in milliseconds.
        end: its end.
        kappa: over-dispersion of the predictions.
        rows: rows of the forms in the past.
        p: probability of so many authors by chance.
        q: the same, corrected for all entities of the bucket.
        expected: expected authors.
        strength: mentions of the past that the expectation rests on.
        alarms: whether the entity is in alarm.
    """

    counts: Counts
    start: int
    end: int
    kappa: float
    rows: Ints
    p: Floats
    q: Floats
    expected: Floats
    strength: Floats
    alarms: np.ndarray[Any, np.dtype[np.bool_]]

    @property
    def size(self) -> Floats:
        """Size of the negative binomial distributions: (forms,)."""
        return size_of(self.kappa, self.strength)

    def row(self, form: int, past: Past) -> dict[str, Any]:
        """Return the description of one form, as it is written to the output."""
        authors, expected = int(self.counts.authors[form]), float(self.expected[form])
        ratio, low, high = ratio_interval(authors, expected, float(self.strength[form]), self.kappa)
        scores = self.counts.scores_of(form)
        n_true, true_low, true_high = true_mentions(scores)
        onset = past.alarms[self.rows[form]]
        described = self.counts.describe(form)
        return {
            "entity": described["entity"],
            "key": self.counts.forms[form],
            "types": described["types"],
            "start": format_time(self.start),
            "end": format_time(self.end),
            "status": "final",
            "alarm": bool(self.alarms[form]),
            "authors": authors,
            "expected": _rounded(expected),
            "ratio": _rounded(ratio),
            "ratio_interval": [_rounded(low), _rounded(high)],
            "p": _rounded(float(self.p[form])),
            "q": _rounded(float(self.q[form])),
            "mentions": {
                "n": len(scores),
                "true": round(n_true, 2),
                "interval": [true_low, true_high],
                "mean_score": round(float(scores.mean()), 4),
            },
            "new": bool(past.columns[1, self.rows[form]] == 0),
            "onset": None if onset == NO_ALARM else format_time(int(onset)),
            "forms": described["forms"],
            "examples": described["examples"],
            "doubtful": is_doubtful(scores, past.columns[1:3, self.rows[form]], past.scores),
        }


def is_doubtful(scores: Floats, usual: Floats, overall: Floats) -> bool:
    """Return whether mentions are less certain than usual, by a one-sided z-test at 5%.

    Args:
        scores: the scores of an entity's mentions in the bucket.
        usual: decayed number and sum of its earlier scores; `PRIOR_MENTIONS` of the overall mean
            are added to them.
        overall: decayed number, sum and sum of squares of the earlier scores of all entities.
    """
    n, total, squares = overall
    if n == 0:
        return False
    mean = total / n
    variance = max(squares / n - mean**2, 0.0)
    n_usual = usual[0] + PRIOR_MENTIONS
    usual_mean = (usual[1] + PRIOR_MENTIONS * mean) / n_usual
    error = np.sqrt(variance * (1 / len(scores) + 1 / n_usual))
    return bool(scores.mean() < usual_mean - 1.645 * error)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
