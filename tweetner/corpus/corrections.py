"""Reviewers' decisions as training tweets, checked against the corpus that they are added to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tweetner.corpus.jsonl import to_raw_tweet, to_tweet
from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.files import error_place

Content = tuple[str, frozenset[tuple[str, int, int]]]
"""Text of a tweet in lower case without spaces, and its entities in characters of that."""


@dataclass(frozen=True)
class Corrections:
    """Holds what decisions add to the training tweets.

    Attributes:
        tweets: The tweets to train on as well.
        n_known: Decisions that train has with the same entities.
        conflicts: Ids of decisions that train contradicts; the corpus's own tags stand.
        disagreements: Ids of tweets that reviewers decided differently; they are left out.
    """

    tweets: list[Tweet]
    n_known: int
    conflicts: list[str]
    disagreements: list[str]

    def lines(self) -> list[str]:
        """Return what a person should know, a sentence each."""
        lines = [f"{len(self.tweets):,} corrections are trained on, {self.n_known:,} were known"]
        if self.conflicts:
            lines.append(f"train contradicts, and stands: {_listed(self.conflicts)}")
        if self.disagreements:
            lines.append(f"reviewers disagree, left out: {_listed(self.disagreements)}")
        return lines


def merge_corrections(
    records: Iterable[Mapping[str, Any]], corpus: Corpus, train: Sequence[Tweet]
) -> Corrections:
    """Check decision records against a corpus, and return what they add to train.

    Args:
        records: Decision records in the order of time; see `tweetner.corpus.decisions`.
        corpus: The corpus; none of its other splits may have a tweet with the same text.
        train: The tweets that are trained on already.

    Raises:
        ValueError: A tweet is one of another split than train, a type is not declared, or an entity
            overlaps another or lies inside a word.
    """
    last: dict[str, dict[object, Tweet]] = {}  # text -> reviewer and id -> decision
    for record in records:
        tweet = _tweet_of(record, corpus.types)
        text, _ = _content(tweet)
        last.setdefault(text, {})[record.get("reviewer"), tweet.id] = tweet
    gold = dict(map(_content, train))
    held_out = _held_out(corpus)
    tweets = []
    conflicts = []
    disagreements = []
    leaked = []
    n_known = 0
    for text, decided in last.items():
        tweet = [*decided.values()][-1]
        _, entities = _content(tweet)
        if text in held_out:
            leaked.append(f"{tweet.id} ({held_out[text]})")
        elif len({_content(other) for other in decided.values()}) > 1:
            disagreements.append(tweet.id)
        elif gold.get(text, entities) != entities:
            conflicts.append(tweet.id)
        elif text in gold:
            n_known += 1
        else:
            tweets.append(tweet)
    if leaked:
        raise ValueError(
            f"corrections: expected no tweet of an evaluation split, got {_listed(leaked)}; "
            "training on it would make its scores worthless"
        )
    return Corrections(tweets, n_known, conflicts, disagreements)


def _tweet_of(record: Mapping[str, Any], types: Sequence[str]) -> Tweet:
    with error_place("corrections"):
        raw = to_raw_tweet(record)
        for entity in raw.entities:
            if entity.type not in types:
                raise ValueError(f"tweet {raw.id!r}: unknown type {entity.type!r}")
        return to_tweet(raw)


def _held_out(corpus: Corpus) -> dict[str, str]:
    """Return the split of each text that is not of train."""
    found: dict[str, str] = {}
    for split, tweets in corpus.splits.items():
        if split != "train":
            found |= {_content(tweet)[0]: split for tweet in tweets}
    return found


def _content(tweet: Tweet) -> Content:
    starts = [0]
    for word in tweet.words:
        starts.append(starts[-1] + len(word))
    entities = frozenset(
        (type_, starts[start], starts[end]) for type_, start, end in tweet.entities
    )
    return "".join(tweet.words).lower(), entities


def _listed(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
    return ", ".join(ids[:10]) + more
