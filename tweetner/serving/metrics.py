"""Counts of the service, in Prometheus' text format."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Histogram:
    """How many values were at most so large.

    Args:
        bounds: Rising; the last bucket, without a bound, takes what is above.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterator[str]:
        """The values of a Prometheus histogram, whose buckets count all that is below their bound."""
        for bound, n in zip([*self._bounds, "+Inf"], accumulate(self._counts), strict=True):
            yield f'{name}_bucket{{le="{bound}"}} {n}'
        yield f"{name}_sum {self._sum:.9g}"
        yield f"{name}_count {sum(self._counts)}"


class Metrics:
    """What happened since the start."""

    def __init__(self) -> None:
        self._requests: Counter[int] = Counter()
        self._seconds = Histogram(
            [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        )
        self._n_tweets = 0
        self._batches = Histogram([1, 2, 4, 8, 16, 32, 64, 128])

    def count_request(self, status: int, seconds: float) -> None:
        self._requests[status] += 1
        self._seconds.observe(seconds)

    def count_batch(self, n_tweets: int) -> None:
        self._n_tweets += n_tweets
        self._batches.observe(n_tweets)

    def exposition(self, n_waiting: int) -> str:
        """All of it as text; `n_waiting` is how many tweets wait now."""
        statuses = sorted(self._requests.items())
        lines = [
            *_head("requests_total", "counter", "Requests to /tag, by the status of the answer."),
            *(f'tweetner_requests_total{{status="{status}"}} {n}' for status, n in statuses),
            *_head(
                "request_seconds",
                "histogram",
                "From the head of a request to /tag to the end of its answer.",
            ),
            *self._seconds.lines("tweetner_request_seconds"),
            *_head("tweets_total", "counter", "Tweets given to the tagger."),
            f"tweetner_tweets_total {self._n_tweets}",
            *_head("batch_tweets", "histogram", "Tweets that were tagged together."),
            *self._batches.lines("tweetner_batch_tweets"),
            *_head("waiting_tweets", "gauge", "Tweets that wait for the tagger."),
            f"tweetner_waiting_tweets {n_waiting}",
        ]
        return "\n".join(lines) + "\n"


def _head(name: str, type_: str, text: str) -> list[str]:
    return [f"# HELP tweetner_{name} {text}", f"# TYPE tweetner_{name} {type_}"]
