"""The loss of a native token classifier: words by their first subwords, inner subwords with a smaller weight."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tweetner.tokenization import UNOBSERVED, Window

INNER = -1000
"""An inner subword's label `l` stands in a row of labels as `INNER - l`, so that words can be told from it."""


def label_inner_subwords(window: Window, aligned: Sequence[int], n_after: int) -> list[int]:
    """Add the labels of inner subwords to those of `align_labels`: a word goes on as the inside of its type.

    Args:
        window: A window of a tweet.
        aligned: A label at each word start that the window answers for.
        n_after: Special tokens at the window's end.
    """
    starts = set(window.positions)
    labels = list(aligned)
    word = UNOBSERVED
    for i in range(len(labels) - n_after):
        if i in starts:
            word = aligned[i]
        elif word != UNOBSERVED:
            labels[i] = INNER - (word + 1 if word % 2 == 1 else word)
    return labels


def subword_loss(inner_weight: float) -> Callable[..., Tensor]:
    """A Trainer's `compute_loss_func`: cross-entropy in which inner subwords weigh `inner_weight`, words 1.

    The sum is divided by the number of labels in the whole accumulated batch, of all processes.
    """

    def loss(outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        inner = labels <= INNER  # (batch, subwords)
        targets = torch.where(inner, INNER - labels, labels)
        losses = cross_entropy(
            outputs.logits.float().transpose(1, 2), targets, ignore_index=UNOBSERVED, reduction="none"
        )  # (batch, subwords)
        n_labels = (labels != UNOBSERVED).sum() if num_items_in_batch is None else num_items_in_batch
        return torch.where(inner, inner_weight * losses, losses).sum() / n_labels

    return loss
