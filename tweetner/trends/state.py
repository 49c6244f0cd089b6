"""The state of a tracker on disk: resuming from it equals never having stopped.

A state is one NumPy archive without pickled objects. It holds names of entities, ids of tweets and
authors of the open buckets, counts and scores, and no text of a tweet.
"""

import json
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from tweetner.files import atomic_write
from tweetner.trends.counts import Bucket
from tweetner.trends.detector import ClosedBucket
from tweetner.trends.options import TrendOptions
from tweetner.trends.records import Mention, Tweet
from tweetner.trends.times import format_time
from tweetner.trends.tracker import Tally, TrendTracker

VERSION = "tweetner-trends 2"
N_NEWEST = 48
"""Final buckets with alarms whose descriptions stay in the state."""
PAST_ARRAYS = ("columns", "hourly", "n_tweets_hourly", "scores")
PAST_NUMBERS = ("n_tweets", "floor", "n_dropped")


@dataclass
class Progress:
    """The position in the input and the output, from which a later run continues.

    Attributes:
        n_read: records of the current input that are counted.
        first: hash of its first record.
        last: hash of the last one that is counted.
        n_written: bytes of the output that belong to closed buckets.
        newest: the newest buckets with alarms, the last one first.
    """

    n_read: int = 0
    first: str = ""
    last: str = ""
    n_written: int = 0
    newest: list[dict[str, Any]] = field(default_factory=list)

    def follow(self, records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Pass over the records that are counted, and keep track of the others as they are used.

        An input that begins with another record than the last one did is its continuation.

        Raises:
            ValueError: The input begins as the last one did, and then differs or ends earlier.
        """
        head = next(records, None)
        if head is None:
            return
        if hash_of(head) != self.first:
            self.n_read = 0
            self.first = hash_of(head)
        n_skipped = self.n_read
        for number, record in enumerate(chain([head], records), start=1):
            if number == n_skipped and hash_of(record) != self.last:
                raise ValueError(f"expected the input of the state, got another record {number}")
            if number > n_skipped:
                self.n_read = number
                self.last = hash_of(record)
                yield record
        if self.n_read > number:
            raise ValueError(f"expected the {self.n_read} records of the state, got {number}")

    def add(self, closed: ClosedBucket) -> None:
        """Keep the alarms of a bucket."""
        alarms = [row for row in closed.rows if row["alarm"]]
        if alarms:
            times = {"start": format_time(closed.start), "end": format_time(closed.end)}
            newest = {**times, "n_tweets": closed.counts.n_tweets, "alarms": alarms}
            self.newest = [newest, *self.newest][:N_NEWEST]


def hash_of(record: Mapping[str, Any]) -> str:
    """Return a hash of a record."""
    return sha256(repr(record).encode("utf-8", "backslashreplace")).hexdigest()


def save_state(path: Path, tracker: TrendTracker, progress: Progress) -> None:
    """Write the state of a tracker, whole or not at all."""
    detector = tracker.detector
    past = detector.past
    arrays = {name: getattr(past, name) for name in PAST_ARRAYS}
    arrays |= {"exceeded": detector.dispersion.exceeded}
    header = {
        "version": VERSION,
        "options": asdict(tracker.options),
        "progress": asdict(progress),
        "tally": asdict(tracker.tally),
        "newest": tracker.newest,
        "held": tracker.held,
        "first": detector.first,
        "last": detector.last,
        "n_predictions": detector.dispersion.n,
        "open": [(number, _columns(bucket)) for number, bucket in tracker.open.items()],
    }
    header["past"] = {name: getattr(past, name) for name in PAST_NUMBERS}
    texts = {"header": header, "forms": list(past.rows)}
    with atomic_write(path) as part, part.open("wb") as file:
        np.savez(file, **{name: _encode(value) for name, value in texts.items()}, **arrays)


def load_state(path: Path, tracker: TrendTracker) -> Progress:
    """Fill a fresh tracker with the state of an earlier one.

    Raises:
        ValueError: The file is no state, or one of another version or with other options.
    """
    with open_state(path) as state:
        header = _decode(state["header"])
        if header["options"] != asdict(tracker.options):
            options = TrendOptions(**header["options"])
            raise ValueError(f"{path}: expected a state with the given options, got {options}")
        detector = tracker.detector
        past = detector.past
        past.rows = {form: row for row, form in enumerate(_decode(state["forms"]))}
        for name in PAST_ARRAYS:
            setattr(past, name, state[name])
        for name in PAST_NUMBERS:
            setattr(past, name, header["past"][name])
        detector.dispersion.exceeded = state["exceeded"]
        detector.dispersion.n = header["n_predictions"]
        detector.first, detector.last = header["first"], header["last"]
    tracker.open = {number: _bucket(*columns) for number, columns in header["open"]}
    tracker.newest = header["newest"]
    tracker.tally = Tally(**header["tally"])
    for time, id_, author, held in header["held"]:
        mentions = [Mention(*mention) for mention in held]
        tracker.held.append(Tweet(time, id_, author, mentions))
    return Progress(**header["progress"])


def _columns(bucket: Bucket) -> list[list[Any]]:
    """Return the columns of an open bucket as lists."""
    columns = (getattr(bucket, column.name) for column in fields(bucket))
    return [list(column) for column in columns]


def _bucket(
    tweets: list[Any], kinds: list[Any], mention_tweets: Any, mention_kinds: Any, scores: Any
) -> Bucket:
    """Return the open bucket that `_columns` took apart."""
    return Bucket(
        tweets=dict.fromkeys(map(tuple, tweets)),
        kinds={tuple(kind): place for place, kind in enumerate(kinds)},
        mention_tweets=array("i", mention_tweets),
        mention_kinds=array("i", mention_kinds),
        scores=array("d", scores),
    )


def newest_trends(path: Path, n: int = N_NEWEST) -> list[dict[str, Any]]:
    """Return the newest final buckets with alarms of a state, the last one first.

    Raises:
        ValueError: The file is no state, or one of another version.
    """
    with open_state(path) as state:
        newest: list[dict[str, Any]] = _decode(state["header"])["progress"]["newest"]
    return newest[:n]


@contextmanager
def open_state(path: Path) -> Iterator[Any]:
    """Open a state; only the parts that are used are read.

    Raises:
        ValueError: The file is no state, or one of another version.
    """
    with path.open("rb") as file:
        try:
            state: Any = np.load(file, allow_pickle=False)
            version = _decode(state["header"])["version"]
        except (ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile):
            reason = f"{path}: expected a state of tweetner trends, got another file"
            raise ValueError(reason) from None
        if version != VERSION:
            raise ValueError(f"{path}: expected a state of version {VERSION!r}, got {version!r}")
        yield state


def _encode(value: object) -> Any:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _decode(array_: Any) -> Any:
    return json.loads(array_.tobytes())
