"""Read a queue: its progress, its decisions as records, and its audited entities."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tweetner.review.queue import Queue

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
    """Yield the standing decisions, oldest first, as records that `tweetner.corpus` reads."""
    for row in queue.rows(DECIDED.format(more="")):
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


def _span(entity: Mapping[str, Any]) -> tuple[str, int, int]:
    return entity["type"], entity["start"], entity["end"]
