"""Tests of the reader of decisions, and of what a decision does to a tagged record."""

import json
from pathlib import Path

import pytest

from tweetner.corpus import corrected, read_decisions

RECORD = {
    "id": 7,
    "text": "in NYC!",
    "entities": [{"type": "geo-loc", "start": 3, "end": 6}],
    "reviewer": "ann",
    "at": "2026-11-02T10:00:00.000Z",
}


def write(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_the_last_decision_on_a_tweet_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "d.jsonl", RECORD, RECORD | {"entities": [], "reviewer": "bob"})
    (decision,) = read_decisions(path).values()
    assert (decision.reviewer, decision.tweet.entities) == ("bob", ())


def test_a_decision_replaces_the_entities_of_its_tweet(tmp_path: Path) -> None:
    decisions = read_decisions(write(tmp_path / "d.jsonl", RECORD))
    tagged = {"id": 7, "text": "in NYC!", "created_at": "now", "entities": []}
    assert corrected(tagged, decisions) == {
        "id": 7,
        "text": "in NYC!",
        "created_at": "now",
        "entities": [{"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, "score": 1.0}],
        "by": "review",
    }


@pytest.mark.parametrize(
    "record",
    [{"id": 8, "entities": []}, {"id": "7", "entities": []}, {"id": 7, "text": "other"}, {}],
    ids=["another tweet", "another id", "another text", "no id"],
)
def test_other_records_stay_as_they_are(record: dict[str, object], tmp_path: Path) -> None:
    assert corrected(record, read_decisions(write(tmp_path / "d.jsonl", RECORD))) == record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reviewer": 3}, "d.jsonl:1: expected strings reviewer and at"),
        ({"entities": [{"type": "x", "start": 3, "end": 9}]}, "d.jsonl:1: expected an entity"),
        ({"text": None}, "d.jsonl:1: expected a string text"),
    ],
    ids=["reviewer", "outside the text", "no text"],
)
def test_what_is_not_a_decision_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        read_decisions(write(tmp_path / "d.jsonl", RECORD | change))
