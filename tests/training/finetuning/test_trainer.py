"""The order in which tweets are evaluated, and losses that are not finite."""

import math
from collections.abc import Callable
from pathlib import Path

import datasets
import pytest
import torch
from transformers import TrainingArguments

from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    TweetTrainer,
    training_arguments,
)
from tweetner.training.finetuning.trainer import StopWhenNotFinite


@pytest.mark.parametrize("by_length", [True, False])
def test_rows_are_evaluated_in_the_order_of_the_dataset(
    by_length: bool, make: Callable[..., RunConfig], tmp_path: Path
) -> None:
    rows = [{"input_ids": [2, *[5] * n, 3], "labels": [0] * (n + 2)} for n in (1, 3, 2, 5, 4)]
    arguments = training_arguments(make(group_by_length=by_length), 1, tmp_path, select=False)
    dataset = datasets.Dataset.from_list(rows)
    sampler = TweetTrainer(torch.nn.Linear(1, 1), arguments)._get_eval_sampler(dataset)
    assert sampler is not None
    assert list(sampler) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "logs", [{"loss": math.nan}, {"loss": math.inf}, {"loss": 1.0, "grad_norm": math.nan}]
)
@pytest.mark.parametrize(("bf16", "advice"), [(True, " or precision fp32 may"), (False, " may")])
def test_every_logged_value_that_is_no_number_stops_the_run_with_advice_that_can_help(
    bf16: bool, advice: str, logs: dict[str, float], tmp_path: Path
) -> None:
    state = type("State", (), {"global_step": 10})
    arguments = TrainingArguments(str(tmp_path), bf16=bf16, use_cpu=True)
    callback = StopWhenNotFinite()
    with pytest.raises(ValueError, match=f"step 10: .*; a lower learning_rate{advice} help"):
        callback.on_log(arguments, state, None, logs=logs)
    callback.on_log(arguments, state, None, logs={"loss": 1.0, "grad_norm": 2.0, "epoch": 1})
