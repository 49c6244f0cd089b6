"""Turn decoded units into tags of words, and those into entities, for many tweets at once.

There is no Python object for a word, only arrays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tweetner.tagger.decoding import Decoded, Emissions, Ids, Scores
from tweetner.tokenization import bounds_of


@dataclass(frozen=True, eq=False)
class TaggedWords:
    """The words of tweets, concatenated; labels are ordered as by `tags_of`: `O`, `B-x`, `I-x`, ...

    Attributes:
        labels: The label of each word, (words,).
        log_probabilities: Log-probability of every label, (words, labels).
        bounds: Start offset of each tweet's words, then the number of words, (tweets + 1,).
    """

    labels: Ids
    log_probabilities: Scores
    bounds: Ids

    @property
    def scores(self) -> Scores:
        """The probability of each word's label, (words,)."""
        scores = np.exp(self.log_probabilities[np.arange(len(self.labels)), self.labels])
        return scores.astype(np.float32)  # the precision of the emissions


def words_of_units(emissions: Emissions, decoded: Decoded, n_words: Sequence[int]) -> TaggedWords:
    """Give each word the label of its first unit; a word without units is `O` with probability 1.

    Args:
        emissions: The word of each unit.
        decoded: Labels and log-probabilities of the units.
        n_words: Number of words of each tweet.
    """
    bounds = bounds_of(n_words)
    # (units,): the word of each unit, counted through all tweets
    words = emissions.words + np.repeat(bounds[:-1], np.diff(emissions.bounds))
    if len(words) == bounds[-1] and (np.diff(words) == 1).all():  # one unit for each word
        return TaggedWords(decoded.labels, decoded.log_probabilities, bounds)
    first = np.flatnonzero(np.diff(words, prepend=-1))  # (words with units,): each one's first unit
    tagged = words[first]  # (words with units,)
    labels = np.zeros(bounds[-1], np.int64)
    labels[tagged] = decoded.labels[first]
    n_labels = decoded.log_probabilities.shape[1]
    log_probabilities = np.full((bounds[-1], n_labels), -np.inf, np.float32)
    log_probabilities[:, 0] = 0
    log_probabilities[tagged] = decoded.log_probabilities[first]
    return TaggedWords(labels, log_probabilities, bounds)


def parted_at(line_breaks: Sequence[bool], tagged: TaggedWords) -> TaggedWords:
    """Make every line break `O` with probability 1, and end entities there.

    Args:
        line_breaks: Whether each word, counted through all tweets, is a line break, (words,).
        tagged: The tagged words.
    """
    if not any(line_breaks):
        return tagged
    breaks = np.flatnonzero(line_breaks)  # (breaks,)
    labels = tagged.labels.copy()
    log_probabilities = tagged.log_probabilities.copy()
    labels[breaks] = 0
    log_probabilities[breaks] = -np.inf
    log_probabilities[breaks, 0] = 0
    first = breaks[breaks + 1 < len(labels)] + 1  # (lines,), the word after each break
    first = first[(labels[first] > 0) & (labels[first] % 2 == 0)]  # only those with `I-x`
    labels[first] -= 1
    return TaggedWords(labels, log_probabilities, tagged.bounds)


def repaired(tagged: TaggedWords) -> TaggedWords:
    """Change every `I-x` that continues no `x` to `B-x`, as `tags.repair` does."""
    labels = tagged.labels
    previous = _previous_labels(tagged)
    is_inside = (labels > 0) & (labels % 2 == 0)
    orphan = is_inside & (labels != previous) & (labels != previous + 1)
    return TaggedWords(labels - orphan, tagged.log_probabilities, tagged.bounds)


class WordEntity(NamedTuple):
    """An entity of a tweet, in words.

    Attributes:
        type: Position of its type in the list of types.
        first: Its first word.
        last: The word after its last one.
        score: The mean of its words' scores.
        tweet: The number of its tweet.
    """

    type: int
    first: int
    last: int
    score: float
    tweet: int


def entities_of_words(tagged: TaggedWords) -> Iterator[WordEntity]:
    """Yield the entities that `tags_to_entities` finds in each tweet."""
    labels = tagged.labels
    types = (labels - 1) // 2  # (words,): -1 for O
    previous_types = (_previous_labels(tagged) - 1) // 2
    begins = (labels > 0) & ((labels % 2 == 1) | (types != previous_types))
    firsts = np.flatnonzero(begins)  # (entities,): first word of each entity
    if not len(firsts):
        return
    ends_before = begins | (labels == 0)
    ends_before[_first_words(tagged)] = True
    # words before which an entity that is open ends, in ascending order
    stops = np.append(np.flatnonzero(ends_before), len(labels))
    lasts = stops[np.searchsorted(stops, firsts, side="right")]  # (entities,): word after the last
    tweets = np.searchsorted(tagged.bounds, firsts, side="right") - 1  # (entities,)
    offsets = tagged.bounds[tweets]  # (entities,): first word of each entity's tweet
    columns = (
        types[firsts].tolist(),
        (firsts - offsets).tolist(),
        (lasts - offsets).tolist(),
        _mean_scores(tagged.scores, firsts, lasts).tolist(),
        tweets.tolist(),
    )
    yield from map(WordEntity._make, zip(*columns, strict=True))


def _mean_scores(scores: Scores, firsts: Ids, lasts: Ids) -> NDArray[np.float64]:
    """Return the mean score of each range of words, (ranges,); the ranges do not overlap."""
    # `reduceat` sums from each offset to the next: every other sum lies between two ranges
    offsets = np.stack([firsts, lasts], axis=1).ravel()
    sums = np.add.reduceat(np.append(scores, 0).astype(np.float64), offsets)[::2]
    means: NDArray[np.float64] = sums / (lasts - firsts)
    return means


def _previous_labels(tagged: TaggedWords) -> Ids:
    """Return the label of the word before each word, (words,); `O` before a tweet's first word."""
    previous = np.zeros_like(tagged.labels)
    previous[1:] = tagged.labels[:-1]
    previous[_first_words(tagged)] = 0
    return previous


def _first_words(tagged: TaggedWords) -> Ids:
    """Return the first word of each tweet that has words, (such tweets,)."""
    return tagged.bounds[:-1][np.diff(tagged.bounds) > 0]
