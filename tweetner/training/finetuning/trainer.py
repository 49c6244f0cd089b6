"""The Trainer of a run: batches of similar length, and callbacks that stop it."""

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
    """A Trainer that evaluates in dataset order and can group rows by length without side effects.

    With `group_by_length`, steps of short and of long tweets follow each other in random order, and
    the summed loss of each step is divided by the mean number of labels per step. Divided by its
    own number of labels, a word of a short tweet would weigh more than one of a long tweet.
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
        # `group_by_length` would shuffle the evaluation too, and the metrics pair rows with tweets
        return SequentialSampler(eval_dataset) if self.args.world_size <= 1 else None

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Tensor | None]:
        """Return the batches of a step and the number that its summed loss is divided by."""
        batches, n_labels = super().get_batch_samples(epoch_iterator, num_batches, device)
        if n_labels is not None and self.groups_by_length:
            share = min(1, self.step_size / len(self.train_dataset)) / max(1, self.args.n_gpu)
            n_labels = torch.full_like(n_labels, share * self.n_labels, dtype=torch.float32)
        return batches, n_labels

    def floating_point_ops(self, _: dict[str, Any]) -> int:
        """Count no operations: the Trainer would list all weights for it at every step."""
        return 0

    @property
    def groups_by_length(self) -> bool:
        """True if batches hold tweets of similar length."""
        return bool(self.args.train_sampling_strategy == "group_by_length")

    @property
    def step_size(self) -> int:
        """Number of rows in an optimizer step, over all batches and processes."""
        rows_per_process = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return int(rows_per_process * self.args.world_size)

    @cached_property
    def n_labels(self) -> int:
        """Number of labels in all train rows."""
        rows: Sequence[Sequence[int]] = self.train_dataset["labels"]
        return sum(label != UNOBSERVED for labels in rows for label in labels)


class GroupedByLength(Sampler[int]):
    """Group rows of similar length into steps, and shuffle the steps every epoch.

    The Trainer's own sampler sorts every fifty steps by falling length instead.
    """

    def __init__(self, lengths: Sequence[int], step_size: int, seed: int) -> None:
        self.lengths = lengths
        self.step_size = step_size
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is drawn; a resumed run repeats the order of its epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        rows = get_length_grouped_indices(self.lengths, self.step_size, generator=generator)
        n_full_steps = len(rows) // self.step_size
        order = torch.randperm(n_full_steps, generator=generator).tolist()
        for step in [*order, n_full_steps]:  # the last step may be smaller
            yield from rows[step * self.step_size : (step + 1) * self.step_size]


class StopAfter(TrainerCallback):  # type: ignore[misc]
    """Stop after the given number of epochs, fewer than the learning rate schedule covers."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_end(
        self, _: TrainingArguments, state: TrainerState, control: TrainerControl, **__: Any
    ) -> None:
        """Count all epochs of the run, those before an interruption included."""
        control.should_training_stop = round(state.epoch) >= self.epochs


class StopWhenNotFinite(TrainerCallback):  # type: ignore[misc]
    """Stop the run with an error when the loss or the gradient norm is infinite or NaN."""

    def on_log(
        self,
        _: TrainingArguments,
        state: TrainerState,
        __: TrainerControl,
        logs: dict[str, Any] | None = None,
        **___: Any,
    ) -> None:
        """Check every logged loss and gradient norm."""
        for name in ("loss", "grad_norm"):
            value = (logs or {}).get(name)
            if value is not None:
                check_finite(name, float(value), state.global_step)


def check_finite(name: str, value: float, step: int) -> None:
    """Refuse a value that is infinite or NaN.

    Raises:
        ValueError: The value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(
            f"step {step}: {name} is {value}; a lower learning_rate or precision fp32 may help"
        )
