"""The order of batches, the weight of their labels, and losses that are not finite."""

import math
from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np
import pytest
import torch

from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    TweetTrainer,
    subword_loss,
    training_arguments,
)
from tweetner.training.finetuning.trainer import GroupedByLength, StopWhenNotFinite


def test_grouped_rows_are_each_drawn_once_in_steps_of_like_length_and_of_no_order() -> None:
    lengths = [i * 37 % 100 for i in range(1002)]
    sampler = GroupedByLength(lengths, 4, seed=7)
    first = list(sampler)
    assert sorted(first) == list(range(1002))
    whole = [[lengths[row] for row in first[i : i + 4]] for i in range(0, 1000, 4)]
    assert sum(max(step) - min(step) for step in whole) / len(whole) < 3
    means = np.array([sum(step) / 4 for step in whole])
    assert (
        abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.2
    )  # what a step is like says nothing of the next
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first == list(GroupedByLength(lengths, 4, seed=7))


@pytest.mark.parametrize(("accumulation", "divisor"), [(1, 4.0), (2, 8.0), (3, 12.0), (4, 12.0)])
@pytest.mark.parametrize("by_length", [True, False])
def test_in_grouped_steps_each_word_weighs_the_same(
    by_length: bool,
    accumulation: int,
    divisor: float,
    make: Callable[..., RunConfig],
    tmp_path: Path,
) -> None:
    rows = [
        {"input_ids": [2, *[5] * n, 3], "labels": [-100, *[0] * n, -100]}
        for n in (1, 3, 1, 3, 1, 3)
    ]
    config = make(group_by_length=by_length, accumulation=accumulation)
    arguments = training_arguments(config, 1, tmp_path, select=False)
    dataset = datasets.Dataset.from_list(rows)
    model = torch.nn.Linear(1, 1)
    trainer = TweetTrainer(
        model, arguments, train_dataset=dataset, compute_loss_func=subword_loss(0.3)
    )
    batches = [{"labels": torch.tensor([row["labels"]])} for row in rows[:accumulation]]
    taken, n_labels = trainer.get_batch_samples(iter(batches), accumulation, torch.device("cpu"))
    assert taken == batches
    own = sum(len(row["labels"]) - 2 for row in rows[:accumulation])
    assert float(n_labels) == (
        divisor if by_length else own
    )  # a mean step of two rows each holds four labels


@pytest.mark.parametrize(
    "logs", [{"loss": math.nan}, {"loss": math.inf}, {"loss": 1.0, "grad_norm": math.nan}]
)
def test_every_logged_value_that_is_no_number_stops_the_run(logs: dict[str, float]) -> None:
    state = type("State", (), {"global_step": 10})
    with pytest.raises(ValueError, match="step 10: "):
        StopWhenNotFinite().on_log(None, state, None, logs=logs)
    StopWhenNotFinite().on_log(None, state, None, logs={"loss": 1.0, "grad_norm": 2.0, "epoch": 1})
