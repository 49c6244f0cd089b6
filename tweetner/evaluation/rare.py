"""Where the rare entities are: recall by what training knew of a name and by how the name is written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tweetner.corpus import CASES, letter_case
from tweetner.evaluation.entities import Tags, check_aligned, entity_pairs
from tweetner.tags import Entity, tags_to_entities

Words = Sequence[Sequence[str]]

# every dimension with its groups, in the order that a chart shows them
GROUPS: dict[str, tuple[str, ...]] = {
    "name in training": ("seen", "unseen"),
    "times in training": ("0", "1", "2–4", "5+"),
    "share of type in training": ("under 5%", "5–15%", "over 15%"),
    "case": CASES,
    "hashtag in the name": ("no", "yes"),
    "words in the name": ("1", "2", "3", "4+"),
}


@dataclass(frozen=True)
class TrainingNames:
    """What a model was fitted on: lower-cased names of any type, and types, with how often each occurred."""

    names: Counter[str]
    types: Counter[str]

    @classmethod
    def of(cls, words: Words, tags: Tags) -> "TrainingNames":
        """Count the entities of all text that the model was fitted on (train, and dev where it was used too).

        >>> TrainingNames.of([["New", "York"]], [["B-geo-loc", "I-geo-loc"]]).names
        Counter({'new york': 1})
        """
        names: Counter[str] = Counter()
        types: Counter[str] = Counter()
        for tweet, tweet_tags in zip(words, tags, strict=True):
            for entity in tags_to_entities(tweet_tags):
                names[name_of(tweet, entity)] += 1
                types[entity.type] += 1
        return cls(names, types)


@dataclass(frozen=True)
class RareRecall:
    """Recall of each group of gold entities, as counts per tweet.

    Attributes:
        groups: (dimension, group) in the order of `GROUPS`; dimensions about training only where it is known.
        counts: Found and gold entities, (tweets, groups, 2).
    """

    groups: list[tuple[str, str]]
    counts: npt.NDArray[np.int64]


def rare_recall(
    words: Words, gold: Tags, predicted: Tags, training: TrainingNames | None = None
) -> RareRecall:
    """Sort every gold entity into one group of each dimension and count which were found exactly."""
    check_aligned(gold, predicted)
    dimensions = [name for name in GROUPS if training or "training" not in name]
    groups = [(dimension, group) for dimension in dimensions for group in GROUPS[dimension]]
    column = {group: number for number, group in enumerate(groups)}
    counts = np.zeros((len(gold), len(groups), 2), dtype=np.int64)
    for row, (tweet, (entities, guesses)) in enumerate(
        zip(words, entity_pairs(gold, predicted), strict=True)
    ):
        for entity in entities:
            for group in _groups_of(tweet, entity, training):
                counts[row, column[group]] += (entity in guesses, 1)
    return RareRecall(groups, counts)


def name_of(words: Sequence[str], entity: Entity) -> str:
    return " ".join(words[entity.start : entity.end]).lower()


def _groups_of(
    words: Sequence[str], entity: Entity, training: TrainingNames | None
) -> Iterator[tuple[str, str]]:
    if training:
        n_times = training.names[name_of(words, entity)]
        yield "name in training", "seen" if n_times else "unseen"
        yield (
            "times in training",
            "0" if not n_times else "1" if n_times == 1 else "2–4" if n_times < 5 else "5+",
        )
        share = training.types[entity.type] / max(training.types.total(), 1)
        yield (
            "share of type in training",
            "under 5%" if share < 0.05 else "5–15%" if share <= 0.15 else "over 15%",
        )
    yield "case", letter_case(" ".join(words[entity.start : entity.end]))
    yield (
        "hashtag in the name",
        "yes" if any(word[:1] == "#" for word in words[entity.start : entity.end]) else "no",
    )
    length = entity.end - entity.start
    yield "words in the name", str(length) if length < 4 else "4+"
