"""Take decisions over that were made in an annotation tool."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
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
        Counts: `new` decisions, `known` ones, tweets `left out`, entities `grown` to whole words.

    Raises:
        ValueError: A tweet is not in the queue or has another text, or an entity is of an unknown
            type, overlaps another or lies inside a word; names the file and the line.
    """
    counts: Counter[str] = Counter()
    records = read_annotations(path, format_)
    verdicts = list(_verdicts(Tweets(queue), records, reviewer, inside, counts))
    counts["new"] = queue.take_over(verdicts)
    counts["known"] += len(verdicts) - counts["new"]
    return counts


class Tweets:
    """The tweets of a queue as annotations name them, and the standing decisions."""

    def __init__(self, queue: Queue) -> None:
        rows = queue.rows("SELECT tweet FROM tweets WHERE tweet IS NOT NULL")
        tweets = [json.loads(row["tweet"]) for row in rows]
        self.by_id: dict[object, Mapping[str, Any]] = {str(tweet["id"]): tweet for tweet in tweets}
        self.by_id |= {tweet["id"]: tweet for tweet in tweets}
        self.by_text: dict[str, Mapping[str, Any]] = {tweet["text"]: tweet for tweet in tweets}
        self.by_words: dict[tuple[str, ...], Mapping[str, Any]] = {
            _words(tweet): tweet for tweet in tweets
        }
        self.standing = {
            (record["id"], record["reviewer"]): record["entities"] for record in decisions_of(queue)
        }

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
        words = _words(record) if "words" in record else ()
        tweet = self.by_text.get(record["text"], self.by_words.get(words))
        if tweet is None:
            raise ValueError("expected a tweet of the queue, got another text")
        return tweet


def _words(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(record["text"][start:end] for start, end in record["words"])


def _verdicts(
    tweets: Tweets,
    records: Iterator[tuple[str, dict[str, Any]]],
    reviewer: str,
    inside: InsideWords,
    counts: Counter[str],
) -> Iterator[tuple[str, Verdict]]:
    for place, record in records:
        with error_place(place):
            tweet = tweets.named_by(record)
            # offsets in CoNLL count its joined words
            is_same = tweet["text"] == record["text"]
            own_words = tweet["words"] if is_same else record["words"]
            fitted = fit_to_words(record["entities"], own_words, inside)
        if fitted is None:
            counts["left out"] += 1
            continue
        counts["grown"] += fitted[1]
        entities = [entity._asdict() for entity in in_characters(fitted[0], tweet["words"])]
        by = record.get("reviewer") or reviewer
        if tweets.standing.get((tweet["id"], by)) == entities:
            counts["known"] += 1
            continue
        key = sha256(json.dumps([tweet["id"], by, entities]).encode()).hexdigest()[:32]
        seconds = float(record.get("seconds") or 0)
        at = record.get("at")
        yield (
            place,
            Verdict(
                key=key, id=tweet["id"], reviewer=by, entities=entities, seconds=seconds, at=at
            ),
        )
