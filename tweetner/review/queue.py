"""The review queue: tweets that wait, and decisions that are only ever added.

Undoing a decision adds a row that names it. A reviewer's state of a tweet is their last decision
that was not undone. A lease keeps two reviewers from reading the same tweet at the same time.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from sqlite3 import Connection, Row
from typing import Any

from tweetner.files import error_place
from tweetner.review.schema import Database, create_database

LEASE_SECONDS = 300

Entities = Sequence[Mapping[str, Any]]
"""`{"type", "text", "start", "end", "score"}` each, as a tagger gives them."""


@dataclass(frozen=True, kw_only=True)
class QueuedTweet:
    """One tweet of the queue, with what the model says about it.

    Attributes:
        id: The tweet's id.
        text: The text that offsets count.
        words: Start and end of each word, in code points.
        entities: The model's answer.
        doubts: For each word the probability that it belongs to an entity.
        certainty: Probability of the tag of the least certain word.
        day: Day of the tweet, empty if unknown.
        changed: Whether the model no longer gives these entities.
        reason: Why it is here: `audit`, `trend`, `doubt`, or `accepted` (unread).
        audited: Of an audited tweet, the index of the audited entity.
        blind: Whether the reviewer sees no predictions.
        readings: How many reviewers are to read it.
    """

    id: str | int
    text: str
    words: Sequence[Sequence[int]]
    entities: Entities
    doubts: Sequence[float]
    certainty: float
    day: str = ""
    changed: bool = False
    reason: str = "doubt"
    audited: int | None = None
    blind: bool = False
    readings: int = 1


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A reviewer's decision about a tweet.

    Attributes:
        key: Unique for this decision: sent twice, it counts once.
        id: The tweet's id.
        reviewer: Who decided.
        entities: All entities of the tweet, offsets in code points; None skips the tweet.
        seconds: Time that it took.
        keystrokes: Keys that it took.
        at: When, in UTC, ISO 8601; None for now.
    """

    key: str
    id: str | int
    reviewer: str
    entities: Entities | None
    seconds: float = 0.0
    keystrokes: int = 0
    at: str | None = None


class Queue(Database):
    """A queue in a SQLite file; every call is one transaction."""

    @classmethod
    def create(
        cls, path: str | Path, facts: Mapping[str, Any], tweets: Iterable[QueuedTweet]
    ) -> "Queue":
        """Make a queue of tweets in the order in which they are to be read.

        Raises:
            ValueError: The file is there already, or an id comes twice; nothing is written.
        """
        rows = (_row(tweet, rank) for rank, tweet in enumerate(tweets))
        create_database(Path(path), facts, rows)
        return cls(path)

    def next(self, reviewer: str) -> QueuedTweet | None:
        """Lease the next tweet to a reviewer: the one that they hold, else the first free one."""
        now = time.time()
        with self.transaction(durable=False) as database:
            held = database.execute(
                "SELECT * FROM tweets WHERE readings > 0 AND reviewer = ? AND leased_until >= ?",
                (reviewer, now),
            ).fetchone()
            row = (
                held
                or database.execute(
                    "SELECT * FROM tweets t WHERE readings > 0 AND leased_until < ? AND NOT EXISTS"
                    " (SELECT 1 FROM standing WHERE tweet = t.id AND reviewer = ?)"
                    " ORDER BY rank LIMIT 1",
                    (now, reviewer),
                ).fetchone()
            )
            if row is None:
                return None
            database.execute(
                "UPDATE tweets SET reviewer = ?, leased_until = ? WHERE id = ?",
                (reviewer, now + LEASE_SECONDS, row["id"]),
            )
        return _tweet_of(row)

    def decide(self, verdict: Verdict) -> None:
        """Record a decision or a skip; a second call with the same key changes nothing.

        Raises:
            ValueError: There is no such tweet, another reviewer holds it, it has left the queue, or
                an entity is not inside the text or of an unknown type.
        """
        with self.transaction() as database:
            self._record(database, verdict)

    def take_over(self, verdicts: Iterable[tuple[str, Verdict]]) -> None:
        """Record decisions that were made elsewhere, all or none.

        Args:
            verdicts: The place of each for errors, and the decision; no lease is needed.

        Raises:
            ValueError: See `decide`; the message begins with the place.
        """
        with self.transaction() as database:
            for place, verdict in verdicts:
                with error_place(place):
                    self._record(database, verdict, is_leased=False)

    def _record(self, database: Connection, verdict: Verdict, *, is_leased: bool = True) -> None:
        """Add a decision; it takes back the same reviewer's decision on the tweet, if any."""
        known = database.execute("SELECT 1 FROM decisions WHERE key = ?", (verdict.key,))
        if known.fetchone():
            return
        id_ = json.dumps(verdict.id)
        row = database.execute("SELECT * FROM tweets WHERE id = ?", (id_,)).fetchone()
        tweet = _readable(row, verdict, is_leased=is_leased)
        if verdict.entities is not None:
            _check_entities(tweet, verdict.entities, self.facts["types"])
        values = {
            **asdict(verdict),
            "tweet": id_,
            "kind": "skip" if verdict.entities is None else "decide",
            "at": verdict.at or _now(),
            "entities": json.dumps(verdict.entities),
            "blind": tweet.blind,
        }
        before = database.execute(
            "SELECT * FROM standing WHERE tweet = ? AND reviewer = ?", (id_, verdict.reviewer)
        ).fetchone()
        if before is not None:
            _take_back(database, before, token_hex(16))
        database.execute(
            "INSERT INTO decisions"
            " (key, tweet, kind, reviewer, at, entities, seconds, keystrokes, blind) VALUES"
            " (:key, :tweet, :kind, :reviewer, :at, :entities, :seconds, :keystrokes, :blind)",
            values,
        )
        database.execute(
            "UPDATE tweets SET readings = MAX(readings - ?, 0), leased_until = 0 WHERE id = ?",
            (int(before is None), id_),
        )

    def undo(self, reviewer: str, *, key: str) -> QueuedTweet | None:
        """Take back a reviewer's last decision or skip, and lease its tweet to them again."""
        with self.transaction() as database:
            last = database.execute(
                "SELECT * FROM standing WHERE reviewer = ? ORDER BY number DESC LIMIT 1",
                (reviewer,),
            ).fetchone()
            known = database.execute("SELECT 1 FROM decisions WHERE key = ?", (key,)).fetchone()
            if last is None or known:
                return None
            _take_back(database, last, key)
            database.execute(  # a reviewer holds one tweet at a time
                "UPDATE tweets SET leased_until = 0 WHERE readings > 0 AND reviewer = ?",
                (reviewer,),
            )
            (row,) = database.execute(
                "UPDATE tweets SET readings = readings + 1, reviewer = ?, leased_until = ?"
                " WHERE id = ? RETURNING *",
                (reviewer, time.time() + LEASE_SECONDS, last["tweet"]),
            ).fetchall()
        return _tweet_of(row)

    def forget(self, id_: str | int) -> None:
        """Delete a tweet's text, answers and decisions; a row with its id stays as a tombstone.

        Args:
            id_: The tweet's id; the digits of an integer id will do.

        Raises:
            ValueError: There is no such tweet.
        """
        ids = (json.dumps(id_), str(id_))
        self.rows("PRAGMA secure_delete = ON")
        with self.transaction() as database:
            changed = database.execute(
                "UPDATE tweets SET tweet = NULL, readings = 0, reviewer = NULL"
                " WHERE id IN (?, ?) AND tweet IS NOT NULL",
                ids,
            )
            if not changed.rowcount:
                raise ValueError(f"{self.path}: there is no tweet {id_!r}")
            database.execute("DELETE FROM decisions WHERE tweet IN (?, ?)", ids)
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")


def _take_back(database: Connection, decision: Row, key: str) -> None:
    database.execute(
        "INSERT INTO decisions (key, tweet, kind, undoes, reviewer, at)"
        " VALUES (?, ?, 'undo', ?, ?, ?)",
        (key, decision["tweet"], decision["number"], decision["reviewer"], _now()),
    )


def _row(tweet: QueuedTweet, rank: int) -> dict[str, Any]:
    return {
        "id": json.dumps(tweet.id),
        "tweet": json.dumps(asdict(tweet)),
        "reason": tweet.reason,
        "rank": rank,
        "readings": 0 if tweet.reason == "accepted" else tweet.readings,
    }


def _tweet_of(row: Row) -> QueuedTweet:
    return QueuedTweet(**json.loads(row["tweet"]))


def _readable(row: Row | None, verdict: Verdict, *, is_leased: bool) -> QueuedTweet:
    """Return a tweet that the reviewer may decide on."""
    if row is None or row["tweet"] is None:
        raise ValueError(f"there is no tweet {verdict.id!r}")
    if not is_leased:
        return _tweet_of(row)
    if not row["readings"]:
        raise ValueError(f"tweet {verdict.id!r} has been decided already")
    if row["reviewer"] != verdict.reviewer and row["leased_until"] > time.time():
        raise ValueError(f"another reviewer reads tweet {verdict.id!r}")
    return _tweet_of(row)


def _check_entities(tweet: QueuedTweet, entities: Entities, types: Sequence[str]) -> None:
    place = f"tweet {tweet.id!r}"
    starts = {start for start, _ in tweet.words}
    ends = {end for _, end in tweet.words}
    end_before = 0
    for entity in entities:
        if not end_before <= entity["start"] < entity["end"] <= len(tweet.text):
            raise ValueError(
                f"{place}: expected entities inside the text, in order, without overlap"
            )
        if entity["start"] not in starts or entity["end"] not in ends:
            raise ValueError(f"{place}: expected entities of whole words")
        if entity["type"] not in types:
            raise ValueError(f"{place}: unknown type {entity['type']!r}")
        end_before = entity["end"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
