"""Make a review queue from tagged tweets: the model says how much it doubts each word."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tweetner.hub import ModelFolder
from tweetner.review.order import NormalForm, Plan, arrange
from tweetner.review.queue import Queue, QueuedTweet
from tweetner.tagger import Offsets, TaggedTweet, Tagger
from tweetner.tags import in_characters, types_of

TOGETHER = 1024
"""Tweets whose probabilities are held in memory at a time."""


def fill_queue(
    path: str | Path,
    model: ModelFolder,
    tagger: Tagger,
    records: Iterable[Mapping[str, Any]],
    *,
    name: str,
    precision: float | None,
    plan: Plan,
    normal_form: NormalForm,
) -> Counter[str]:
    """Make a review queue from tagged tweets.

    Args:
        path: The file to make.
        model: The folder of the model that tagged them.
        tagger: The tagger of that model.
        records: Tagged records with `id`, `text` and `entities`.
        name: The model's name, for the decisions.
        precision: The promised precision of what is accepted unread; None accepts nothing unread.
        plan: How the queue is filled; its threshold is set from the model.
        normal_form: The identity of an entity across tweets.

    Returns:
        The number of tweets by reason (`audit`, `trend`, `doubt`, `accepted`), and of those that
        the model now tags otherwise (`changed`).

    Raises:
        ValueError: A record lacks its text or entities, an id comes twice, the file is there
            already, or the precision is not certified for the model.
    """
    threshold = None
    if precision is not None:
        threshold = model.metrics.min_score(precision, tagger.decoder)
    read = read_doubts(tagger, list(records))
    tweets = arrange(read, replace(plan, threshold=threshold), normal_form)
    facts = {
        "model": name,
        "revision": model.revision,
        "types": types_of(tagger.labels),
        "precision": precision,
        "threshold": threshold,
    }
    Queue.create(path, facts, tweets)
    counts = Counter(tweet.reason for tweet in tweets)
    counts["changed"] = sum(tweet.changed for tweet in tweets)
    return counts


def read_doubts(tagger: Tagger, records: Sequence[Mapping[str, Any]]) -> list[QueuedTweet]:
    """Run the model again over tagged records, for the probability of `O` at every word.

    Raises:
        ValueError: A record has no id, no text or no entities.
    """
    outside = tagger.labels.index("O")
    read = []
    for first in range(0, len(records), TOGETHER):
        chunk = records[first : first + TOGETHER]
        answers = tagger.tag_texts([_text_of(record) for record in chunk], probabilities=True)
        for record, (at, answer) in zip(chunk, answers, strict=True):
            read.append(_queued(record, at, answer, outside))
    return read


def _text_of(record: Mapping[str, Any]) -> str:
    match record:
        case {"id": str() | int(), "text": str(text), "entities": [*_]}:
            return text
    raise ValueError(
        f"record {record.get('id')!r}: expected id, text and entities, "
        "as `tweetner tag --keep text` writes"
    )


def _queued(
    record: Mapping[str, Any], at: Offsets, answer: TaggedTweet, outside: int
) -> QueuedTweet:
    """Join a record with the model's answer; `outside` is the label of `O`."""
    assert answer.probabilities is not None
    doubts = 1 - answer.probabilities[:, outside]  # (words,)
    entities = [entity for entity, _ in answer.entities]
    now = set(in_characters(entities, at))
    then = {(entity["type"], entity["start"], entity["end"]) for entity in record["entities"]}
    certainty = min(answer.scores, default=1.0)
    day = str(record.get("created_at") or "")[:10]
    return QueuedTweet(
        id=record["id"],
        text=record["text"],
        words=at,
        entities=record["entities"],
        doubts=doubts.round(4).tolist(),
        certainty=certainty,
        day=day,
        changed=now != then,
    )
