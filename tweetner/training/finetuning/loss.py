"""The losses of a native token classifier, in which inner subwords count less than first ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from tweetner.tokenization import UNOBSERVED, Windows

Ids = NDArray[np.int64]

INNER = -1000
"""Inner subwords have the label `INNER - label`, to tell them from first subwords."""


def label_inner_subwords(windows: Windows, aligned: Ids, n_after: int) -> Ids:
    """Label the inner subwords of every labelled word, apart from its first one.

    Args:
        windows: Windows of annotated tweets.
        aligned: (subwords,), the result of `align_labels`: a label at the first subword of each
            word that its window answers for.
        n_after: Number of special tokens at the end of each window.

    Returns:
        (subwords,), `aligned` with `INNER - label` at inner subwords.
    """
    window_starts, window_ends = windows.bounds[:-1], windows.bounds[1:]  # (windows,) each
    word_starts = np.repeat(window_starts, np.diff(windows.unit_bounds)) + windows.positions
    # a segment is a word, or the special tokens at one end of a window; it may be empty at the end
    is_start = np.zeros(len(aligned) + 1, bool)
    is_start[window_starts] = True
    is_start[word_starts] = True
    is_start[window_ends - n_after] = True
    is_start = is_start[:-1]  # (subwords,): whether a segment starts here

    starts = np.flatnonzero(is_start)  # (segments,)
    lengths = np.diff(starts, append=len(aligned))  # (segments,)
    label = np.repeat(aligned[starts], lengths)  # (subwords,): label of the segment's first subword
    is_inner = ~is_start & (label != UNOBSERVED)
    return np.where(is_inner, INNER - label, aligned)


def subword_loss(inner_weight: float) -> Callable[..., Tensor]:
    """Return a `compute_loss_func` of the Trainer: cross-entropy weighted by the kind of subword.

    First subwords weigh 1; inner subwords weigh `inner_weight`, and theirs is the inside of their
    word's type. The sum is divided by the number of labels in the whole accumulated batch, over all
    processes.
    """

    def loss(
        outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        is_inner = labels <= INNER  # (batch, subwords)
        of_word = torch.where(is_inner, INNER - labels, labels)
        # the odd B- label of a type is followed by its I- label
        targets = torch.where(is_inner, of_word + of_word % 2, labels)
        logits = outputs.logits.float().transpose(1, 2)  # (batch, labels, subwords)
        losses = cross_entropy(logits, targets, ignore_index=UNOBSERVED, reduction="none")
        weighted = torch.where(is_inner, inner_weight * losses, losses)
        return weighted.sum() / _divisor(labels, num_items_in_batch)

    return loss


def distillation_loss(inner_weight: float, silver: Tensor) -> Callable[..., Tensor]:
    """Return the same loss for words that have a distribution over labels instead of one label.

    It is the cross-entropy with the teacher's distribution (Hinton, Vinyals, Dean 2015). A number
    below the number of labels is a gold label; row `i` of `silver` is numbered that many plus `i`.

    Args:
        inner_weight: The weight of inner subwords, as in `subword_loss`.
        silver: (rows, labels), the distribution of each word of the unlabelled tweets.
    """
    targets = torch.cat([torch.eye(silver.shape[1]), silver])  # (numbers, labels)
    inside = targets.clone()
    inside[:, 1::2] = 0
    inside[:, 2::2] += targets[:, 1::2]
    tables = torch.stack([targets, inside])  # (2, numbers, labels): of first and inner subwords

    def loss(
        outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        nonlocal tables
        tables = tables.to(labels.device)  # copied to a GPU at the first step only
        logits = outputs.logits.float()  # (batch, subwords, labels)
        is_inner = labels <= INNER  # (batch, subwords)
        numbers = torch.where(is_inner, INNER - labels, labels)
        wanted = tables[is_inner.long(), numbers.clamp_min(0)]  # (batch, subwords, labels)
        losses = -(wanted * logits.log_softmax(-1)).sum(-1)  # (batch, subwords)
        weights = torch.where(is_inner, inner_weight, 1.0) * (labels != UNOBSERVED)
        summed: Tensor = (weights * losses).sum()
        return summed / _divisor(labels, num_items_in_batch)

    return loss


def _divisor(labels: Tensor, num_items_in_batch: Tensor | int | None) -> Tensor | int:
    if num_items_in_batch is not None:
        return num_items_in_batch
    return (labels != UNOBSERVED).sum()
