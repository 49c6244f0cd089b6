"""The loss of native classifiers."""

import numpy as np
import torch

from tweetner.tokenization import UNOBSERVED, Windows
from tweetner.training.finetuning import (
    subword_loss,
)
from tweetner.training.finetuning.loss import INNER, distillation_loss, label_inner_subwords


def test_inner_subwords_are_told_from_the_first_of_their_word() -> None:
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
    # B-geo-loc and its inner subword; O without one; a word that another window answers for; an
    # empty window
    expected = [-100, 1, INNER - 1, 0, -100, -100, -100, -100, -100, -100]
    assert label_inner_subwords(windows, aligned, n_after=1).tolist() == expected


def test_the_loss_weighs_inner_subwords_and_divides_by_all_labels() -> None:
    logits = torch.randn(1, 5, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[-100, 1, INNER - 1, 0, -100]])  # the inner subword is I-geo-loc
    nll = -logits.log_softmax(-1)[0]
    expected = (nll[1, 1] + 0.3 * nll[2, 2] + nll[3, 0]) / 3
    outputs = type("Outputs", (), {"logits": logits})
    torch.testing.assert_close(subword_loss(0.3)(outputs, labels), expected)
    torch.testing.assert_close(
        subword_loss(0.3)(outputs, labels, num_items_in_batch=6), expected / 2
    )


def test_silver_that_is_certain_gives_the_loss_of_gold() -> None:
    logits = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0))
    outputs = type("Outputs", (), {"logits": logits})
    gold = torch.tensor([[-100, 3, INNER - 3, 0, INNER - 0, -100], [4, INNER - 4, 1, 2, 0, 0]])
    silver = torch.where(gold >= 0, gold + 5, gold)  # row i of the eye is label i
    silver = torch.where(gold <= INNER, gold - 5, silver)
    expected = subword_loss(0.3)(outputs, gold)
    loss = distillation_loss(0.3, torch.eye(5))
    torch.testing.assert_close(loss(outputs, silver), expected)
    torch.testing.assert_close(loss(outputs, gold), expected)
    torch.testing.assert_close(loss(outputs, silver, num_items_in_batch=20), expected * 10 / 20)


def test_the_loss_of_silver_is_the_cross_entropy_with_the_teachers_distribution() -> None:
    logits = torch.randn(1, 2, 3, generator=torch.Generator().manual_seed(0))
    outputs = type("Outputs", (), {"logits": logits})
    teacher = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]])
    labels = torch.tensor([[3 + 1, INNER - 4]])  # row 1 for a word's first and inner subword
    nll = -logits.log_softmax(-1)[0].numpy()
    first = np.dot([0.1, 0.6, 0.3], nll[0])
    inner = np.dot([0.1, 0.0, 0.9], nll[1])  # the beginning of a type goes to its inside
    expected = (first + 0.3 * inner) / 2
    np.testing.assert_allclose(
        distillation_loss(0.3, teacher)(outputs, labels), expected, rtol=1e-6
    )
