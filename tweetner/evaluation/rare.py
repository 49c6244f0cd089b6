"""Recall of rare entities: by how often training had a name and by how the name is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tweetner.corpus import CASES, Tweet, letter_case
from tweetner.evaluation.pairs import TagPairs, Words
from tweetner.tags import Entity, tags_to_entities

GROUPS: dict[str, tuple[str, ...]] = {
    "name in training": ("seen", "unseen"),
    "times in training": ("0", "1", "2–4", "5+"),
    "share of type in training": ("under 5%", "5–15%", "over 15%"),
    "case": CASES,
    "hashtag in the name": ("no", "yes"),
    "words in the name": ("1", "2", "3", "4+"),
}
"""The groups of every dimension, in the order that a chart shows them."""

Group = tuple[str, str]
"""A dimension, and one of its groups."""


@dataclass(frozen=True)
class TrainingNames:
    """The entities of the text that a model was fitted on.

    Attributes:
        names: How often each lower-cased name occurs, with any type.
        types: How often each type occurs.
    """

    names: Counter[str]
    types: Counter[str]

    @classmethod
    def of(cls, tweets: Sequence[Tweet]) -> "TrainingNames":
        """Count the entities of all tweets that a model was fitted on.

        >>> tweet = Tweet("1", ("New", "York"), ("B-geo-loc", "I-geo-loc"))
        >>> TrainingNames.of([tweet]).names
        Counter({'new york': 1})
        """
        names: Counter[str] = Counter()
        types: Counter[str] = Counter()
        for tweet in tweets:
            for entity in tags_to_entities(tweet.gold):
                names[_text_of(tweet.words, entity).lower()] += 1
                types[entity.type] += 1
        return cls(names, types)


@dataclass(frozen=True)
class RareRecall:
    """Found and gold entities of each group.

    Attributes:
        groups: The groups in the order of `GROUPS`; those about training only if it is known.
        counts: Numbers of found and of gold entities, (tweets, groups, 2).
    """

    groups: list[Group]
    counts: npt.NDArray[np.int64]


def rare_recall(words: Words, pairs: TagPairs, training: TrainingNames | None = None) -> RareRecall:
    """Sort every gold entity into one group of each dimension and count those found exactly."""
    groups = [
        (dimension, name)
        for dimension, names in GROUPS.items()
        for name in names
        if training or "training" not in dimension
    ]
    columns = {group: number for number, group in enumerate(groups)}
    counts = np.zeros((len(pairs), len(groups), 2), dtype=np.int64)
    for row, (tweet, pair) in enumerate(zip(words, pairs.entities, strict=True)):
        for entity in pair.gold:
            for group in _groups_of(tweet, entity, training):
                counts[row, columns[group]] += (entity in pair.predicted, 1)
    return RareRecall(groups, counts)


def _groups_of(
    words: Sequence[str], entity: Entity, training: TrainingNames | None
) -> Iterator[Group]:
    name = _text_of(words, entity)
    if training:
        n_times = training.names[name.lower()]
        share = training.types[entity.type] / max(training.types.total(), 1)
        yield "name in training", "seen" if n_times else "unseen"
        yield "times in training", _times(n_times)
        yield "share of type in training", _share(share)
    yield "case", letter_case(name)
    has_hashtag = any(word[:1] == "#" for word in words[entity.start : entity.end])
    yield "hashtag in the name", "yes" if has_hashtag else "no"
    length = entity.end - entity.start
    yield "words in the name", str(length) if length < 4 else "4+"


def _times(n: int) -> str:
    if n < 2:
        return str(n)
    return "2–4" if n < 5 else "5+"


def _share(share: float) -> str:
    if share < 0.05:
        return "under 5%"
    return "5–15%" if share <= 0.15 else "over 15%"


def _text_of(words: Sequence[str], entity: Entity) -> str:
    return " ".join(words[entity.start : entity.end])
