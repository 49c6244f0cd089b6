"""The losses of a training over the subwords that it has seen."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from transformers import TrainerState

from tweetner.files import write_json


@dataclass(frozen=True)
class Point:
    """A loss at one moment of the training.

    Attributes:
        step: Number of optimizer steps so far.
        subwords: Number of subwords seen so far.
        loss: The mean loss over masked subwords, letter case included.
    """

    step: int
    subwords: int
    loss: float


@dataclass(frozen=True)
class Curve:
    """The losses of a training.

    Attributes:
        train: On the batches since the point before.
        held_out: On the held-out tweets, before, while and after the training.
    """

    train: Sequence[Point]
    held_out: Sequence[Point]

    @classmethod
    def of(cls, state: TrainerState, before: float, after: float, n_subwords: int) -> Self:
        """Read the curve from the Trainer's log.

        Args:
            state: The state after the training.
            before: The held-out loss before it.
            after: The held-out loss after it.
            n_subwords: Number of subwords of an epoch.
        """
        points: dict[str, list[Point]] = {"loss": [], "eval_loss": [Point(0, 0, before)]}
        for logs in state.log_history:
            for name, found in points.items():
                if name in logs:
                    seen = round(logs["epoch"] * n_subwords)
                    found.append(Point(logs["step"], seen, logs[name]))
        last = Point(state.global_step, round(state.epoch * n_subwords), after)
        earlier = [point for point in points["eval_loss"] if point.step < last.step]
        return cls(points["loss"], [*earlier, last])


def write_curve(curve: Curve, folder: Path) -> None:
    """Write `curve.json` and, if matplotlib is installed, `curve.png`."""
    write_json(asdict(curve), folder / "curve.json")
    if find_spec("matplotlib"):
        _plot(curve, folder / "curve.png")


def _plot(curve: Curve, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, points, style in (("train", curve.train, "-"), ("held out", curve.held_out, "o-")):
        millions = [point.subwords / 1e6 for point in points]
        axes.plot(millions, [point.loss for point in points], style, label=name, markersize=4)
    axes.set_xlabel("subwords seen, millions")
    axes.set_ylabel("loss of masked subwords")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
