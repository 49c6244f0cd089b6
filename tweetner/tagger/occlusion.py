"""Measure by occlusion how much each entity depends on each word of its tweet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tweetner.tagger.tagger import Tagger
from tweetner.tags import Entity

FILLERS = ("it", "thing", "…")
"""Words of little meaning that replace a hidden word, one after the other."""


@dataclass(frozen=True)
class Occlusion:
    """The dependence of one entity on each word of its tweet.

    Attributes:
        entity: The entity, in words.
        tags: The emitted tags of its words.
        score: The mean probability of its tags.
        drops: For each word of the tweet, the loss of score when that word is hidden; negative if
            the score rises. A small loss does not prove that the word is unimportant: another word
            may give the same evidence, and a filler gives evidence of its own.
    """

    entity: Entity
    tags: list[str]
    score: float
    drops: list[float]


def occlude(tagger: Tagger, words: Sequence[str]) -> list[Occlusion]:
    """Hide each word of a tweet in turn, and measure the probability that its entities lose.

    A drop is the mean over `FILLERS`; all versions of the tweet are tagged in one batch.
    """
    versions = [list(words)]
    for place in range(len(words)):
        for filler in FILLERS:
            versions.append([*words[:place], filler, *words[place + 1 :]])
    tagged = tagger.tag_words(versions, probabilities=True)
    own = tagged[0]
    labels = [tagger.labels.index(tag) for tag in own.tags]
    # (versions, words): the probability of the tags of the tweet as it is
    probabilities = np.array(
        [np.asarray(tweet.probabilities)[np.arange(len(words)), labels] for tweet in tagged]
    ).reshape(len(versions), len(words))
    by_filler = probabilities[1:].reshape(len(words), len(FILLERS), len(words))
    drops = probabilities[0] - by_filler.mean(axis=1)  # (hidden word, words)
    return [
        Occlusion(
            entity,
            own.tags[entity.start : entity.end],
            score,
            drops[:, entity.start : entity.end].mean(axis=1).tolist(),
        )
        for entity, score in own.entities
    ]
