"""Count requests, tweets and batches, and expose the counts in Prometheus' text format."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of the buckets of request times."""

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
"""Upper bounds of the buckets of batch sizes, in tweets."""


class Metrics:
    """The counts of one service since its start."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "tweetner_requests",
            "Requests to /tag, by the status of the answer.",
            ["status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "tweetner_request_seconds",
            "Seconds from the head of a request to /tag to the end of its answer.",
            buckets=SECONDS,
            registry=registry,
        )
        self._tweets = Counter("tweetner_tweets", "Tweets given to the tagger.", registry=registry)
        self._batches = Histogram(
            "tweetner_batch_tweets",
            "Tweets that were tagged together.",
            buckets=BATCH_SIZES,
            registry=registry,
        )
        self._waiting = Gauge(
            "tweetner_waiting_tweets", "Tweets that wait for the tagger.", registry=registry
        )

    def count_request(self, status: int, seconds: float) -> None:
        self._requests.labels(status).inc()
        self._seconds.observe(seconds)

    def count_batch(self, n_tweets: int) -> None:
        self._tweets.inc(n_tweets)
        self._batches.observe(n_tweets)

    def exposition(self, n_waiting: int) -> bytes:
        """Return all metrics as text; `n_waiting` is the number of tweets that wait now."""
        self._waiting.set(n_waiting)
        return generate_latest(self._registry)
