"""Emissions → tags and probabilities, in numpy: the decoding that every tagger shares, whatever made the emissions.

The chain runs over words. `argmax` takes each word by itself; `bio` forbids what IOB2 forbids; `crf` adds learned
transition scores. The model code has the same recursions in PyTorch for the stock pipeline; a test holds them equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Decoder = Literal["argmax", "bio", "crf"]
DECODERS: tuple[Decoder, ...] = ("argmax", "bio", "crf")

Scores = NDArray[np.floating[Any]]

IMPOSSIBLE = -1e4
"""Score of a step that IOB2 forbids; finite, so that sums stay numbers."""

RAISED = 1e-3
"""How far the decoded label is put above the others where the marginals alone would prefer another one."""


@dataclass(frozen=True)
class Chain:
    """Scores of a linear chain: `start` (labels,), `transitions` (from, to), `end` (labels,)."""

    start: Scores
    transitions: Scores
    end: Scores


def bio_chain(labels: Sequence[str]) -> Chain:
    """The chain that allows exactly the well-formed IOB2 sequences, all alike.

    >>> bio_chain(["O", "B-x", "I-x"]).transitions[:, 2]
    array([-10000.,      0.,      0.], dtype=float32)
    """
    inside = np.array([tag[:2] == "I-" for tag in labels])
    continues = np.array([[before[2:] == tag[2:] and before != "O" for tag in labels] for before in labels])
    start = np.where(inside, IMPOSSIBLE, 0).astype(np.float32)
    transitions = np.where(inside & ~continues, IMPOSSIBLE, 0).astype(np.float32)
    return Chain(start, transitions, np.zeros(len(labels), np.float32))


def decode(emissions: Sequence[Scores], chain: Chain | None) -> list[tuple[NDArray[np.int64], Scores]]:
    """Decode tweets of any lengths.

    Args:
        emissions: For each tweet the scores of its words, (words, labels).
        chain: None for `argmax`.

    Returns:
        For each tweet the labels of its words, and log-probabilities (words, labels) whose largest is the label's:
        the softmax of the emissions, or the marginals of the chain.
    """
    if not emissions:
        return []
    if chain is None:
        log_probabilities = log_softmax(np.concatenate(emissions))
        ends = np.cumsum([len(scores) for scores in emissions])[:-1]
        return list(zip(np.split(log_probabilities.argmax(-1), ends), np.split(log_probabilities, ends), strict=True))
    order = sorted(range(len(emissions)), key=lambda i: len(emissions[i]))
    decoded: list[tuple[NDArray[np.int64], Scores]] = [None] * len(emissions)  # type: ignore[list-item]
    for batch in _batches(order, [len(e) for e in emissions]):
        lengths = np.array([len(emissions[i]) for i in batch])
        padded = np.zeros((len(batch), max(1, lengths.max()), len(chain.start)), np.float32)
        for row, i in enumerate(batch):
            padded[row, : lengths[row]] = emissions[i]
        labels, log_probabilities = decode_padded(padded, lengths, chain)
        for row, i in enumerate(batch):
            decoded[i] = labels[row, : lengths[row]], log_probabilities[row, : lengths[row]]
    return decoded


def _batches(order: Sequence[int], lengths: Sequence[int], max_words: int = 8192) -> list[list[int]]:
    batches: list[list[int]] = []
    for i in order:
        if not batches or (len(batches[-1]) + 1) * lengths[i] > max_words:
            batches.append([])
        batches[-1].append(i)
    return batches


def decode_padded(emissions: Scores, lengths: NDArray[np.int64], chain: Chain) -> tuple[NDArray[np.int64], Scores]:
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


def _viterbi(emissions: Scores, lengths: NDArray[np.int64], chain: Chain) -> NDArray[np.int64]:
    """The labels of the best path, (tweets, words)."""
    n_tweets, n_words, n_labels = emissions.shape
    came_from = np.empty((n_words, n_tweets, n_labels), np.int64)
    scores = emissions[:, 0] + chain.start
    for word in range(1, n_words):
        candidates = scores[:, :, None] + chain.transitions  # (tweets, from, to)
        inside = (word < lengths)[:, None]
        came_from[word] = np.where(inside, candidates.argmax(1), np.arange(n_labels))  # beyond the end: stand still
        scores = np.where(inside, candidates.max(1) + emissions[:, word], scores)
    labels = np.empty((n_tweets, n_words), np.int64)
    labels[:, -1] = (scores + chain.end).argmax(-1)
    for word in range(n_words - 1, 0, -1):
        labels[:, word - 1] = came_from[word, np.arange(n_tweets), labels[:, word]]
    return labels


def _marginals(emissions: Scores, lengths: NDArray[np.int64], chain: Chain) -> Scores:
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
