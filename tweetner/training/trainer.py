"""The Trainer as a run uses it: which rows meet in a step and what a label weighs there, and when to stop."""

import math
from collections.abc import Iterator, Sequence, Sized
from functools import cached_property
from typing import Any

import datasets
import torch
from torch import Tensor
from torch.utils.data import Sampler, SequentialSampler
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_pt_utils import get_length_grouped_indices

from tweetner.tokenization import UNOBSERVED


class TweetTrainer(Trainer):  # type: ignore[misc]
    """The Trainer, with evaluation in the order of the dataset and a grouping by length that leaves the learning alone.

    With `group_by_length`, batches of short and of long tweets follow each other at random, and each step's summed loss
    is divided by the labels of a mean step: divided by its own, the words of short tweets would weigh more than others.
    """

    def _get_train_sampler(
        self, train_dataset: datasets.Dataset | None = None
    ) -> Sampler[int] | None:
        if not self.groups_by_length:
            sampler: Sampler[int] | None = super()._get_train_sampler(train_dataset)
            return sampler
        lengths = [len(ids) for ids in self.train_dataset["input_ids"]]
        return GroupedByLength(lengths, self.step_size, self.args.seed)

    def _get_eval_sampler(self, eval_dataset: Sized) -> Sampler[int] | None:
        # `group_by_length` would shuffle the evaluation too, and the metrics pair its rows with tweets
        return SequentialSampler(eval_dataset) if self.args.world_size <= 1 else None

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Tensor | None]:
        """The batches of a step, and what its summed loss is divided by."""
        batches, n_labels = super().get_batch_samples(epoch_iterator, num_batches, device)
        if n_labels is not None and self.groups_by_length:
            share = min(1, self.step_size / len(self.train_dataset)) / max(1, self.args.n_gpu)
            n_labels = torch.full_like(n_labels, share * self.n_labels, dtype=torch.float32)
        return batches, n_labels

    @property
    def groups_by_length(self) -> bool:
        """Whether batches hold tweets of like length."""
        return bool(self.args.train_sampling_strategy == "group_by_length")

    @property
    def step_size(self) -> int:
        """Rows of a step: of all its batches, in all processes."""
        return int(
            self.args.train_batch_size
            * self.args.gradient_accumulation_steps
            * self.args.world_size
        )

    @cached_property
    def n_labels(self) -> int:
        """Labels of all train rows."""
        return sum(
            label != UNOBSERVED for labels in self.train_dataset["labels"] for label in labels
        )


class GroupedByLength(Sampler[int]):
    """Rows such that each step holds some of like length; which, and the order of the steps, is drawn for each epoch.

    The Trainer's own sampler takes the steps of each fifty by falling length instead.
    """

    def __init__(self, lengths: Sequence[int], step_size: int, seed: int) -> None:
        self.lengths = lengths
        self.step_size = step_size
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Draw for this epoch from now on: a resumed run sees what it would have seen."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        drawn = torch.Generator().manual_seed(self.seed + self.epoch)
        rows = get_length_grouped_indices(self.lengths, self.step_size, generator=drawn)
        n_whole = len(rows) // self.step_size
        for step in [
            *torch.randperm(n_whole, generator=drawn).tolist(),
            n_whole,
        ]:  # what is left comes last
            yield from rows[step * self.step_size : (step + 1) * self.step_size]


class StopAfter(TrainerCallback):  # type: ignore[misc]
    """Stops after some of the epochs that the learning rate is planned for."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_end(
        self, _: TrainingArguments, state: TrainerState, control: TrainerControl, **__: Any
    ) -> None:
        """Look at the epochs done, those before an interruption too."""
        control.should_training_stop = round(state.epoch) >= self.epochs


class StopWhenNotFinite(TrainerCallback):  # type: ignore[misc]
    """Stops the run as soon as the loss or the gradient is not a finite number: nothing is published then."""

    def on_log(
        self,
        _: TrainingArguments,
        state: TrainerState,
        __: TrainerControl,
        logs: dict[str, Any] | None = None,
        **___: Any,
    ) -> None:
        """Look at every logged loss and gradient norm."""
        for name in ("loss", "grad_norm"):
            value = (logs or {}).get(name)
            if value is not None:
                check_finite(name, float(value), state.global_step)


def check_finite(name: str, value: float, step: int) -> None:
    """Refuse what is not a finite number.

    Raises:
        ValueError: It is not.
    """
    if not math.isfinite(value):
        raise ValueError(
            f"step {step}: {name} is {value}; a lower learning_rate or precision fp32 may help"
        )
