"""Tests of the queue: order, leases, decisions that are only added, undo, forgetting."""

import sqlite3
import stat
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.review.conftest import FACTS, queued, verdict
from tweetner.review import Queue, audited_entities, decisions_of, progress_of, schema
from tweetner.review import queue as queues

NYC = {"type": "geo-loc", "start": 3, "end": 6}

NewQueue = Callable[[int], Queue]


def test_tweets_come_in_order_and_only_once(new_queue: NewQueue) -> None:
    queue = new_queue(3)
    seen = []
    while (tweet := queue.next("ann")) is not None:
        seen.append(tweet.id)
        queue.decide(verdict(tweet.id, "ann", [NYC], f"decision-{tweet.id}"))
    assert seen == [0, 1, 2]
    assert progress_of(queue).decided == 3


def test_a_lease_keeps_two_reviewers_apart_and_ends(
    new_queue: NewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = new_queue(2)
    first, second = queue.next("ann"), queue.next("bob")
    assert first is not None and second is not None
    assert (first.id, second.id) == (0, 1)
    assert queue.next("cem") is None
    with pytest.raises(ValueError, match="another reviewer reads tweet 0"):
        queue.decide(verdict(0, "bob", [], "decision-0"))
    later = queues.time.time() + queues.LEASE_SECONDS + 1
    monkeypatch.setattr(queues.time, "time", lambda: later)
    found = queue.next("cem")
    assert found is not None and found.id == 0


def test_a_decision_that_is_sent_twice_counts_once(new_queue: NewQueue) -> None:
    queue = new_queue(1)
    queue.next("ann")
    for _ in range(2):
        queue.decide(verdict(0, "ann", [NYC], "decision-0"))
    assert len(list(decisions_of(queue))) == 1
    with pytest.raises(ValueError, match="tweet 0 has been decided already"):
        queue.decide(verdict(0, "ann", [], "decision-1"))


def test_undo_adds_a_row_and_brings_the_tweet_back(new_queue: NewQueue) -> None:
    queue = new_queue(2)
    queue.next("ann")
    queue.decide(verdict(0, "ann", [], "decision-0"))
    again = queue.undo("ann", key="undo-0001")
    assert again is not None and again.id == 0
    assert list(decisions_of(queue)) == []
    queue.decide(verdict(0, "ann", [NYC], "decision-1"))
    (standing,) = decisions_of(queue)
    assert standing["entities"] == [NYC]
    rows = sqlite3.connect(queue.path).execute("SELECT kind FROM decisions ORDER BY number")
    assert [kind for (kind,) in rows] == ["decide", "undo", "decide"]


def test_nothing_is_left_to_undo(new_queue: NewQueue) -> None:
    assert new_queue(1).undo("ann", key="undo-0001") is None


def test_a_decision_says_who_when_before_and_after(new_queue: NewQueue) -> None:
    queue = new_queue(1)
    queue.next("ann")
    person = {"type": "person", "start": 3, "end": 6}
    queue.decide(verdict(0, "ann", [person], "decision-0"))
    (record,) = decisions_of(queue)
    assert record.pop("at").endswith("Z")
    assert record == {
        "id": 0,
        "text": "in NYC now",
        "words": [[0, 2], [3, 6], [7, 10]],
        "entities": [person],
        "reviewer": "ann",
        "before": queued(0).entities,
        "seconds": 2.0,
        "keystrokes": 3,
        "blind": False,
        "model": "m",
        "revision": "0123",
    }


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ([NYC | {"end": 11}], "expected entities inside the text"),
        ([NYC | {"start": -1}], "expected entities inside the text"),
        ([NYC | {"start": 6}], "expected entities inside the text"),
        ([NYC, NYC], "expected entities inside the text, in order, without overlap"),
        ([NYC | {"type": "film"}], "unknown type 'film'"),
    ],
    ids=["past the end", "before the start", "empty", "overlap", "type"],
)
def test_entities_that_cannot_be_are_refused(
    entities: list[dict[str, object]], message: str, new_queue: NewQueue
) -> None:
    queue = new_queue(1)
    queue.next("ann")
    with pytest.raises(ValueError, match=message):
        queue.decide(verdict(0, "ann", entities, "decision-0"))
    assert list(decisions_of(queue)) == []


def test_a_skipped_tweet_leaves_the_queue_without_a_decision(new_queue: NewQueue) -> None:
    queue = new_queue(2)
    queue.next("ann")
    queue.decide(verdict(0, "ann", None, "skip-0001"))
    progress = progress_of(queue)
    assert (progress.skipped, progress.decided, progress.waiting) == (1, 0, 1)
    assert list(decisions_of(queue)) == []


def test_the_audit_says_whether_the_audited_entity_was_confirmed(tmp_path: Path) -> None:
    queue = Queue.create(
        tmp_path / "q.db", FACTS, [queued(number, "audit", audited=0) for number in range(3)]
    )
    for number, entities in enumerate([[NYC], [], [NYC | {"type": "person"}]]):
        queue.next("ann")
        queue.decide(verdict(number, "ann", entities, f"decision-{number}"))
    assert audited_entities(queue) == [True, False, False]


def test_what_was_accepted_unread_is_counted_and_not_shown(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, [queued(0, "accepted"), queued(1)])
    found = queue.next("ann")
    assert found is not None and found.id == 1
    assert progress_of(queue).accepted == 1


def test_a_forgotten_tweet_leaves_only_its_id_in_the_file(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, [queued(0)])
    queue.next("ann")
    queue.decide(verdict(0, "ann", [NYC], "decision-0"))
    queue.forget(0)
    assert list(decisions_of(queue)) == []
    assert queue.next("ann") is None
    assert b"in NYC now" not in queue.path.read_bytes()
    with pytest.raises(ValueError, match="there is no tweet 7"):
        queue.forget(7)


def test_only_the_owner_may_read_the_file(new_queue: NewQueue) -> None:
    assert stat.S_IMODE(new_queue(1).path.stat().st_mode) == 0o600


def test_a_file_that_is_no_queue_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    with pytest.raises(ValueError, match="there is no such queue"):
        Queue(path)
    path.write_text("not a database at all, whatever its name says")
    with pytest.raises(ValueError, match="expected a review queue"):
        Queue(path)
    with pytest.raises(ValueError, match="is there already"):
        Queue.create(path, FACTS, [])


def test_a_queue_of_another_version_is_refused(
    new_queue: NewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = new_queue(1)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 3)
    with pytest.raises(ValueError, match="expected a queue of version 3, got 2"):
        Queue(queue.path)


def test_an_id_that_comes_twice_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected each id once, got 1 twice"):
        Queue.create(tmp_path / "q.db", FACTS, [queued(1), queued(1)])
    assert list(tmp_path.iterdir()) == []


def test_a_tweet_for_two_reviewers_leaves_the_queue_with_the_second_decision(
    tmp_path: Path,
) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, [replace(queued(0), readings=2), queued(1)])
    for reviewer, expected in (("ann", [0, 1]), ("bob", [0])):
        seen = []
        while (tweet := queue.next(reviewer)) is not None:
            seen.append(tweet.id)
            queue.decide(verdict(tweet.id, reviewer, []))
        assert seen == expected
    assert progress_of(queue).waiting == 0
    assert [record["reviewer"] for record in decisions_of(queue)] == ["ann", "ann", "bob"]


def test_a_reviewer_keeps_the_tweet_that_they_hold(
    new_queue: NewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = new_queue(2)
    started = queues.time.time()
    queue.next("ann")
    monkeypatch.setattr(queues.time, "time", lambda: started + queues.LEASE_SECONDS / 2)
    queue.next("bob")
    monkeypatch.setattr(queues.time, "time", lambda: started + queues.LEASE_SECONDS + 1)
    held = queue.next("bob")  # the lease of an earlier tweet has ended
    assert held is not None and held.id == 1


def test_reviewers_at_the_same_time_lose_and_double_nothing(new_queue: NewQueue) -> None:
    queue = new_queue(60)

    def review(reviewer: str) -> list[int | str]:
        mine = []
        while (tweet := queue.next(reviewer)) is not None:
            queue.decide(verdict(tweet.id, reviewer, [], f"{reviewer}-{tweet.id}-decision"))
            mine.append(tweet.id)
        return mine

    with ThreadPoolExecutor(3) as threads:
        decided = [id_ for ids in threads.map(review, ["ann", "bob", "cem"]) for id_ in ids]
    assert Counter(decided) == dict.fromkeys(range(60), 1)
    assert len(list(decisions_of(queue))) == 60
