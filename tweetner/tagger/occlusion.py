"""What a tagger's answer rests on, as far as can honestly be said of any model: occlusion of words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tweetner.tagger.tagger import Tagger
from tweetner.tags import Entity

FILLERS = ("it", "thing", "…")
"""What stands in for a hidden word, each in turn: a word that says little, in three ways."""


@dataclass(frozen=True)
class Evidence:
    """How much an entity rests on each word of its tweet.

    Attributes:
        entity: The entity, in words.
        tags: The emitted tags of its words.
        score: The mean probability of its tags.
        drops: For each word of the tweet, how much the score falls when that word is hidden; negative where it rises.
            It is what the model does without the word, not why it does what it does: two words that say the same
            hide each other, and a filler is a word too.
    """

    entity: Entity
    tags: list[str]
    score: float
    drops: list[float]


def occlude(tagger: Tagger, words: Sequence[str]) -> list[Evidence]:
    """Hide each word of a tweet in turn and see how much the probability of the tagged entities falls.

    A drop is the mean over `FILLERS`; all versions of the tweet are tagged in one batch.
    """
    hidden = [
        [*words[:place], filler, *words[place + 1 :]]
        for place in range(len(words))
        for filler in FILLERS
    ]
    tagged, *others = tagger.tag_words([words, *hidden], probabilities=True)
    labels = np.array([tagger.labels.index(tag) for tag in tagged.tags], np.intp)
    own, *without = [
        tweet.probabilities[
            np.arange(len(words)), labels
        ]  # (words,): the probability of each word's emitted tag
        for tweet in (tagged, *others)
        if tweet.probabilities is not None
    ]
    by_word = np.reshape(without, (len(words), len(FILLERS), len(words))).mean(
        axis=1
    )  # (hidden word, words)
    drops = own - by_word
    return [
        Evidence(
            entity,
            tagged.tags[entity.start : entity.end],
            score,
            drops[:, entity.start : entity.end].mean(axis=1).tolist(),
        )
        for entity, score in tagged.entities
    ]
