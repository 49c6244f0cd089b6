"""The SQLite file of a review queue: its tables, and transactions on them."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import finalize

from tweetner.files import atomic_write

SCHEMA_VERSION = 2

SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tweets (
    id TEXT PRIMARY KEY,             -- the tweet's id as JSON
    tweet TEXT,                      -- a `QueuedTweet` as JSON; NULL once it was forgotten
    reason TEXT NOT NULL,            -- audit, trend, doubt or accepted
    rank INTEGER NOT NULL,           -- place in the queue, lowest first
    readings INTEGER NOT NULL,       -- how many reviewers are still to read it; 0: left the queue
    reviewer TEXT,                   -- who holds the lease
    leased_until REAL NOT NULL DEFAULT 0
);
CREATE INDEX waiting ON tweets (rank) WHERE readings > 0;
CREATE INDEX held ON tweets (reviewer) WHERE readings > 0 AND reviewer IS NOT NULL;
CREATE INDEX by_reason ON tweets (reason);
CREATE TABLE decisions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE NOT NULL,        -- chosen by the page: sent twice, it counts once
    tweet TEXT NOT NULL,
    kind TEXT NOT NULL,              -- decide, skip or undo
    undoes INTEGER,                  -- the number of the decision that an undo takes back
    reviewer TEXT NOT NULL,
    at TEXT NOT NULL,
    entities TEXT,                   -- confirmed entities as JSON
    seconds REAL, keystrokes INTEGER, blind INTEGER
);
CREATE INDEX by_tweet ON decisions (tweet, reviewer);
CREATE INDEX by_undone ON decisions (undoes) WHERE undoes IS NOT NULL;
CREATE VIEW standing AS              -- decisions and skips that were not undone
    SELECT * FROM decisions d WHERE kind != 'undo'
    AND NOT EXISTS (SELECT 1 FROM decisions u WHERE u.undoes = d.number);
"""


class Database:
    """A queue file that processes and threads can share.

    Attributes:
        path: The file.
        facts: Facts about the queue: model, revision, types, promised precision.

    Raises:
        ValueError: The file is missing, or it is not a review queue of this version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise ValueError(f"{path}: there is no such queue; `tweetner review fill` makes one")
        self._lock = RLock()
        self._connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        finalize(self, self._connection.close)
        self._connection.row_factory = sqlite3.Row
        try:
            rows = self.rows("SELECT * FROM facts")
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path}: expected a review queue, got {error}") from None
        self.facts: dict[str, Any] = {row["name"]: json.loads(row["value"]) for row in rows}
        version = self.facts.get("schema")
        if version != SCHEMA_VERSION:
            raise ValueError(f"{path}: expected a queue of version {SCHEMA_VERSION}, got {version}")

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Hold the write lock from the start: what is read stays true until it is written.

        Only a durable transaction survives a power cut; every one survives a killed process.
        """
        with self._lock:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def create_database(
    path: Path, facts: Mapping[str, Any], tweets: Iterable[Mapping[str, Any]]
) -> None:
    """Write a queue file, whole or not at all, that only its owner may read.

    Args:
        path: The file to make.
        facts: Facts about the queue.
        tweets: Rows of the table `tweets`: `id`, `tweet`, `reason`, `rank`, `readings`.

    Raises:
        ValueError: The file is there already, or an id comes twice.
    """
    if path.exists():
        raise ValueError(f"{path}: is there already; a queue is filled once")
    named = {**facts, "schema": SCHEMA_VERSION}
    with atomic_write(path) as temporary:
        temporary.touch(mode=0o600)
        database = sqlite3.connect(temporary)
        try:
            database.executescript(SCHEMA)
            for name, value in named.items():
                database.execute("INSERT INTO facts VALUES (?, ?)", (name, json.dumps(value)))
            for row in tweets:
                _insert(database, row)
            database.commit()
        finally:
            database.close()


def _insert(database: sqlite3.Connection, row: Mapping[str, Any]) -> None:
    try:
        database.execute(
            "INSERT INTO tweets (id, tweet, reason, rank, readings)"
            " VALUES (:id, :tweet, :reason, :rank, :readings)",
            row,
        )
    except sqlite3.IntegrityError:
        raise ValueError(f"expected each id once, got {row['id']} twice") from None
