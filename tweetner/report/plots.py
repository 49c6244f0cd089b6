"""The plots of a report, each an SVG string; drawn without a display, the same input gives the same bytes."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tweetner.evaluation import (
    Accepted,
    Calibration,
    Difference,
    Group,
    Interval,
    Reading,
)
from tweetner.hub import Threshold

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"
BLUE, ORANGE, GREEN, RED = "#2b6cb0", "#dd6b20", "#2f855a", "#c53030"
PALETTE = (BLUE, ORANGE, GREEN, "#805ad5", RED)

WIDE = 122  # a bar plot in percent, with room for two columns of figures on its right

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,  # a type may have a dollar in its name
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "svg.hashsalt": "tweetner",
}


class Canvas:
    """A figure being drawn; `svg` is filled when its `with` block ends."""

    def __init__(self, figure: "Figure") -> None:
        self.figure = figure
        self.svg = ""


@contextmanager
def canvas(width: float, height: float) -> Iterator[Canvas]:
    """A figure of so many inches under the report's style.

    Raises:
        ValueError: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ValueError("a report needs matplotlib: pip install 'tweetner[plots]'") from error

    with mpl.rc_context(STYLE):
        drawing = Canvas(Figure(figsize=(width, height), layout="constrained"))
        yield drawing
        out = io.StringIO()
        drawing.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        drawing.svg = out.getvalue()


def bars(rows: Sequence[tuple[str, Interval, int]], label: str, counted: str = "gold") -> str:
    """Horizontal bars with intervals, the first row on top; each row ends with its value and its count."""
    with canvas(9.4, 0.7 + 0.34 * len(rows)) as drawing:
        axes = drawing.figure.add_subplot()
        _bars(axes, [(name, value, n, BLUE) for name, value, n in rows], counted)
        axes.set_xlabel(label, x=50 / WIDE)
    return drawing.svg


def group_bars(groups: Sequence[Group]) -> str:
    """Recall of every group, one colour a dimension, with a gap between dimensions."""
    dimensions = list(dict.fromkeys(group.dimension for group in groups))
    sizes = [sum(group.dimension == dimension for group in groups) for dimension in dimensions]
    with canvas(9.4, 0.6 + sum(0.34 * size + 0.42 for size in sizes)) as drawing:
        panels = drawing.figure.subplots(
            len(dimensions),
            1,
            sharex=True,
            squeeze=False,
            gridspec_kw={"height_ratios": [size + 0.4 for size in sizes]},
        )
        for axes, dimension, colour in zip(
            panels[:, 0], dimensions, np.resize(PALETTE, len(dimensions)), strict=True
        ):
            rows = [
                (group.name, group.recall, group.gold, str(colour))
                for group in groups
                if group.dimension == dimension
            ]
            _bars(axes, rows, "gold")
            axes.set_title(
                dimension, loc="left", fontsize=10, fontweight="bold", color=colour, pad=3
            )
        panels[-1, 0].set_xlabel("recall, %", x=50 / WIDE)
    return drawing.svg


def reliability(calibration: Calibration, before: Calibration | None = None) -> str:
    """Precision against score, over a histogram of the scores; before the temperature too where it is known."""
    with canvas(4.6, 4.6) as drawing:
        axes, below = drawing.figure.subplots(
            2, 1, sharex=True, gridspec_kw={"height_ratios": [3.2, 1]}
        )
        table = calibration.table
        axes.plot(
            [0, 100],
            [0, 100],
            color=MUTED,
            linestyle=(0, (4, 3)),
            linewidth=1,
            label="promise kept",
        )
        for name, found, colour in (
            ("before temperature", before, ORANGE),
            ("this model", calibration, BLUE),
        ):
            if found is not None:
                scores = [100 * row.mean_score for row in found.table]
                right = [100 * row.precision for row in found.table]
                axes.plot(scores, right, color=colour, marker="o", markersize=5, label=name)
        axes.set(xlim=(0, 100), ylim=(0, 102), ylabel="right, %")
        axes.legend(loc="upper left")
        below.bar(
            [100 * row.low + 5 for row in table],
            [row.n for row in table],
            width=9,
            color=BLUE,
            alpha=0.45,
        )
        below.set(xlabel="score of the entity, %", ylabel="entities")
        below.grid(axis="x", visible=False)
    return drawing.svg


def review(curve: Sequence[Reading]) -> str:
    """Recall and precision against the share of tweets that a person reads."""
    with canvas(4.6, 3.7) as drawing:
        axes = drawing.figure.add_subplot()
        shares = [100 * point.share for point in curve]
        for name, values, colour in (
            ("recall", [100 * point.recall for point in curve], BLUE),
            ("precision", [100 * point.precision for point in curve], ORANGE),
        ):
            axes.plot(shares, values, color=colour, linewidth=2, label=name)
        axes.set(
            xlim=(0, 100),
            ylim=(0, 102),
            xlabel="tweets read by a person, most doubtful first, %",
            ylabel="%",
        )
        axes.legend(loc="lower right")
    return drawing.svg


def accepted(points: Sequence[Accepted], thresholds: Sequence[Threshold] = ()) -> str:
    """Precision and recall of the entities that reach a score, and the scores that a precision was proven for."""
    with canvas(4.6, 3.7) as drawing:
        axes = drawing.figure.add_subplot()
        kept = [point for point in points if point.n >= 20]
        scores = [100 * point.threshold for point in kept]
        for name, values, colour in (
            ("precision", [100 * point.precision for point in kept], ORANGE),
            ("recall", [100 * point.recall for point in kept], BLUE),
        ):
            axes.plot(scores, values, color=colour, linewidth=2, label=name)
        for threshold in thresholds:
            if threshold.score is not None:
                axes.axvline(100 * threshold.score, color=INK, linewidth=1, linestyle=(0, (4, 3)))
                proven = f" {threshold.precision:.0%} proven"
                axes.text(
                    100 * threshold.score,
                    1,
                    proven,
                    rotation=90,
                    va="bottom",
                    ha="right",
                    fontsize=8,
                )
        axes.set(
            xlim=(0, 100),
            ylim=(0, 102),
            xlabel="accept entities that score at least, %",
            ylabel="%",
        )
        axes.legend(loc="upper left")
    return drawing.svg


def heatmap(names: Sequence[str], other: str, counts: dict[tuple[str, str], int]) -> str:
    """Which gold type (rows) was answered by which predicted type (columns); colours are shares of the row."""
    rows = columns = [*names, other]
    values = np.array([[counts.get((row, column), 0) for column in columns] for row in rows])
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    size = 1.5 + 0.46 * len(rows)
    with canvas(size + 0.5, size) as drawing:
        axes = drawing.figure.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (row, column), n in np.ndenumerate(values):
            if n:
                colour = "white" if shares[row, column] > 0.55 else INK
                axes.text(column, row, f"{n}", ha="center", va="center", fontsize=8.5, color=colour)
        axes.set_xticks(
            range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor"
        )
        axes.set_yticks(range(len(rows)), rows)
        axes.set(xlabel="predicted", ylabel="gold")
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    return drawing.svg


def differences(rows: Sequence[tuple[str, Difference]]) -> str:
    """How much better A is than B, one row a figure; an interval on one side of the line is a finding."""
    colours = {"better": GREEN, "worse": RED, "cannot tell": MUTED}
    with canvas(9.4, 0.7 + 0.34 * len(rows)) as drawing:
        axes = drawing.figure.add_subplot()
        axes.axvline(0, color=INK, linewidth=1)
        for height, (_, found) in enumerate(reversed(rows)):
            low, middle, high = (100 * value for value in (found.low, found.difference, found.high))
            axes.plot(
                [low, high], [height, height], color=colours[found.verdict], linewidth=2, alpha=0.6
            )
            axes.plot(middle, height, "o", color=colours[found.verdict], markersize=7)
        axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
        axes.set(xlabel="difference of entity F1, points", ylim=(-0.6, len(rows) - 0.4))
        axes.grid(axis="y", visible=False)
    return drawing.svg


def _bars(axes: "Axes", rows: Sequence[tuple[str, Interval, int, str]], counted: str) -> None:
    heights = np.arange(len(rows))[::-1]
    intervals = [value for _, value, _, _ in rows]
    values = [100 * value.value for value in intervals]
    axes.barh(heights, values, height=0.66, color=[colour for *_, colour in rows], alpha=0.8)
    axes.errorbar(values, heights, xerr=_errors(intervals), fmt="none", ecolor=INK, elinewidth=1)
    for height, (_, value, n, _) in zip(heights, rows, strict=True):
        axes.text(109, height, f"{100 * value.value:.1f}", va="center", ha="right", fontsize=9.5)
        axes.text(
            WIDE, height, f"{n:,} {counted}", va="center", ha="right", fontsize=8.5, color=MUTED
        )
    axes.set_yticks(heights, [name for name, *_ in rows])
    axes.set(xlim=(0, WIDE), ylim=(-0.6, len(rows) - 0.4), xticks=range(0, 101, 20))
    axes.grid(axis="y", visible=False)


def _errors(values: Sequence[Interval]) -> np.ndarray:
    return 100 * np.array([[max(v.value - v.low, 0), max(v.high - v.value, 0)] for v in values]).T
