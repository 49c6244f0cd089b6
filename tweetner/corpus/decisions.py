"""Decisions of reviewers, one JSON record each; training, trends and serving read them.

    {"id": 7, "text": "in NYC!", "entities": [{"type": "geo-loc", "start": 3, "end": 6}],
    "reviewer": "ann",
     "at": "2026-11-02T10:00:00Z", "before": [...], "seconds": 2.1, "blind": false, "model": "...",
     "revision": "..."}

A decision confirms a whole tweet: `entities` are all of its entities. Of several decisions on one
tweet the last one counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tweetner.corpus.jsonl import RawTweet, read_records, to_raw_tweet
from tweetner.files import error_place


@dataclass(frozen=True)
class Decision:
    """The decision of a person about one tweet.

    Attributes:
        id: The tweet's id, as in the tagged record.
        tweet: The text with the confirmed entities, in characters.
        reviewer: Who decided.
        at: When, in UTC, ISO 8601.
    """

    id: str | int
    tweet: RawTweet
    reviewer: str
    at: str


def read_decisions(path: str | Path) -> dict[str | int, Decision]:
    """Return the last decision on each tweet of a JSONL file that `tweetner review export` wrote.

    Raises:
        ValueError: A record is not a decision; names the file and the line.
    """
    decisions: dict[str | int, Decision] = {}
    for number, record in read_records(Path(path)):
        with error_place(f"{path}:{number}"):
            decision = _decision_of(record)
        decisions[decision.id] = decision
    return decisions


def corrected(record: dict[str, Any], decisions: Mapping[str | int, Decision]) -> dict[str, Any]:
    """Return a tagged record with the entities that a person confirmed.

    A record that nobody decided on, or whose text is another one, is returned as it is.
    Confirmed entities have the score 1, and the record says `"by": "review"`.
    """
    decision = decisions.get(record.get("id", ""))
    if decision is None or record.get("text", decision.tweet.text) != decision.tweet.text:
        return record
    text = decision.tweet.text
    entities = [
        {
            "type": entity.type,
            "text": text[entity.start : entity.end],
            "start": entity.start,
            "end": entity.end,
            "score": 1.0,
        }
        for entity in decision.tweet.entities
    ]
    return {**record, "entities": entities, "by": "review"}


def _decision_of(record: Mapping[str, Any]) -> Decision:
    tweet = to_raw_tweet(dict(record))
    match record:
        case {"reviewer": str(reviewer), "at": str(at)}:
            return Decision(record["id"], tweet, reviewer, at)
    raise ValueError("expected strings reviewer and at beside id, text and entities")
