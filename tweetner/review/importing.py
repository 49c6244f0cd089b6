"""Take decisions over that were made in an annotation tool."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

from tweetner.corpus import InsideWords, fit_to_words, read_annotations
from tweetner.files import error_place
from tweetner.review.decisions import decisions_of
from tweetner.review.queue import Queue, Verdict
from tweetner.tags import in_characters


def import_decisions(
    queue: Queue, path: Path, format_: str, *, reviewer: str, inside: InsideWords = "refuse"
) -> Counter[str]:
    """Record the annotations of a file as decisions, all or none.

    Args:
        queue: The queue; every annotated tweet must be in it, with the same text.
        path: The file.
        format_: One of `EXCHANGE_FORMATS`.
        reviewer: Who decided, where the file does not say.
        inside: What to do with entities that begin or end inside a word.

    Returns:
        Counts: `new` decisions, `known` ones, those `replaced` by a later one of the same reviewer
        in the file, tweets and objects `left out`, entities `grown` to whole words.

    Raises:
        ValueError: A tweet is not in the queue or has another text, or an entity is of an unknown
            type, overlaps another or lies inside a word; names the file and the line.
    """
    counts: Counter[str] = Counter()
    tweets = Tweets(queue)
    last: dict[tuple[object, str], tuple[str, Verdict]] = {}
    for place, records in read_annotations(path, format_, types=queue.facts["types"]):
        counts["left out"] += not records
        for record in records:
            with error_place(place):
                verdict = _verdict(record, tweets, reviewer, inside, counts)
            if verdict is not None:
                decided = (verdict.id, verdict.reviewer)
                counts["replaced"] += last.pop(decided, None) is not None
                last[decided] = (place, verdict)
    new = [found for found in last.values() if not tweets.has_standing(found[1])]
    queue.take_over(new)
    counts["new"] = len(new)
    counts["known"] = len(last) - len(new)
    return counts


class Tweets:
    """The tweets of a queue as annotations name them, and the standing decisions."""

    def __init__(self, queue: Queue) -> None:
        rows = queue.rows("SELECT tweet FROM tweets WHERE tweet IS NOT NULL")
        tweets = [json.loads(row["tweet"]) for row in rows]
        self.by_id: dict[object, Mapping[str, Any]] = {str(tweet["id"]): tweet for tweet in tweets}
        self.by_id |= {tweet["id"]: tweet for tweet in tweets}
        self.by_text: dict[object, list[Mapping[str, Any]]] = {}
        for tweet in tweets:
            for content in {tweet["text"], _words(tweet)}:
                self.by_text.setdefault(content, []).append(tweet)
        self.standing = {
            (record["id"], record["reviewer"]): record["entities"] for record in decisions_of(queue)
        }

    def has_standing(self, verdict: Verdict) -> bool:
        """Return whether the reviewer's standing decision is the same."""
        return self.standing.get((verdict.id, verdict.reviewer)) == verdict.entities

    def named_by(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the tweet of an annotation: by its id or, without one, by its text or words.

        Raises:
            ValueError: There is no such tweet, or its text is another one.
        """
        id_ = record.get("id")
        if id_ is not None:
            named = self.by_id.get(id_)
            if named is None:
                raise ValueError(f"there is no tweet {id_!r}")
            if named["text"] != record["text"]:
                raise ValueError(f"tweet {id_!r}: expected the text of the queue, got another one")
            return named
        same_words = self.by_text.get(_words(record), ()) if "words" in record else ()
        named_alike = self.by_text.get(record["text"], same_words)
        if len(named_alike) > 1:
            raise ValueError(
                f"{len(named_alike)} tweets of the queue have this text, and the file has no id; "
                "other formats have ids"
            )
        if not named_alike:
            raise ValueError("expected a tweet of the queue, got another text")
        return named_alike[0]


def _words(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(record["text"][start:end] for start, end in record["words"])


def _verdict(
    record: Mapping[str, Any],
    tweets: Tweets,
    reviewer: str,
    inside: InsideWords,
    counts: Counter[str],
) -> Verdict | None:
    """Return the decision of a record; None if its tweet is left out."""
    tweet = tweets.named_by(record)
    # offsets in CoNLL count its joined words
    is_same = tweet["text"] == record["text"]
    own_words = tweet["words"] if is_same else record["words"]
    fitted = fit_to_words(record["entities"], own_words, inside)
    if fitted is None:
        counts["left out"] += 1
        return None
    counts["grown"] += fitted[1]
    entities = [entity._asdict() for entity in in_characters(fitted[0], tweet["words"])]
    return Verdict(
        key=token_hex(16),
        id=tweet["id"],
        reviewer=record.get("reviewer") or reviewer,
        entities=entities,
        seconds=float(record.get("seconds") or 0),
        at=record.get("at"),
    )
