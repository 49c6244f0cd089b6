"""The loss of a native token classifier: words by their first subwords, inner subwords with a smaller weight."""

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
"""An inner subword's label `l` stands in a row of labels as `INNER - l`, so that words can be told from it."""


def label_inner_subwords(windows: Windows, aligned: Ids, n_after: int) -> Ids:
    """Add the labels of inner subwords to those of `align_labels`: a word goes on as the inside of its type.

    Args:
        windows: Of annotated tweets.
        aligned: (subwords,), a label at each word start that its window answers for.
        n_after: Special tokens at each window's end.
    """
    starts = (
        np.repeat(windows.bounds[:-1], np.diff(windows.unit_bounds)) + windows.positions
    )  # (units,)
    begins = np.zeros(
        len(aligned) + 1, bool
    )  # a window, a word, or the special tokens at a window's end
    begins[np.concatenate([windows.bounds[:-1], starts, windows.bounds[1:] - n_after])] = True
    places = np.flatnonzero(begins[:-1])
    word = np.repeat(
        aligned[places], np.diff(places, append=len(aligned))
    )  # (subwords,): the label of its word
    return np.where(begins[:-1] | (word == UNOBSERVED), aligned, INNER - (word + word % 2))


def subword_loss(inner_weight: float) -> Callable[..., Tensor]:
    """A Trainer's `compute_loss_func`: cross-entropy in which inner subwords weigh `inner_weight`, words 1.

    The sum is divided by the number of labels in the whole accumulated batch, of all processes.
    """

    def loss(
        outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        inner = labels <= INNER  # (batch, subwords)
        targets = torch.where(inner, INNER - labels, labels)
        losses = cross_entropy(
            outputs.logits.float().transpose(1, 2),
            targets,
            ignore_index=UNOBSERVED,
            reduction="none",
        )  # (batch, subwords)
        n_labels = (
            (labels != UNOBSERVED).sum() if num_items_in_batch is None else num_items_in_batch
        )
        return torch.where(inner, inner_weight * losses, losses).sum() / n_labels

    return loss
