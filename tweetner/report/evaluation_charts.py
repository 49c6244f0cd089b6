"""The charts of an evaluation and of a comparison, each an SVG string."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tweetner.evaluation import (
    Accepted,
    Calibration,
    Difference,
    Group,
    Interval,
    Reading,
)
from tweetner.hub import Threshold
from tweetner.report.charts import (
    BLUE,
    DASHED,
    FULL,
    GREEN,
    HALF,
    INK,
    MUTED,
    ORANGE,
    PALETTE,
    RED,
    canvas,
    shares_heatmap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AXIS_END = 134
"""End of an axis in percent that has two columns of figures on its right."""
N_SHOWN = 20
"""Points of a curve that fewer entities support are not drawn."""

Row = tuple[str, Interval, int]
"""A name, a ratio and the number of gold entities."""


def ratio_bars(rows: Sequence[Row], label: str) -> str:
    """Draw a bar with its interval for each row, the first on top, and write value and count."""
    with canvas(FULL, 0.7 + 0.34 * len(rows)) as drawing:
        axes = drawing.axes()
        _ratio_bars(axes, rows, BLUE)
        axes.set_xlabel(label, x=50 / AXIS_END)
    return drawing.svg


def group_bars(groups: Sequence[Group]) -> str:
    """Draw the recall of every group; each dimension has its own colour and heading."""
    panels: dict[str, list[Row]] = {}
    for group in groups:
        row = (group.name, group.recall, group.gold)
        panels.setdefault(group.dimension, []).append(row)
    heights = [len(rows) + 0.4 for rows in panels.values()]
    with canvas(FULL, 0.6 + 0.34 * sum(heights) + 0.28 * len(panels)) as drawing:
        grid = drawing.figure.subplots(
            len(panels), 1, sharex=True, squeeze=False, height_ratios=heights
        )
        colours = np.resize(PALETTE, len(panels))
        for axes, dimension, colour in zip(grid[:, 0], panels, colours, strict=True):
            _ratio_bars(axes, panels[dimension], colour)
            style = {"fontsize": 10, "fontweight": "bold", "color": colour}
            axes.set_title(dimension, loc="left", pad=3, **style)
        axes.set_xlabel("recall, %", x=50 / AXIS_END)
    return drawing.svg


def reliability(calibration: Calibration, before: Calibration | None = None) -> str:
    """Draw precision against score over a histogram of the scores.

    Args:
        calibration: Of the model's scores.
        before: Of its scores before temperature scaling, where they are known.
    """
    with canvas(HALF, 4.6) as drawing:
        axes, below = drawing.figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
        axes.axline((0, 0), slope=1, color=MUTED, linestyle=DASHED, linewidth=1, label="calibrated")
        if before is not None:
            _reliability_line(axes, before, ORANGE, "before temperature")
        _reliability_line(axes, calibration, BLUE, "this model")
        axes.set(xlim=(0, 100), ylim=(0, 102), ylabel="right, %")
        axes.legend(loc="upper left")
        middles = [50 * (row.low + row.high) for row in calibration.table]
        counts = [row.n for row in calibration.table]
        below.bar(middles, counts, width=9, color=BLUE, alpha=0.45)
        below.set(xlabel="score of the entity, %", ylabel="entities")
        below.grid(axis="x", visible=False)
    return drawing.svg


def review(curve: Sequence[Reading]) -> str:
    """Draw recall and precision against the share of tweets that a person reads."""
    with canvas(HALF, 3.7) as drawing:
        axes = drawing.axes()
        _precision_and_recall(axes, [point.share for point in curve], curve)
        axes.set(xlabel="tweets read by a person, most doubtful first, %", ylabel="%")
        axes.legend(loc="lower right")
    return drawing.svg


def accepted(points: Sequence[Accepted], thresholds: Sequence[Threshold] = ()) -> str:
    """Draw precision and recall of the entities above a score, and mark the proven thresholds."""
    with canvas(HALF, 3.7) as drawing:
        axes = drawing.axes()
        kept = [point for point in points if point.n >= N_SHOWN]
        _precision_and_recall(axes, [point.threshold for point in kept], kept)
        for threshold in thresholds:
            if threshold.score is not None:
                score = 100 * threshold.score
                axes.axvline(score, color=INK, linewidth=1, linestyle=DASHED)
                proven = f" {threshold.precision:.0%} proven"
                axes.text(score, 1, proven, rotation=90, va="bottom", ha="right", fontsize=8)
        axes.set(xlabel="accept entities that score at least, %", ylabel="%")
        axes.legend(loc="upper left")
    return drawing.svg


def confusion(types: Sequence[str], counts: Mapping[tuple[str, str], int]) -> str:
    """Draw which gold type (rows) was predicted as which type (columns)."""
    table = pd.DataFrame(0, list(types), list(types))
    for (gold, predicted), n in counts.items():
        table.loc[gold, predicted] = n
    size = 1.2 + 0.46 * len(types)
    with canvas(size + 0.5, size) as drawing:
        axes = drawing.axes()
        shares_heatmap(axes, table, cbar=False)
        axes.set(xlabel="predicted", ylabel="gold")
    return drawing.svg


def differences(rows: Sequence[tuple[str, Difference]]) -> str:
    """Draw how much better A is than B, with intervals, one row for all types and each type."""
    colours = {"better": GREEN, "worse": RED, "cannot tell": MUTED}
    with canvas(FULL, 0.7 + 0.34 * len(rows)) as drawing:
        axes = drawing.axes()
        axes.axvline(0, color=INK, linewidth=1)
        for row, (_, found) in enumerate(rows):
            ends = (100 * found.low, 100 * found.high)
            colour = colours[found.verdict]
            axes.plot(ends, (row, row), color=colour, linewidth=2, alpha=0.6)
            axes.plot(100 * found.difference, row, "o", color=colour, markersize=7)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.set(xlabel="difference of entity F1, points", ylim=(len(rows) - 0.4, -0.6))
        axes.grid(axis="y", visible=False)
    return drawing.svg


def _ratio_bars(axes: "Axes", rows: Sequence[Row], colour: str) -> None:
    ratios = 100 * np.array([interval for _, interval, _ in rows])  # (rows, 3): value, low, high
    value, low, high = ratios.T
    errors = np.maximum([value - low, high - value], 0)  # (2, rows)
    axes.barh(range(len(rows)), value, height=0.66, color=colour, alpha=0.8)
    axes.errorbar(value, range(len(rows)), xerr=errors, fmt="none", ecolor=INK, elinewidth=1)
    for row, (_, interval, n) in enumerate(rows):
        percent = f"{100 * interval.value:.1f}"
        axes.text(112, row, percent, va="center", ha="right", fontsize=9.5)
        axes.text(AXIS_END, row, f"{n:,} gold", va="center", ha="right", fontsize=8.5, color=MUTED)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.set(xlim=(0, AXIS_END), ylim=(len(rows) - 0.4, -0.6), xticks=range(0, 101, 20))
    axes.grid(axis="y", visible=False)


def _reliability_line(axes: "Axes", found: Calibration, colour: str, label: str) -> None:
    scores = [100 * row.mean_score for row in found.table]
    right = [100 * row.precision for row in found.table]
    axes.plot(scores, right, color=colour, marker="o", markersize=5, label=label)


def _precision_and_recall(
    axes: "Axes", shares: Sequence[float], points: Sequence[Accepted] | Sequence[Reading]
) -> None:
    places = [100 * share for share in shares]
    precision = [100 * point.precision for point in points]
    recall = [100 * point.recall for point in points]
    axes.plot(places, precision, color=ORANGE, linewidth=2, label="precision")
    axes.plot(places, recall, color=BLUE, linewidth=2, label="recall")
    axes.set(xlim=(0, 100), ylim=(0, 102))
