"""The Trainer of a run, and callbacks that stop it."""

import math
from collections.abc import Sized
from typing import Any

from torch.utils.data import Sampler, SequentialSampler
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class TweetTrainer(Trainer):  # type: ignore[misc]
    """A Trainer that evaluates in the order of the dataset, also when it groups rows by length."""

    def _get_eval_sampler(self, eval_dataset: Sized) -> Sampler[int] | None:
        # `group_by_length` would shuffle the evaluation too, and the metrics pair rows with tweets
        return SequentialSampler(eval_dataset) if self.args.world_size <= 1 else None

    def floating_point_ops(self, _: dict[str, Any]) -> int:
        """Count no operations: the Trainer would list all weights for it at every step."""
        return 0


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
        args: TrainingArguments,
        state: TrainerState,
        _: TrainerControl,
        logs: dict[str, Any] | None = None,
        **__: Any,
    ) -> None:
        """Check every logged loss and gradient norm."""
        for name in ("loss", "grad_norm"):
            value = (logs or {}).get(name)
            if value is not None:
                check_finite(name, float(value), state.global_step, args)


def check_finite(name: str, value: float, step: int, args: TrainingArguments) -> None:
    """Refuse a value of a training step that is infinite or NaN.

    Raises:
        ValueError: The value is not finite.
    """
    if not math.isfinite(value):
        or_precision = " or precision fp32" if args.fp16 or args.bf16 else ""
        raise ValueError(
            f"step {step}: {name} is {value}; a lower learning_rate{or_precision} may help"
        )
