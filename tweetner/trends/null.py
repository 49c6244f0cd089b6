"""The false alarms of a stream's own shuffles, in which nothing can rise."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tweetner.trends.counts import Bucket
from tweetner.trends.records import Tweet, read_tweet
from tweetner.trends.times import UNITS
from tweetner.trends.tracker import TrendTracker


def shuffled_alarms_a_day(
    records: Iterable[Mapping[str, Any]], tracker: TrendTracker, n: int, *, seed: int = 0
) -> list[float]:
    """Return the alarms a day in `n` shuffles of a stream's tweets over its times.

    The times stay, and so do the sizes of the buckets; real trends are spread over the stream.

    Args:
        records: The records; those that are errors are left out. All are kept in memory.
        tracker: A tracker whose options, aliases and ignored forms are used.
        n: Number of shuffles.
        seed: Of the random numbers.
    """
    tweets = []
    for number, record in enumerate(records, start=1):
        try:
            tweets.append(read_tweet(record, number, tracker.options.time, tracker.options.author))
        except ValueError:
            continue
    if not tweets:
        return [0.0] * n
    times = np.array([tweet.time for tweet in tweets])
    days = max((times.max() - times.min()) / UNITS["d"], tracker.options.bucket / UNITS["d"])
    draw = np.random.default_rng(seed)
    return [_count_alarms(tweets, draw.permutation(times), tracker) / days for _ in range(n)]


def _count_alarms(tweets: list[Tweet], times: "np.ndarray[Any, Any]", tracker: TrendTracker) -> int:
    fresh = TrendTracker(tracker.options, aliases=tracker.aliases, ignored=tracker.detector.ignored)
    buckets: dict[int, Bucket] = {}
    for tweet, time in zip(tweets, times.tolist(), strict=True):
        number = time // tracker.options.bucket
        buckets.setdefault(number, Bucket()).add(tweet._replace(time=time))
    fresh.open = buckets
    fresh.newest = int(times.max())
    for _ in fresh.finish():
        pass
    return fresh.tally.n_alarms
