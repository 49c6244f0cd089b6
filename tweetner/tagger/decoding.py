"""Decode emissions into labels and probabilities, in numpy, for every kind of backend.

The chain runs over words. `argmax` labels each word by itself; `bio` forbids what IOB2 forbids;
`crf` adds learned transition scores. The model code has the same recursions in PyTorch for the
stock pipeline, and a test compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating[Any]]
Ids = NDArray[np.int64]

IMPOSSIBLE = -1e4
"""Score of a transition that IOB2 forbids; finite, so that sums are never NaN."""

RAISED = 1e-3
"""Margin of the decoded label over the others where the marginals alone would prefer another."""

MAX_WORDS = 8192
"""Words that are decoded together, padding included."""


@dataclass(frozen=True)
class Chain:
    """A linear chain's scores: `start` (labels,), `transitions` (from, to), `end` (labels,)."""

    start: Scores
    transitions: Scores
    end: Scores

    def scaled(self, factor: float) -> Self:
        """Multiply all scores by a factor."""
        parts = (self.start, self.transitions, self.end)
        return type(self)(*(np.float32(factor) * part for part in parts))


def bio_chain(labels: Sequence[str]) -> Chain:
    """Build the chain that allows exactly the well-formed IOB2 sequences, with equal scores.

    >>> bio_chain(["O", "B-x", "I-x"]).transitions[:, 2]
    array([-10000.,      0.,      0.], dtype=float32)
    """
    inside = np.array([tag[:2] == "I-" for tag in labels])  # (labels,)
    types = np.array([tag[2:] for tag in labels])  # (labels,): empty for O
    continues = types[:, None] == types  # (from, to)
    start = np.where(inside, IMPOSSIBLE, 0).astype(np.float32)
    transitions = np.where(inside & ~continues, IMPOSSIBLE, 0).astype(np.float32)
    return Chain(start, transitions, np.zeros(len(labels), np.float32))


@dataclass(frozen=True, eq=False)
class Emissions:
    """The scores that a backend gives to the labels of tweets, concatenated.

    A unit is a word, or a part of a word that the splitter divides; a word that the normalizer
    deletes has no unit.

    Attributes:
        scores: (units, labels).
        words: The position of each unit's word in its tweet, (units,).
        bounds: Start offset of each tweet's units, then the number of units, (tweets + 1,).
    """

    scores: Scores
    words: Ids
    bounds: Ids

    def scaled(self, factor: float) -> Self:
        """Multiply all scores by a factor."""
        return type(self)(np.float32(factor) * self.scores, self.words, self.bounds)


class Decoded(NamedTuple):
    """The decoded units.

    Attributes:
        labels: (units,).
        log_probabilities: The softmax of the emissions, or the marginals of the chain; the largest
            is always the decoded label's, (units, labels).
    """

    labels: Ids
    log_probabilities: Scores


def decode(emissions: Emissions, chain: Chain | None) -> Decoded:
    """Decode tweets of any lengths; without a chain, each unit gets its best label."""
    if chain is None:
        log_probabilities = log_softmax(emissions.scores)
        return Decoded(log_probabilities.argmax(-1), log_probabilities)
    lengths = np.diff(emissions.bounds)
    labels = np.empty(len(emissions.scores), np.int64)
    log_probabilities = np.empty_like(emissions.scores)
    for tweets in length_batches(lengths, MAX_WORDS):
        places = np.arange(lengths[tweets[-1]])  # the last tweet of a batch is the longest
        inside = places < lengths[tweets, None]  # (tweets, words): False at padding
        units = (emissions.bounds[tweets, None] + places)[inside]  # (words,)
        padded = np.zeros((*inside.shape, emissions.scores.shape[1]), np.float32)
        padded[inside] = emissions.scores[units]
        best, marginals = decode_padded(padded, lengths[tweets], chain)
        labels[units] = best[inside]
        log_probabilities[units] = marginals[inside]
    return Decoded(labels, log_probabilities)


def length_batches(lengths: Ids, most: int) -> list[Ids]:
    """Group items by length, shortest first; items of length 0 are left out.

    Args:
        lengths: The length of each item.
        most: Largest size of a batch, padding included; a longer item is a batch of its own.

    Returns:
        The indices of each batch's items.
    """
    order = np.argsort(lengths, kind="stable")
    batches = []
    first = int((lengths == 0).sum())
    while first < len(order):
        candidates = order[first : first + most]
        # the size of a batch of the first 1, 2, ... candidates, all padded to the longest
        sizes = lengths[candidates] * np.arange(1, len(candidates) + 1)
        n = max(1, int(np.searchsorted(sizes, most, side="right")))
        batches.append(candidates[:n])
        first += n
    return batches


def decode_padded(emissions: Scores, lengths: Ids, chain: Chain) -> tuple[Ids, Scores]:
    """Compute the Viterbi labels and the marginals of a padded batch (Rabiner 1989).

    Where the largest marginal of a word is not that of its Viterbi label, the label is raised by
    `RAISED` above the others, so that the largest probability is always the decoded label's.

    Returns:
        Labels, (tweets, words), and log-marginals, (tweets, words, labels); values at padding are
        undefined.
    """
    emissions = log_softmax(emissions)  # keeps the sums small without changing a probability
    best = _viterbi(emissions, lengths, chain)[..., None]
    log_probabilities = log_softmax(_marginals(emissions, lengths, chain))
    decoded = np.take_along_axis(log_probabilities, best, -1)
    np.put_along_axis(log_probabilities, best, -np.inf, -1)
    raised = np.maximum(decoded, log_probabilities.max(-1, keepdims=True) + RAISED)
    np.put_along_axis(log_probabilities, best, raised, -1)
    return best[..., 0], log_softmax(log_probabilities)


def _viterbi(emissions: Scores, lengths: Ids, chain: Chain) -> Ids:
    """Return the labels of the best path, (tweets, words)."""
    # (words, labels, tweets): long rows are fast
    emitted = np.ascontiguousarray(emissions.transpose(1, 2, 0))
    best = np.empty_like(emitted)  # the score of the best path that ends in a label
    best[0] = emitted[0] + chain.start[:, None]
    for word in range(1, len(emitted)):
        paths = best[word - 1][:, None] + chain.transitions[:, :, None]  # (from, to, tweets)
        best[word] = paths.max(0) + emitted[word]
    # (words, tweets): the best label of a word that ends its tweet
    at_end = (best + chain.end[:, None]).argmax(1)
    labels: Ids = at_end.copy()
    for word in range(len(emitted) - 2, -1, -1):
        onward = (best[word] + chain.transitions[:, labels[word + 1]]).argmax(0)
        labels[word] = np.where(word + 1 < lengths, onward, at_end[word])
    return labels.T


def _marginals(emissions: Scores, lengths: Ids, chain: Chain) -> Scores:
    """Return forward plus backward scores of each label, (tweets, words, labels)."""
    n_words = emissions.shape[1]
    weights = np.exp(chain.transitions)  # (from, to)
    forward = np.empty_like(emissions)
    backward = np.empty_like(emissions)
    forward[:, 0] = emissions[:, 0] + chain.start
    for word in range(1, n_words):
        forward[:, word] = emissions[:, word] + _log_matmul(forward[:, word - 1], weights)
    backward[:] = chain.end
    for word in range(n_words - 2, -1, -1):
        inside = _log_matmul(backward[:, word + 1] + emissions[:, word + 1], weights.T)
        backward[:, word] = np.where((word + 1 < lengths)[:, None], inside, chain.end)
    return forward + backward


def _log_matmul(scores: Scores, weights: Scores) -> Scores:
    """Compute `log(exp(scores) @ weights)` without overflow."""
    largest = scores.max(-1, keepdims=True)
    product: Scores = np.log(np.maximum(np.exp(scores - largest) @ weights, 1e-37)) + largest
    return product


def log_softmax(scores: Scores) -> Scores:
    """Normalize scores to log-probabilities over the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    normalized: Scores = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized
