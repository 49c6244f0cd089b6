"""Read a queue: its progress, its decisions as records, and its audited entities."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from sqlite3 import Row
from typing import Any

from tweetner.review.queue import Queue

Span = tuple[str, int, int]

DECIDED = """
SELECT s.*, t.tweet AS queued FROM standing s JOIN tweets t ON t.id = s.tweet
WHERE s.kind = 'decide' {more} ORDER BY s.number
"""

PROGRESS = """
SELECT
    (SELECT COUNT(*) FROM tweets WHERE readings > 0) AS waiting,
    (SELECT COUNT(*) FROM tweets WHERE reason = 'accepted') AS accepted,
    COUNT(*) FILTER (WHERE kind = 'decide') AS decided,
    COUNT(*) FILTER (WHERE kind = 'skip') AS skipped,
    COALESCE(AVG(seconds) FILTER (WHERE kind = 'decide'), 0.0) AS seconds,
    COALESCE(AVG(keystrokes) FILTER (WHERE kind = 'decide'), 0.0) AS keystrokes
FROM standing
"""


@dataclass(frozen=True)
class Progress:
    """The progress of a review; seconds and keystrokes are means over decisions, 0 without any."""

    waiting: int
    accepted: int
    decided: int
    skipped: int
    seconds: float
    keystrokes: float


def progress_of(queue: Queue) -> Progress:
    """Count the tweets and decisions by state, and average what decisions cost."""
    (row,) = queue.rows(PROGRESS)
    return Progress(*row)


def decisions_of(queue: Queue) -> Iterator[dict[str, Any]]:
    """Yield each reviewer's last decision on each tweet, as records that `tweetner.corpus` reads.

    They come in the order of time, so that the last one on a tweet is its state.
    """
    rows: dict[tuple[str, str], Row] = {}
    for row in queue.rows(DECIDED.format(more="")):
        rows.pop((row["tweet"], row["reviewer"]), None)  # an older decision of the same reviewer
        rows[row["tweet"], row["reviewer"]] = row
    for row in rows.values():
        tweet = json.loads(row["queued"])
        record = {name: tweet[name] for name in ("id", "text", "words")}
        record["entities"] = json.loads(row["entities"])
        record |= {name: row[name] for name in ("reviewer", "at", "seconds", "keystrokes")}
        record |= {name: queue.facts.get(name) for name in ("model", "revision")}
        yield record | {"before": tweet["entities"], "blind": bool(row["blind"])}


def audited_entities(queue: Queue) -> list[bool]:
    """Return whether each audited entity was confirmed, in the order of the decisions."""
    found = []
    for row in queue.rows(DECIDED.format(more="AND t.reason = 'audit'")):
        tweet = json.loads(row["queued"])
        confirmed = {_span(entity) for entity in json.loads(row["entities"])}
        found.append(_span(tweet["entities"][tweet["audited"]]) in confirmed)
    return found


@dataclass(frozen=True)
class Agreement:
    """The agreement of two reviewers: entity F1 of one against the other, on what both decided."""

    reviewers: tuple[str, str]
    tweets: int
    f1: float

    def __str__(self) -> str:
        """Return the agreement as a sentence."""
        pair = " and ".join(self.reviewers)
        return f"{pair} agree with entity F1 {100 * self.f1:.1f} on {self.tweets:,} tweets"


def agreements_of(queue: Queue) -> list[Agreement]:
    """Return the agreement of each pair of reviewers who decided on the same tweets.

    Entity F1 is the usual measure: kappa would need the number of non-entities, which is not
    defined (Hripcsak & Rothschild 2005).
    """
    spans: dict[str, dict[object, set[Span]]] = {}
    for record in decisions_of(queue):
        found = set(map(_span, record["entities"]))
        spans.setdefault(record["reviewer"], {})[record["id"]] = found
    agreements = []
    for first, second in combinations(sorted(spans), 2):
        shared = spans[first].keys() & spans[second].keys()
        if shared:
            pairs = [(spans[first][id_], spans[second][id_]) for id_ in shared]
            n_common = sum(len(a & b) for a, b in pairs)
            n_both = sum(len(a) + len(b) for a, b in pairs)
            f1 = 2 * n_common / n_both if n_both else 1.0
            agreements.append(Agreement((first, second), len(shared), f1))
    return agreements


def _span(entity: Mapping[str, Any]) -> Span:
    return entity["type"], entity["start"], entity["end"]
