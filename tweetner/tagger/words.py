"""Decoded units → tags of words → entities, for many tweets at once: no Python object a word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tweetner.tagger.decoding import Decoded, Emissions, Ids, Scores, bounds_of


@dataclass(frozen=True, eq=False)
class TaggedWords:
    """The words of tweets, one tweet after the other. Labels are in the order of `tags_of`: `O`, `B-x`, `I-x`, ...

    Attributes:
        labels: (words,).
        log_probabilities: (words, labels).
        bounds: (tweets + 1,), where the words of each tweet begin, and where the last one's end.
    """

    labels: Ids
    log_probabilities: Scores
    bounds: Ids

    @property
    def scores(self) -> Scores:
        """The probability of each word's label, (words,)."""
        scores = np.exp(self.log_probabilities[np.arange(len(self.labels)), self.labels])
        return scores.astype(np.float32)  # the precision that they have


def words_of_units(emissions: Emissions, decoded: Decoded, n_words: Sequence[int]) -> TaggedWords:
    """A word has the label of its first unit; a word without units is `O` with probability 1.

    Args:
        emissions: Says which word each unit is of.
        decoded: Labels and log-probabilities of the units.
        n_words: Of each tweet.
    """
    bounds = bounds_of(n_words)
    words = emissions.words + np.repeat(
        bounds[:-1], np.diff(emissions.bounds)
    )  # (units,), counted through all tweets
    labels, log_probabilities = decoded
    if len(words) != bounds[-1] or (np.diff(words) != 1).any():  # not one unit a word
        first = np.flatnonzero(np.diff(words, prepend=-1))
        n_labels = log_probabilities.shape[1]
        labels, log_probabilities = (
            np.zeros(bounds[-1], np.int64),
            np.full((bounds[-1], n_labels), -np.inf, np.float32),
        )
        log_probabilities[:, 0] = 0
        labels[words[first]], log_probabilities[words[first]] = (
            decoded.labels[first],
            decoded.log_probabilities[first],
        )
    return TaggedWords(labels, log_probabilities, bounds)


def repaired(tagged: TaggedWords) -> TaggedWords:
    """Every `I-x` that continues no `x` as `B-x`: the rule of `tags.repair`."""
    labels, before = tagged.labels, _before(tagged)
    orphan = (labels > 0) & (labels % 2 == 0) & (labels != before) & (labels != before + 1)
    return TaggedWords(labels - orphan, tagged.log_probabilities, tagged.bounds)


class WordEntity(NamedTuple):
    """An entity in words of its tweet: the place of its type among the types, first word, end, score, tweet."""

    type: int
    first: int
    last: int
    score: float
    tweet: int


def entities_of_words(tagged: TaggedWords) -> Iterator[WordEntity]:
    """The entities that `tags_to_entities` finds in each tweet; a score is the mean of its words' scores."""
    labels, before = tagged.labels, _before(tagged)
    types, types_before = (labels - 1) // 2, (before - 1) // 2  # -1 for O
    begins = (labels > 0) & ((labels % 2 == 1) | (types != types_before))
    is_first = np.zeros(len(labels), np.bool_)
    is_first[_first_words(tagged)] = True
    firsts = np.flatnonzero(begins)
    if not len(firsts):
        return iter(())
    stops = np.append(np.flatnonzero(begins | (labels == 0) | is_first), len(labels))
    lasts = stops[np.searchsorted(stops, firsts, side="right")]
    between = np.stack(
        [firsts, lasts], 1
    ).ravel()  # the sums of every other stretch between these are wanted
    sums = np.add.reduceat(np.append(tagged.scores, 0).astype(np.float64), between)[::2]
    tweets = np.searchsorted(tagged.bounds, firsts, side="right") - 1
    begin = tagged.bounds[tweets]
    columns = (types[firsts], firsts - begin, lasts - begin, sums / (lasts - firsts), tweets)
    return map(WordEntity._make, zip(*(column.tolist() for column in columns), strict=True))


def _before(tagged: TaggedWords) -> Ids:
    """The label of the word before each word, `O` before a tweet's first."""
    before = np.zeros_like(tagged.labels)
    before[1:] = tagged.labels[:-1]
    before[_first_words(tagged)] = 0
    return before


def _first_words(tagged: TaggedWords) -> Ids:
    """The first word of each tweet that has one."""
    return tagged.bounds[:-1][np.diff(tagged.bounds) > 0]
