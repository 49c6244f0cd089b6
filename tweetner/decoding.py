"""Emissions → tags and probabilities, in numpy: the decoding that every tagger shares, whatever made the emissions.

The chain runs over words. `argmax` takes each word by itself; `bio` forbids what IOB2 forbids; `crf` adds learned
transition scores. The model code has the same recursions in PyTorch for the stock pipeline; a test holds them equal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Decoder = Literal["argmax", "bio", "crf"]
DECODERS: tuple[Decoder, ...] = ("argmax", "bio", "crf")

Scores = NDArray[np.floating[Any]]
Step = Callable[[Scores], Scores]

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
    if chain is None:
        return [(scores.argmax(-1), scores) for scores in map(log_softmax, emissions)]
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
    """Viterbi labels (tweets, words) and log-marginals (tweets, words, labels) of a padded batch.

    Marginals are those of the forward–backward algorithm (Rabiner 1989); max-marginals, the same recursion with max
    for sum, have the Viterbi path as their argmax. Where the two disagree the decoded label is raised by `RAISED`
    above the others, so that the largest probability is always the decoded label's. Values beyond a tweet's length
    mean nothing.
    """
    emissions = log_softmax(emissions)  # changes no probability, and keeps the sums small
    best = _marginals(emissions, lengths, chain, _best_paths).argmax(-1)
    marginals = _marginals(emissions, lengths, chain, _add_paths)
    log_probabilities = log_softmax(marginals)
    others = log_probabilities.copy()
    np.put_along_axis(others, best[..., None], -np.inf, -1)
    decoded = np.take_along_axis(log_probabilities, best[..., None], -1)
    raised = np.maximum(decoded, others.max(-1, keepdims=True) + RAISED)
    np.put_along_axis(log_probabilities, best[..., None], raised, -1)
    return best, log_softmax(log_probabilities)


def _add_paths(transitions: Scores) -> Step:
    """One step of the forward algorithm: `log(exp(scores) @ exp(transitions))`, kept in range by each row's largest."""
    weights = np.exp(transitions)

    def step(scores: Scores) -> Scores:
        largest = scores.max(-1, keepdims=True)
        summed: Scores = np.log(np.maximum(np.exp(scores - largest) @ weights, 1e-37)) + largest
        return summed

    return step


def _best_paths(transitions: Scores) -> Step:
    """One step of the Viterbi algorithm."""

    def step(scores: Scores) -> Scores:
        best: Scores = (scores[:, :, None] + transitions).max(1)
        return best

    return step


def _marginals(emissions: Scores, lengths: NDArray[np.int64], chain: Chain, paths: Callable[[Scores], Step]) -> Scores:
    """Forward plus backward scores of every label of every word, (tweets, words, labels)."""
    n_words = emissions.shape[1]
    onward, back = paths(chain.transitions), paths(chain.transitions.T)
    forward = np.empty_like(emissions)
    backward = np.empty_like(emissions)
    forward[:, 0] = emissions[:, 0] + chain.start
    for word in range(1, n_words):
        forward[:, word] = emissions[:, word] + onward(forward[:, word - 1])
    backward[:] = chain.end
    for word in range(n_words - 2, -1, -1):
        inside = back(backward[:, word + 1] + emissions[:, word + 1])
        backward[:, word] = np.where((word + 1 < lengths)[:, None], inside, chain.end)
    return forward + backward


def log_softmax(scores: Scores) -> Scores:
    """Log-probabilities over the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    normalized: Scores = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized
