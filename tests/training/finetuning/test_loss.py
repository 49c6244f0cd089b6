"""The loss of native classifiers."""

import numpy as np
import torch

from tweetner.tokenization import UNOBSERVED, Windows
from tweetner.training.finetuning import (
    subword_loss,
)
from tweetner.training.finetuning.loss import INNER, label_inner_subwords


def test_inner_subwords_go_on_as_the_inside_of_their_word() -> None:
    windows = Windows(
        tweets=np.array([0, 1]),
        input_ids=np.array([2, 10, 11, 12, 13, 14, 15, 3, 2, 3]),
        bounds=np.array([0, 8, 10]),
        positions=np.array([1, 3, 4]),
        words=np.array([0, 1, 2]),
        unit_bounds=np.array([0, 3, 3]),
        answered=np.array([True, True, False]),
    )
    aligned = np.array([UNOBSERVED, 1, UNOBSERVED, 0, *[UNOBSERVED] * 6])
    # B-geo-loc and its inside; O without one; a word that another window answers for; an empty
    # window
    expected = [-100, 1, INNER - 2, 0, -100, -100, -100, -100, -100, -100]
    assert label_inner_subwords(windows, aligned, n_after=1).tolist() == expected


def test_the_loss_weighs_inner_subwords_and_divides_by_all_labels() -> None:
    logits = torch.randn(1, 5, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[-100, 1, INNER - 2, 0, -100]])
    nll = -logits.log_softmax(-1)[0]
    expected = (nll[1, 1] + 0.3 * nll[2, 2] + nll[3, 0]) / 3
    outputs = type("Outputs", (), {"logits": logits})
    torch.testing.assert_close(subword_loss(0.3)(outputs, labels), expected)
    torch.testing.assert_close(
        subword_loss(0.3)(outputs, labels, num_items_in_batch=6), expected / 2
    )
