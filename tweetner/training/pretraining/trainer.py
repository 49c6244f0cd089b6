"""The Trainer of an adaptation: its batches, its held-out loss, its clock and its progress bar."""

from operator import itemgetter
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import torch
from accelerate.utils import broadcast_object_list, reduce
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import Sampler
from tqdm import tqdm
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerState

from tweetner.files import read_object, write_json
from tweetner.training.pretraining.batches import EpochSampler, MaskedBatches

LOSSES = ("loss", "subword_loss", "case_loss")


class PretrainTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose datasets are `MaskedBatches`.

    Args:
        clock: Limits the time of the training, or None; then the arguments limit its steps.
        warmup: The fraction of the time in which the learning rate rises.
        options: The arguments of `Trainer`.
    """

    def __init__(self, *, clock: "Clock | None", warmup: float, **options: Any) -> None:
        super().__init__(data_collator=itemgetter(0), **options)
        self.remove_callback(PrinterCallback)
        self._clock = clock
        self._warmup = warmup
        self.lr_scheduler: LRScheduler | None
        if clock is not None:
            self.add_callback(clock)

    def _get_train_sampler(self, train_dataset: MaskedBatches | None = None) -> Sampler[int]:
        batches = train_dataset or self.train_dataset
        return EpochSampler(len(batches), self.args.seed)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> LRScheduler:
        """Return the learning rate schedule over the steps, or over time if there is a clock."""
        clock, warmup = self._clock, self._warmup
        if clock is not None and self.lr_scheduler is None:
            self.lr_scheduler = LambdaLR(
                optimizer or self.optimizer, lambda _: triangle(clock.progress, warmup)
            )
        scheduler: LRScheduler = super().create_scheduler(num_training_steps, optimizer)
        return scheduler

    @torch.no_grad()
    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the mean losses over the masked subwords of the held-out tweets.

        The same words are masked every time. The processes of a distributed run share the batches.
        """
        model = self.accelerator.unwrap_model(self.model)
        was_training = model.training
        model.eval()
        sums = torch.zeros(len(LOSSES) + 1, dtype=torch.float64)  # of each loss, and of targets
        for number in range(self.args.process_index, len(self.eval_dataset), self.args.world_size):
            inputs = self._prepare_inputs(self.eval_dataset[number])
            with self.accelerator.autocast():
                losses = model(**inputs)
            n_targets = len(inputs["targets"])
            means = [float(losses.get(name, 0.0)) for name in LOSSES]
            sums += n_targets * torch.tensor([*means, 1.0], dtype=torch.float64)
        model.train(was_training)
        totals = reduce(sums.float().to(self.args.device), "sum").tolist()
        metrics = {}
        for name, total in zip(LOSSES, totals, strict=False):
            metrics[f"eval_{name}"] = total / totals[-1]
        self.log(metrics)
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def train_from(self, checkpoint: Path | None) -> None:
        """Train, from a checkpoint if there is one; a finished training is only loaded."""
        path = None if checkpoint is None else str(checkpoint)
        if checkpoint is not None:
            state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
            is_over = self._clock is not None and self._clock.progress >= 1
            if is_over or state.global_step >= state.max_steps:
                self._load_from_checkpoint(path)
                self.state = state
                return
        self.train(resume_from_checkpoint=path)


def triangle(progress: float, warmup: float) -> float:
    """Return the factor of the learning rate: rising in the warm-up, then falling to 0.

    >>> [triangle(progress, 0.5) for progress in (0.25, 0.5, 0.75, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if progress < warmup:
        return progress / warmup
    return max(0.0, (1 - progress) / (1 - warmup))


class Clock(TrainerCallback):  # type: ignore[misc]
    """Stops the training when its time is over; a resumed run has the time that was left.

    Every checkpoint keeps the time in `clock.json`.

    Args:
        minutes: The time of the training.
        elapsed: The seconds that it has taken before it was interrupted.
    """

    def __init__(self, minutes: float, elapsed: float = 0.0) -> None:
        self.minutes = minutes
        self.elapsed = elapsed
        self._started = 0.0

    @property
    def progress(self) -> float:
        """The part of the time that has passed, 0 to 1."""
        return min(1.0, self.elapsed / (60 * self.minutes))

    @classmethod
    def resumed(cls, minutes: float, checkpoint: Path | None) -> Self:
        """Return a clock that continues from a checkpoint, if there is one."""
        path = None if checkpoint is None else checkpoint / "clock.json"
        if path is None or not path.is_file():
            return cls(minutes)
        return cls(minutes, read_object(path)["elapsed"])

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start to measure time."""
        self._started = perf_counter() - self.elapsed

    def on_step_end(self, _: Any, __: Any, control: Any, **___: Any) -> None:
        """Read the clock of the first process: all processes must agree when to stop."""
        elapsed = [perf_counter() - self._started]
        self.elapsed = broadcast_object_list(elapsed)[0]
        if self.progress >= 1:
            control.should_training_stop = True
            control.should_save = True

    def on_save(self, args: Any, state: Any, _: Any, **__: Any) -> None:
        """Keep the time in the checkpoint."""
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if state.is_world_process_zero:
            write_json({"elapsed": self.elapsed}, checkpoint / "clock.json")


class Progress(TrainerCallback):  # type: ignore[misc]
    """Shows a progress bar with the losses and the speed in subwords per second.

    Args:
        n_subwords: Number of subwords of an epoch.
        clock: The clock of the training, if time limits it.
    """

    def __init__(self, n_subwords: int, clock: Clock | None) -> None:
        self._n_subwords = n_subwords
        self._clock = clock
        self._bar: Any = None
        self._last = (0.0, 0.0)  # epoch and time of the last measurement
        self._shown: dict[str, str] = {}

    def on_train_begin(self, _: Any, state: Any, __: Any, **___: Any) -> None:
        """Open the bar."""
        total = 100 if self._clock is not None else state.max_steps
        unit = "%" if self._clock is not None else "step"
        self._bar = tqdm(
            total=total, unit=unit, desc="adapting", disable=not state.is_world_process_zero
        )
        self._last = (state.epoch or 0.0, perf_counter())

    def on_step_end(self, _: Any, state: Any, __: Any, **___: Any) -> None:
        """Move the bar."""
        done = state.global_step if self._clock is None else int(100 * self._clock.progress)
        self._bar.update(done - self._bar.n)

    def on_log(
        self, _: Any, state: Any, __: Any, logs: dict[str, float] | None = None, **___: Any
    ) -> None:
        """Show the losses, and the speed since the last time."""
        if self._bar is None or logs is None:
            return
        if "loss" in logs:
            epoch, time = state.epoch or 0.0, perf_counter()
            speed = (epoch - self._last[0]) * self._n_subwords / (time - self._last[1])
            self._last = (epoch, time)
            self._shown |= {"loss": f"{logs['loss']:.3f}", "subwords/s": f"{speed:,.0f}"}
        if "eval_loss" in logs:
            self._shown["held-out"] = f"{logs['eval_loss']:.3f}"
        self._bar.set_postfix(self._shown)

    def on_train_end(self, *_: Any, **__: Any) -> None:
        """Close the bar."""
        self._bar.close()
