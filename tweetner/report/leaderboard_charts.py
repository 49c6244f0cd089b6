"""The chart of a leaderboard: one row a model, quality on the left, cost on the right."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tweetner.evaluation import Interval, Leaderboard
from tweetner.report.charts import BLUE, INK, MUTED, PALE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEGEND = (
    "Blue: the best model, and those that a paired test cannot tell from it. "
    "Thin lines: 95% intervals."
)


def draw(board: Leaderboard, path: Path) -> str:
    """Write the chart as PNG, and return the same as SVG.

    Raises:
        ValueError: matplotlib is not installed.
    """
    entries = board.entries
    colours = [PALE if entry.verdict == "worse" else BLUE for entry in entries]
    with canvas(13, 1.5 + 0.46 * len(entries)) as drawing:
        panels = drawing.figure.subplots(1, 4, sharey=True, width_ratios=[2.6, 1.6, 1.3, 1.3])
        f1, unseen, latency, size = panels
        _ratios(f1, [entry.entity_f1 for entry in entries], colours)
        _ratios(unseen, [entry.unseen_recall for entry in entries], colours)
        _costs(latency, [entry.latency_ms for entry in entries], colours)
        _costs(size, [entry.n_bytes / 1e6 for entry in entries], colours)
        _describe(f1, f"Entity F1 on {board.data}", "%")
        _describe(unseen, "Recall of unseen names", f"% of {board.n_unseen:,} entities")
        _describe(latency, "One tweet on the CPU", "milliseconds")
        _describe(size, "Size on disk", "MB")
        models = [Path(entry.model).name for entry in entries]
        f1.set_yticks(range(len(entries)), models, fontsize=10.5)
        f1.set_ylim(len(entries) - 0.4, -0.6)
        drawing.figure.supxlabel(LEGEND, x=0.01, ha="left", fontsize=9, color=MUTED)
        drawing.figure.savefig(path, dpi=150)
    return drawing.svg


def _describe(axes: "Axes", title: str, unit: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.set_xlabel(unit, loc="left", color=MUTED)
    axes.grid(axis="y", visible=False)


def _ratios(axes: "Axes", values: Sequence[Interval | None], colours: Sequence[str]) -> None:
    """Draw bars in percent with their intervals, and write the value at the end."""
    for row, (interval, colour) in enumerate(zip(values, colours, strict=True)):
        if interval is None:
            _write(axes, 0, row, "not known")
            continue
        value, low, high = (100 * part for part in interval)
        axes.barh(row, value, height=0.62, color=colour)
        axes.plot([low, high], [row, row], color=INK, linewidth=1.2)
        _write(axes, high, row, f"{value:.1f}")
    highest = max((100 * interval.high for interval in values if interval), default=0)
    axes.set_xlim(0, max(1.25 * highest, 1))


def _costs(axes: "Axes", values: Sequence[float], colours: Sequence[str]) -> None:
    """Draw points on a log axis, and write the value beside each."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    axes.set_xscale("log")
    # The last number needs room, and its share of a log axis grows with the axis.
    room = 4 * (max(values) / min(values)) ** 0.25
    axes.set_xlim(min(values) / 2, max(values) * room)
    for row, (value, colour) in enumerate(zip(values, colours, strict=True)):
        axes.plot(value, row, "o", color=colour, markersize=8)
        _write(axes, value, row, f"{value:.2g}" if value < 10 else f"{value:,.0f}")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _write(axes: "Axes", x: float, row: int, text: str) -> None:
    axes.annotate(text, (x, row), (7, 0), textcoords="offset points", va="center", fontsize=9.5)
