"""Remembers decayed counts of every tracked entity, in one row of an array each."""

from collections.abc import Sequence

import numpy as np

from tweetner.trends.counts import Counts, Floats, Ints
from tweetner.trends.times import UNITS

HOURS = 24
HALF_LIFE = UNITS["d"]
"""After this time, in milliseconds, a mention counts half."""
HOURLY_HALF_LIFE = 7 * UNITS["d"]
"""The same for the counts of an hour of the day."""
NO_ALARM = -1


class Past:
    """The decayed counts of at most `max_forms` entities.

    A count of a bucket k buckets ago has weight delta^k, delta = (1/2)^(bucket / half-life).
    Entities that are not tracked, or no longer, are assumed to have `floor` mentions, the largest
    decayed count that was ever dropped: the bound of Space-Saving (Metwally et al. 2005), decayed.

    Attributes:
        rows: row of every tracked form.
        columns: decayed authors, mentions and sums of scores, and the start in milliseconds of the
            current alarm: (4, rows)
        hourly: decayed authors in each hour of the day: (24, rows)
        n_tweets: decayed number of tweets.
        n_tweets_hourly: the same for each hour of the day: (24,)
        floor: decayed bound of the authors of a form that is not tracked.
        n_dropped: number of forms that were dropped to make room.
        scores: decayed number, sum and sum of squares of all scores: (3,)
    """

    def __init__(self, max_forms: int, bucket: int) -> None:
        self.max_forms = max_forms
        self.bucket = bucket
        self.rows: dict[str, int] = {}
        self.columns = np.zeros((4, 0))
        self.hourly = np.zeros((HOURS, 0), dtype=np.float32)
        self.n_tweets = 0.0
        self.n_tweets_hourly = np.zeros(HOURS)
        self.floor = 0.0
        self.n_dropped = 0
        self.scores = np.zeros(3)

    @property
    def authors(self) -> Floats:
        """Decayed number of distinct authors: (rows,)."""
        column: Floats = self.columns[0]
        return column

    @property
    def alarms(self) -> Floats:
        """Start of each entity's current alarm, or `NO_ALARM`: (rows,)."""
        column: Floats = self.columns[3]
        return column

    def admit(self, forms: Sequence[str]) -> Ints:
        """Return the row of each form; new ones get rows with `floor` authors."""
        new = [form for form in forms if form not in self.rows]
        for form in new:
            self.rows[form] = len(self.rows)
        added = np.zeros((len(self.columns), len(new)))
        added[0] = self.floor
        added[3] = NO_ALARM
        self.columns = np.hstack([self.columns, added])
        hourly = np.zeros((HOURS, len(new)), dtype=np.float32)
        self.hourly = np.hstack([self.hourly, hourly])
        return np.array([self.rows[form] for form in forms], dtype=np.int64)

    def predict(self, n_tweets: int, time: int, *, seasonal: bool) -> tuple[Floats, Floats]:
        """Return each entity's expected authors in a bucket, and the strength of the prediction.

        The mean is n (1/2 + C) / N for C decayed authors in N decayed tweets. As weights delta^k
        have a sum of squares of only 1 / (1 + delta) of their sum, C stands for (1 + delta) C
        mentions. In a seasonal prediction, the same hour of earlier days gives a second mean, and
        the larger one is taken (Gnip's cycle correction, on the safe side). Without a past, the
        means are not numbers.
        """
        hour = hour_of(time)
        rate = n_tweets / self.n_tweets if self.n_tweets else np.nan
        expected = rate * (0.5 + self.authors)
        strength = 0.5 + (1 + self.decay(HALF_LIFE)) * self.authors
        if seasonal and self.n_tweets_hourly[hour] > 0:
            authors = 0.5 + self.hourly[hour].astype(np.float64)
            of_hour = n_tweets * authors / self.n_tweets_hourly[hour]
            larger = of_hour > expected
            expected = np.where(larger, of_hour, expected)
            strength = np.where(larger, authors, strength)
        return expected, strength

    def decay(self, half_life: int, n_buckets: int = 1) -> float:
        """Return the weight that is left after some buckets."""
        return float(0.5 ** (n_buckets * self.bucket / half_life))

    def age(self, n_buckets: int) -> None:
        """Let time pass."""
        weight = self.decay(HALF_LIFE, n_buckets)
        self.columns[:3] *= weight
        self.n_tweets *= weight
        self.scores *= weight
        self.floor *= weight
        hourly_weight = self.decay(HOURLY_HALF_LIFE, n_buckets)
        self.hourly *= np.float32(hourly_weight)
        self.n_tweets_hourly *= hourly_weight

    def add(self, time: int, counts: Counts, authors: Floats, rows: Ints) -> None:
        """Add the counts of a bucket, with `authors` in place of its authors."""
        hour = hour_of(time)
        self.columns[:3, rows] += np.vstack([authors, counts.mentions, counts.score_sums])
        self.hourly[hour, rows] += authors.astype(np.float32)
        self.n_tweets += counts.n_tweets
        self.n_tweets_hourly[hour] += counts.n_tweets
        scores = counts.scores
        self.scores += [len(scores), scores.sum(), (scores**2).sum()]

    def drop_weakest(self) -> None:
        """Drop the forms with the fewest authors if there are too many, until a tenth is free."""
        if len(self.rows) <= self.max_forms:
            return
        by_authors = np.argsort(-self.authors, kind="stable")
        n_kept = self.max_forms - self.max_forms // 10
        kept, dropped = np.sort(by_authors[:n_kept]), by_authors[n_kept:]
        self.floor = max(self.floor, float(self.authors[dropped[0]]))
        self.n_dropped += len(dropped)
        forms = list(self.rows)
        self.rows = {forms[row]: number for number, row in enumerate(kept)}
        self.columns = self.columns[:, kept]
        self.hourly = self.hourly[:, kept]


def hour_of(time: int) -> int:
    """Return the hour of the day in UTC."""
    return time // UNITS["h"] % HOURS
