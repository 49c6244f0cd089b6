"""A small queue that the tests of the review room share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tweetner.review import Queue, QueuedTweet

FACTS = {"model": "m", "revision": "0123", "types": ["geo-loc", "person"], "precision": 0.7}


def queued(number: int, reason: str = "doubt", audited: int | None = None) -> QueuedTweet:
    """Return the tweet "in NYC now" in which the model found the place."""
    entity = {"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, "score": 0.8}
    words = [(0, 2), (3, 6), (7, 10)]
    return QueuedTweet(
        number, "in NYC now", words, [0.1, 0.9, 0.0], [entity], reason, audited=audited
    )


@pytest.fixture
def new_queue(tmp_path: Path) -> Callable[[int], Queue]:
    """`new_queue(n)`: a queue of n tweets with the ids 0 to n - 1."""

    def make(n_tweets: int) -> Queue:
        queue = Queue.create(tmp_path / "q.db", FACTS)
        queue.add(queued(number) for number in range(n_tweets))
        return queue

    return make
