"""The review queue: waiting tweets, and every decision about them, in one SQLite file.

Decisions are only ever added: undoing one adds a row that names it. The state of a tweet is its
last decision that was not undone. A lease keeps two reviewers from reading the same tweet at the
same time.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1
LEASE_SECONDS = 300

SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tweets (
    id TEXT PRIMARY KEY,             -- the tweet's id as JSON
    text TEXT,                       -- NULL once the tweet was forgotten
    words TEXT,                      -- [[start, end], ...] in code points
    doubts TEXT,                     -- for each word the probability that it belongs to an entity
    entities TEXT,                   -- the model's answer
    model TEXT, revision TEXT,
    reason TEXT NOT NULL,            -- audit, trend, doubt or accepted
    audited INTEGER,                 -- of an audited tweet, the index of the audited entity
    blind INTEGER NOT NULL,          -- whether the reviewer sees no predictions
    rank INTEGER NOT NULL,           -- place in the queue, lowest first
    done INTEGER NOT NULL DEFAULT 0, -- left the queue: decided, skipped, accepted
    reviewer TEXT,                   -- who holds the lease
    leased_until REAL NOT NULL DEFAULT 0
);
CREATE INDEX waiting ON tweets (done, rank);
CREATE INDEX by_reason ON tweets (reason);
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE NOT NULL,        -- chosen by the page: sent twice, it counts once
    tweet TEXT NOT NULL,
    kind TEXT NOT NULL,              -- decide, skip or undo
    undoes INTEGER,                  -- the number of the decision that an undo takes back
    reviewer TEXT NOT NULL, at TEXT NOT NULL,
    before TEXT, after TEXT,         -- entities shown and entities confirmed
    seconds REAL, keystrokes INTEGER, blind INTEGER
);
CREATE INDEX by_tweet ON decisions (tweet);
"""

STANDING = """
    SELECT d.* FROM decisions d WHERE d.kind != 'undo'
    AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.tweet = d.tweet AND u.undoes = d.number)
"""
"""Decisions that were not undone."""

Entities = list[dict[str, Any]]
"""`{"type", "text", "start", "end", "score"}` each, as a tagger gives them."""


@dataclass(frozen=True)
class QueuedTweet:
    """One tweet of the queue.

    Attributes:
        id: The tweet's id.
        text: The text that offsets count.
        words: Start and end of each word, in code points.
        doubts: For each word the model's probability that it belongs to an entity.
        entities: The model's answer.
        reason: Why it is here: `audit`, `trend`, `doubt`, or `accepted` (unread).
        audited: Of an audited tweet, the index of the audited entity.
        blind: Whether the reviewer sees no predictions.
    """

    id: str | int
    text: str
    words: Sequence[tuple[int, int]]
    doubts: Sequence[float]
    entities: Entities
    reason: str
    audited: int | None = None
    blind: bool = False


@dataclass(frozen=True)
class Effort:
    """The cost of a decision, as the page counts it."""

    seconds: float
    keystrokes: int


@dataclass(frozen=True)
class Progress:
    """The progress of a review; means are over decided tweets, 0 without any."""

    waiting: int
    decided: int
    skipped: int
    accepted: int
    seconds: float
    keystrokes: float


class Queue:
    """A queue in a SQLite file that processes and threads can share: every call is a transaction.

    Raises:
        ValueError: The file is missing, or it is not a review queue of this version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise ValueError(f"{path}: there is no such queue; `tweetner review fill` makes one")
        try:
            self.facts = self._read_facts()
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path}: expected a review queue, got {error}") from None
        version = self.facts.get("schema")
        if version != SCHEMA_VERSION:
            raise ValueError(f"{path}: expected a queue of version {SCHEMA_VERSION}, got {version}")

    @classmethod
    def create(cls, path: str | Path, facts: Mapping[str, Any]) -> "Queue":
        """Make an empty queue, readable by its owner only, with facts about the model.

        Raises:
            ValueError: The file is there already.
        """
        path = Path(path)
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            raise ValueError(f"{path}: is there already; a queue is filled once") from None
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(SCHEMA)
            rows = {**facts, "schema": SCHEMA_VERSION}.items()
            database.executemany(
                "INSERT INTO facts VALUES (?, ?)",
                [(name, json.dumps(value)) for name, value in rows],
            )
        database.close()
        return cls(path)

    def add(self, tweets: Iterable[QueuedTweet]) -> None:
        """Append tweets in the order in which they are to be read.

        Raises:
            ValueError: An id is there already.
        """
        with self._transaction() as database:
            first = database.execute("SELECT COUNT(*) FROM tweets").fetchone()[0]
            for rank, tweet in enumerate(tweets, start=first):
                try:
                    database.execute(
                        "INSERT INTO tweets (id, text, words, doubts, entities, model, revision,"
                        " reason, audited, blind, rank, done) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                        self._row(tweet, rank),
                    )
                except sqlite3.IntegrityError:
                    raise ValueError(f"expected each id once, got {tweet.id!r} twice") from None

    def _row(self, tweet: QueuedTweet, rank: int) -> tuple[Any, ...]:
        return (
            json.dumps(tweet.id),
            tweet.text,
            json.dumps(tweet.words),
            json.dumps([round(doubt, 4) for doubt in tweet.doubts]),
            json.dumps(tweet.entities),
            self.facts.get("model"),
            self.facts.get("revision"),
            tweet.reason,
            tweet.audited,
            tweet.blind,
            rank,
            tweet.reason == "accepted",
        )

    def next(self, reviewer: str) -> QueuedTweet | None:
        """Lease the next tweet to a reviewer: the one that they hold, else the first free one."""
        now = time.time()
        with self._transaction(durable=False) as database:
            row = database.execute(
                "SELECT * FROM tweets WHERE done = 0 AND text IS NOT NULL"
                " AND (leased_until < ? OR reviewer = ?)"
                " ORDER BY rank LIMIT 1",
                (now, reviewer),
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "UPDATE tweets SET reviewer = ?, leased_until = ? WHERE id = ?",
                (reviewer, now + LEASE_SECONDS, row["id"]),
            )
        return _tweet_of(row)

    def decide(
        self, id_: str | int, reviewer: str, entities: Entities, effort: Effort, *, key: str
    ) -> None:
        """Record that the given entities are all entities of a tweet.

        Args:
            id_: The tweet's id.
            reviewer: Who decided.
            entities: The confirmed entities, offsets in code points.
            effort: What it cost.
            key: Unique for this decision; a second call with the same key changes nothing.

        Raises:
            ValueError: There is no such tweet, another reviewer holds it, it has left the queue, or
                an entity is not inside the text or of an unknown type.
        """
        self._record("decide", id_, reviewer, effort, key=key, entities=entities)

    def skip(self, id_: str | int, reviewer: str, effort: Effort, *, key: str) -> None:
        """Take a tweet out of the queue without a decision; raises as `decide` does."""
        self._record("skip", id_, reviewer, effort, key=key, entities=None)

    def undo(self, reviewer: str, *, key: str) -> QueuedTweet | None:
        """Take back a reviewer's last decision or skip, and lease its tweet to them again."""
        with self._transaction() as database:
            last = database.execute(
                f"{STANDING} AND d.reviewer = ? ORDER BY d.number DESC LIMIT 1", (reviewer,)
            ).fetchone()
            if last is None:
                return None
            added = database.execute(
                "INSERT OR IGNORE INTO decisions (key, tweet, kind, undoes, reviewer, at)"
                " VALUES (?, ?, 'undo', ?, ?, ?)",
                (key, last["tweet"], last["number"], reviewer, _now()),
            )
            if not added.rowcount:
                return None
            database.execute(
                "UPDATE tweets SET done = 0, reviewer = ?, leased_until = ? WHERE id = ?",
                (reviewer, time.time() + LEASE_SECONDS, last["tweet"]),
            )
            row = database.execute("SELECT * FROM tweets WHERE id = ?", (last["tweet"],)).fetchone()
        return _tweet_of(row)

    def forget(self, id_: str | int) -> None:
        """Delete a tweet's text, answers and decisions; a row with its id stays as a tombstone.

        Raises:
            ValueError: There is no such tweet.
        """
        key = json.dumps(id_)
        with self._transaction() as database:
            database.execute("PRAGMA secure_delete = ON")
            changed = database.execute(
                "UPDATE tweets SET text = NULL, words = NULL, doubts = NULL, entities = NULL,"
                " done = 1, reviewer = NULL WHERE id = ?",
                (key,),
            )
            if not changed.rowcount:
                raise ValueError(f"{self.path}: there is no tweet {id_!r}")
            database.execute("DELETE FROM decisions WHERE tweet = ?", (key,))
        with self._connection() as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def has(self, id_: str | int) -> bool:
        """Return whether a tweet is in the queue and was not forgotten."""
        query = "SELECT 1 FROM tweets WHERE id = ? AND text IS NOT NULL"
        with self._connection() as database:
            return database.execute(query, (json.dumps(id_),)).fetchone() is not None

    def progress(self) -> Progress:
        """Count the tweets by state, and average what decisions cost."""
        with self._connection() as database:
            count = "SELECT COUNT(*) FROM tweets WHERE"
            (waiting,) = database.execute(f"{count} done = 0").fetchone()
            (accepted,) = database.execute(f"{count} reason = 'accepted'").fetchone()
            counts = database.execute(
                f"SELECT kind, COUNT(*), AVG(seconds), AVG(keystrokes) FROM ({STANDING})"
                " GROUP BY kind"
            ).fetchall()
        by_kind = {row[0]: row[1:] for row in counts}
        decided, seconds, keystrokes = by_kind.get("decide", (0, 0.0, 0.0))
        skipped = by_kind.get("skip", (0,))[0]
        return Progress(waiting, decided, skipped, accepted, seconds or 0.0, keystrokes or 0.0)

    def decisions(self) -> Iterator[dict[str, Any]]:
        """Yield the standing decision of each decided tweet, as `tweetner.corpus` reads it."""
        with self._connection() as database:
            rows = database.execute(
                f"SELECT s.*, t.text, t.words, t.model, t.revision FROM ({STANDING}) s"
                " JOIN tweets t ON t.id = s.tweet WHERE s.kind = 'decide' ORDER BY s.number"
            )
            for row in rows:
                yield _record_of(row)

    def audited(self) -> list[bool]:
        """Return whether each audited entity was confirmed, in the order of the decisions."""
        with self._connection() as database:
            rows = database.execute(
                f"SELECT s.after, t.entities, t.audited FROM ({STANDING}) s"
                " JOIN tweets t ON t.id = s.tweet"
                " WHERE s.kind = 'decide' AND t.audited IS NOT NULL ORDER BY s.number"
            ).fetchall()
        found = []
        for after, entities, audited in rows:
            confirmed = {_span(entity) for entity in json.loads(after)}
            found.append(_span(json.loads(entities)[audited]) in confirmed)
        return found

    def _record(
        self,
        kind: str,
        id_: str | int,
        reviewer: str,
        effort: Effort,
        *,
        key: str,
        entities: Entities | None,
    ) -> None:
        tweet = json.dumps(id_)
        with self._transaction() as database:
            if database.execute("SELECT 1 FROM decisions WHERE key = ?", (key,)).fetchone():
                return
            row = database.execute("SELECT * FROM tweets WHERE id = ?", (tweet,)).fetchone()
            self._check(row, id_, reviewer, entities)
            database.execute(
                "INSERT INTO decisions (key, tweet, kind, reviewer, at, before, after, seconds,"
                " keystrokes, blind) VALUES (?,?,?,?,?,?,?,?,?,?)",
                (
                    key,
                    tweet,
                    kind,
                    reviewer,
                    _now(),
                    row["entities"],
                    None if entities is None else json.dumps(entities),
                    effort.seconds,
                    effort.keystrokes,
                    row["blind"],
                ),
            )
            database.execute("UPDATE tweets SET done = 1, leased_until = 0 WHERE id = ?", (tweet,))

    def _check(
        self, row: sqlite3.Row | None, id_: str | int, reviewer: str, entities: Entities | None
    ) -> None:
        if row is None or row["text"] is None:
            raise ValueError(f"there is no tweet {id_!r}")
        if row["done"]:
            raise ValueError(f"tweet {id_!r} has been decided already")
        if row["reviewer"] != reviewer and row["leased_until"] > time.time():
            raise ValueError(f"another reviewer reads tweet {id_!r}")
        end_before = 0
        for entity in entities or ():
            if not end_before <= entity["start"] < entity["end"] <= len(row["text"]):
                raise ValueError(
                    f"tweet {id_!r}: expected entities inside the text, in order, without overlap"
                )
            if entity["type"] not in self.facts["types"]:
                raise ValueError(f"tweet {id_!r}: unknown type {entity['type']!r}")
            end_before = entity["end"]

    def _read_facts(self) -> dict[str, Any]:
        with self._connection() as database:
            rows = database.execute("SELECT name, value FROM facts").fetchall()
        return {name: json.loads(value) for name, value in rows}

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        database.row_factory = sqlite3.Row
        try:
            yield database
        finally:
            database.close()

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Hold the write lock from the start: what is read stays true until it is written.

        Only a durable transaction survives a power cut; every one survives a killed process.
        """
        with self._connection() as database:
            if not durable:
                database.execute("PRAGMA synchronous = NORMAL")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _tweet_of(row: sqlite3.Row) -> QueuedTweet:
    return QueuedTweet(
        json.loads(row["id"]),
        row["text"],
        [tuple(word) for word in json.loads(row["words"])],
        json.loads(row["doubts"]),
        json.loads(row["entities"]),
        row["reason"],
        row["audited"],
        bool(row["blind"]),
    )


def _record_of(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": json.loads(row["tweet"]),
        "text": row["text"],
        "words": json.loads(row["words"]),
        "entities": json.loads(row["after"]),
        "reviewer": row["reviewer"],
        "at": row["at"],
        "before": json.loads(row["before"]),
        "seconds": row["seconds"],
        "keystrokes": row["keystrokes"],
        "blind": bool(row["blind"]),
        "model": row["model"],
        "revision": row["revision"],
    }


def _span(entity: Mapping[str, Any]) -> tuple[str, int, int]:
    return entity["type"], entity["start"], entity["end"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
