"""Counts a stream of tagged tweets in buckets of event time, in any order within the lateness."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tweetner.trends.counts import Bucket
from tweetner.trends.detector import ClosedBucket, Detector
from tweetner.trends.forms import normal_form
from tweetner.trends.options import TrendOptions
from tweetner.trends.records import Tweet, read_tweet
from tweetner.trends.times import UNITS, format_time

MAX_AHEAD = UNITS["d"]
"""A tweet further ahead of the stream than this has a wrong clock."""
N_AHEAD = 20
"""If so many tweets in a row are ahead, the stream has jumped, and their clocks are right."""
MAX_ERRORS_TOLD = 5


@dataclass
class Tally:
    """Counts of what became of the records so far; `errors` are the first reasons."""

    n_records: int = 0
    n_errors: int = 0
    n_late: int = 0
    n_without_author: int = 0
    n_buckets: int = 0
    n_alarms: int = 0
    errors: list[str] = field(default_factory=list)

    def add_error(self, reason: str) -> None:
        """Count a record that is an error."""
        self.n_errors += 1
        if len(self.errors) < MAX_ERRORS_TOLD:
            self.errors.append(reason)


class TrendTracker:
    """Finds the entities that rise more than by chance; see `Detector` for the test.

    A bucket closes, once and for all, when a tweet arrives that is newer than its end by the
    lateness or more. A tweet of a closed bucket is late: it is counted as late and nowhere else.

    Args:
        options: What to count.
        aliases: The normal form that another normal form counts as.
        ignored: Normal forms that are counted and never alarm.
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
        self.detector = Detector(self.options, ignored=ignored, describe_all=describe_all)
        self.tally = Tally()
        self.open: dict[int, Bucket] = {}
        self.held: list[Tweet] = []
        self.newest: int | None = None

    def update(self, records: Iterable[Mapping[str, Any]]) -> Iterator[ClosedBucket]:
        """Count records in the order of arrival, and yield each bucket that they close.

        Whenever a bucket is yielded, the tracker has counted all records so far and can be saved.
        """
        tally, options = self.tally, self.options
        yield from self._close_due()
        for record in records:
            tally.n_records += 1
            try:
                tweet = read_tweet(record, tally.n_records, options.time, options.author)
            except ValueError as error:
                tally.add_error(str(error))
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
        for place, tweet in enumerate(held):
            if place and self.newest is not None and tweet.time > self.newest + MAX_AHEAD:
                self.held.append(tweet)
            else:
                self._count(tweet)

    def _drop_held(self) -> None:
        for tweet in self.held:
            time = format_time(tweet.time)
            self.tally.add_error(f"tweet {tweet.id}: its time {time} is ahead of the stream")
        self.held = []

    def _count(self, tweet: Tweet) -> None:
        number = tweet.time // self.options.bucket
        if self.newest is not None and number < self._first_open(self.newest):
            self.tally.n_late += 1
            return
        self.newest = tweet.time if self.newest is None else max(self.newest, tweet.time)
        self.tally.n_without_author += tweet.author is None
        self.open.setdefault(number, Bucket()).add(tweet)

    def _first_open(self, newest: int) -> int:
        """Return the number of the first bucket that is not final."""
        first_open = (newest - self.options.lateness) // self.options.bucket
        last = self.detector.last
        return first_open if last is None else max(first_open, last + 1)

    def _close_due(self) -> Iterator[ClosedBucket]:
        if self.newest is None:
            return
        first_open = self._first_open(self.newest)
        while self.open and min(self.open) < first_open:
            yield self._close(min(self.open))

    def _close(self, number: int) -> ClosedBucket:
        closed = self.detector.close(number, self.open.pop(number).count(self._form_of))
        self.tally.n_buckets += 1
        self.tally.n_alarms += int(closed.alarms.sum())
        return closed

    def _form_of(self, name: str) -> str:
        form = normal_form(name)
        return self.aliases.get(form, form)
