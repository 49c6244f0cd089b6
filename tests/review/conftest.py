"""A small queue that the tests of the review room share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.review import Queue, QueuedTweet, Verdict

FACTS = {"model": "m", "revision": "0123", "types": ["geo-loc", "person"], "precision": 0.7}


def queued(number: int, reason: str = "doubt", audited: int | None = None) -> QueuedTweet:
    """Return the tweet "in NYC now" in which the model found the place."""
    entity = {"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, "score": 0.8}
    return QueuedTweet(
        id=number,
        text="in NYC now",
        words=[(0, 2), (3, 6), (7, 10)],
        entities=[entity],
        doubts=[0.1, 0.9, 0.0],
        certainty=0.8,
        reason=reason,
        audited=audited,
    )


def verdict(
    id_: str | int,
    reviewer: str,
    entities: list[dict[str, Any]] | None,
    key: str = "",
) -> Verdict:
    """Return a decision that took two seconds and three keys; None skips the tweet."""
    return Verdict(
        key=key or f"decision-{id_}-{reviewer}",
        id=id_,
        reviewer=reviewer,
        entities=entities,
        seconds=2.0,
        keystrokes=3,
    )


@pytest.fixture
def new_queue(tmp_path: Path) -> Callable[[int], Queue]:
    """`new_queue(n)`: a queue of n tweets with the ids 0 to n - 1."""

    def make(n_tweets: int) -> Queue:
        return Queue.create(tmp_path / "q.db", FACTS, map(queued, range(n_tweets)))

    return make
