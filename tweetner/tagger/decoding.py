"""Emissions → tags and probabilities, in numpy: the decoding that every tagger shares, whatever made the emissions.

The chain runs over words. `argmax` takes each word by itself; `bio` forbids what IOB2 forbids; `crf` adds learned
transition scores. The model code has the same recursions in PyTorch for the stock pipeline; a test holds them equal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating[Any]]
Ids = NDArray[np.int64]

IMPOSSIBLE = -1e4
"""Score of a step that IOB2 forbids; finite, so that sums stay numbers."""

RAISED = 1e-3
"""How far the decoded label is put above the others where the marginals alone would prefer another one."""

MAX_WORDS = 8192
"""Words that are decoded together, padding included."""


@dataclass(frozen=True)
class Chain:
    """Scores of a linear chain: `start` (labels,), `transitions` (from, to), `end` (labels,)."""

    start: Scores
    transitions: Scores
    end: Scores

    def scaled(self, factor: float) -> Self:
        """All scores times a factor."""
        return type(self)(
            *(np.float32(factor) * part for part in (self.start, self.transitions, self.end))
        )


def bio_chain(labels: Sequence[str]) -> Chain:
    """The chain that allows exactly the well-formed IOB2 sequences, all alike.

    >>> bio_chain(["O", "B-x", "I-x"]).transitions[:, 2]
    array([-10000.,      0.,      0.], dtype=float32)
    """
    inside = np.array([tag[:2] == "I-" for tag in labels])
    continues = np.array(
        [[before[2:] == tag[2:] and before != "O" for tag in labels] for before in labels]
    )
    start = np.where(inside, IMPOSSIBLE, 0).astype(np.float32)
    transitions = np.where(inside & ~continues, IMPOSSIBLE, 0).astype(np.float32)
    return Chain(start, transitions, np.zeros(len(labels), np.float32))


@dataclass(frozen=True, eq=False)
class Emissions:
    """The scores that a backend gives to the labels of tweets, one tweet after the other.

    A unit is a word, or a part of one where the splitter parts it; a word of which the normalizer leaves nothing has
    no unit.

    Attributes:
        scores: (units, labels).
        words: (units,), the number of each unit's word in its tweet.
        bounds: (tweets + 1,), where the units of each tweet begin, and where the last one's end.
    """

    scores: Scores
    words: Ids
    bounds: Ids

    @classmethod
    def of_tweets(cls, tweets: Sequence[tuple[Scores, Ids]], n_labels: int) -> Self:
        """Put tweets together, each given by its scores (units, labels) and the words of its units."""
        scores = [np.empty((0, n_labels), np.float32), *(scores for scores, _ in tweets)]
        words = [np.empty(0, np.int64), *(words for _, words in tweets)]
        return cls(
            np.concatenate(scores),
            np.concatenate(words),
            bounds_of([len(words) for _, words in tweets]),
        )

    def scaled(self, factor: float) -> Self:
        """All scores times a factor."""
        return type(self)(np.float32(factor) * self.scores, self.words, self.bounds)

    def __len__(self) -> int:
        """The number of tweets."""
        return len(self.bounds) - 1

    def __iter__(self) -> Iterator[tuple[Scores, Ids]]:
        """The scores of each tweet, and the words of its units."""
        return (
            (self.scores[start:end], self.words[start:end])
            for start, end in pairwise(self.bounds.tolist())
        )


class Decoded(NamedTuple):
    """What decoding makes of each unit.

    Attributes:
        labels: (units,).
        log_probabilities: (units, labels), whose largest is the label's: the softmax of the emissions, or the
            marginals of the chain.
    """

    labels: Ids
    log_probabilities: Scores


def bounds_of(lengths: Sequence[int] | Ids) -> Ids:
    """Where things of given lengths begin when they stand one after the other, and where the last one ends.

    >>> bounds_of([3, 0, 2]).tolist()
    [0, 3, 3, 5]
    """
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def decode(emissions: Emissions, chain: Chain | None) -> Decoded:
    """Decode tweets of any lengths; a chain of None is `argmax`."""
    if chain is None:
        log_probabilities = log_softmax(emissions.scores)
        return Decoded(log_probabilities.argmax(-1), log_probabilities)
    lengths = np.diff(emissions.bounds)
    decoded = Decoded(np.empty(len(emissions.scores), np.int64), np.empty_like(emissions.scores))
    for tweets in length_batches(lengths, MAX_WORDS):
        inside = np.arange(lengths[tweets[-1]]) < lengths[tweets, None]  # (tweets, words)
        units = (emissions.bounds[tweets, None] + np.arange(inside.shape[1]))[inside]
        padded = np.zeros((*inside.shape, emissions.scores.shape[1]), np.float32)
        padded[inside] = emissions.scores[units]
        labels, log_probabilities = decode_padded(padded, lengths[tweets], chain)
        decoded.labels[units], decoded.log_probabilities[units] = (
            labels[inside],
            log_probabilities[inside],
        )
    return decoded


def length_batches(lengths: Ids, most: int) -> list[Ids]:
    """Indices of all lengths above 0, shortest first, cut into batches of at most `most` with their padding."""
    order = np.argsort(lengths, kind="stable")
    batches, first = [], int((lengths == 0).sum())
    while first < len(order):
        # the longest of the first n decides what n of them take; at least one is taken
        takes = lengths[order[first : first + most]] * np.arange(
            1, len(order[first : first + most]) + 1
        )
        n = max(1, int(np.searchsorted(takes, most, side="right")))
        batches.append(order[first : first + n])
        first += n
    return batches


def decode_padded(emissions: Scores, lengths: Ids, chain: Chain) -> tuple[Ids, Scores]:
    """Viterbi labels (tweets, words) and log-marginals (tweets, words, labels) of a padded batch (Rabiner 1989).

    Where the largest marginal of a word is not that of its Viterbi label, the label is raised by `RAISED` above the
    others, so that the largest probability is always the decoded label's. Values beyond a tweet's length mean nothing.
    """
    emissions = log_softmax(emissions)  # changes no probability, and keeps the sums small
    best = _viterbi(emissions, lengths, chain)[..., None]
    log_probabilities = log_softmax(_marginals(emissions, lengths, chain))
    decoded = np.take_along_axis(log_probabilities, best, -1)
    np.put_along_axis(log_probabilities, best, -np.inf, -1)
    raised = np.maximum(decoded, log_probabilities.max(-1, keepdims=True) + RAISED)
    np.put_along_axis(log_probabilities, best, raised, -1)
    return best[..., 0], log_softmax(log_probabilities)


def _viterbi(emissions: Scores, lengths: Ids, chain: Chain) -> Ids:
    """The labels of the best path, (tweets, words)."""
    emitted = np.ascontiguousarray(
        emissions.transpose(1, 2, 0)
    )  # (words, labels, tweets): long rows are fast
    best = np.empty_like(emitted)  # the score of the best path that ends in a label
    best[0] = emitted[0] + chain.start[:, None]
    for word in range(1, len(emitted)):
        best[word] = (best[word - 1][:, None] + chain.transitions[:, :, None]).max(0) + emitted[
            word
        ]
    at_end = (best + chain.end[:, None]).argmax(
        1
    )  # (words, tweets): the label of a word that ends its tweet
    labels: Ids = at_end.copy()
    for word in range(len(emitted) - 2, -1, -1):
        onward = (best[word] + chain.transitions[:, labels[word + 1]]).argmax(0)
        labels[word] = np.where(word + 1 < lengths, onward, at_end[word])
    return labels.T


def _marginals(emissions: Scores, lengths: Ids, chain: Chain) -> Scores:
    """Forward plus backward scores of every label of every word, (tweets, words, labels)."""
    n_words = emissions.shape[1]
    onward, back = np.exp(chain.transitions), np.exp(chain.transitions.T)
    forward = np.empty_like(emissions)
    backward = np.empty_like(emissions)
    forward[:, 0] = emissions[:, 0] + chain.start
    for word in range(1, n_words):
        forward[:, word] = emissions[:, word] + _log_matmul(forward[:, word - 1], onward)
    backward[:] = chain.end
    for word in range(n_words - 2, -1, -1):
        inside = _log_matmul(backward[:, word + 1] + emissions[:, word + 1], back)
        backward[:, word] = np.where((word + 1 < lengths)[:, None], inside, chain.end)
    return forward + backward


def _log_matmul(scores: Scores, weights: Scores) -> Scores:
    """`log(exp(scores) @ weights)`, kept in range by each row's largest score."""
    largest = scores.max(-1, keepdims=True)
    product: Scores = np.log(np.maximum(np.exp(scores - largest) @ weights, 1e-37)) + largest
    return product


def log_softmax(scores: Scores) -> Scores:
    """Log-probabilities over the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    normalized: Scores = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized
