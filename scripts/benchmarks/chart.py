"""The chart of a benchmark: how many times less than the plain way each variant takes, beside what is asked of it."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.races import Result, amount, times
from tweetner.report import BLUE, INK, MUTED, ORANGE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALE = "#a9b8c9"
TITLE = "How many times less than the plain way"
LEGEND = (
    "CPU seconds unless said otherwise, medians over rounds; thin lines: quartiles.\n"
    "Mark: what is asked. Blue: reached; orange: not reached; pale: nothing asked."
)
LINES = 34
"""Rows and headings in a column before a second one is begun."""
GAP = 0.3
"""Before a heading, in lines."""
NAMES = 205
"""Room for the variants' names, in points."""

Block = list[Result]
"""The results of one race, the plain one first."""


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw the chart as PNG.

    Raises:
        ValueError: matplotlib is not installed.
    """
    columns = in_columns(
        [list(mine) for _, mine in groupby(results, key=lambda result: result.race)]
    )
    height = 1.6 + 0.27 * max(sum(len(block) + GAP for block in column) for column in columns)
    with canvas(8.2 * len(columns), height) as drawing:
        panels = drawing.figure.subplots(1, len(columns), sharex=True, squeeze=False)[0]
        for axes, column in zip(panels, columns, strict=True):
            _panel(axes, column)
        _scale(panels[0], results)
        drawing.figure.suptitle(TITLE, x=0.01, ha="left", fontsize=13, fontweight="bold")
        drawing.figure.supxlabel(LEGEND, x=0.01, ha="left", fontsize=9, color=MUTED)
        drawing.figure.savefig(path, dpi=140)


def in_columns(blocks: Sequence[Block]) -> list[list[Block]]:
    """One column, or two of about the same number of lines; a race takes a line for its heading and one a variant."""
    half = sum(map(len, blocks)) / 2
    if 2 * half <= LINES:
        return [list(blocks)]
    columns: list[list[Block]] = [[], []]
    n_lines = 0
    for block in blocks:
        columns[n_lines + len(block) / 2 > half].append(block)
        n_lines += len(block)
    return columns


def _panel(axes: "Axes", blocks: Sequence[Block]) -> None:
    names, line = {}, 0.0
    for block in blocks:
        _heading(axes, line, block[0])
        for number, result in enumerate(block[1:], 1):
            names[line + number] = result.variant.name.strip()
            _bar(axes, line + number, result)
        line += len(block) + GAP
    axes.set_yticks(list(names), list(names.values()), fontsize=9.5)
    axes.set_ylim(line - GAP - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.axvline(1, color=INK, linewidth=1)
    axes.spines["left"].set_visible(False)


def _heading(axes: "Axes", line: float, plain: Result) -> None:
    """The race on the left, on the right what its variants stand beside."""
    style: dict[str, Any] = {
        "textcoords": "offset points",
        "va": "center",
        "annotation_clip": False,
    }
    style["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    where = ("axes fraction", "data")
    axes.annotate(
        plain.race.name, (0, line), (-NAMES, 0), where, fontsize=10, fontweight="bold", **style
    )
    beside = f"beside {plain.variant.name}: {amount(plain.figure, plain.race.unit)}"
    axes.annotate(beside, (1, line), (0, 0), where, ha="right", fontsize=8.5, color=MUTED, **style)


def _bar(axes: "Axes", line: float, result: Result) -> None:
    """From 1 to the ratio, with the quartiles, the mark of what is asked, and the figures."""
    asked, ratio = result.variant.at_least, result.ratio
    colour = PALE if asked is None else BLUE if ratio >= asked else ORANGE
    axes.barh(line, ratio - 1, left=1, height=0.62, color=colour)
    axes.plot(result.spread, [line, line], color=INK, linewidth=1.2)
    if asked is not None:
        axes.plot(
            [asked, asked],
            [line - 0.42, line + 0.42],
            color=INK,
            linewidth=2.4,
            solid_capstyle="butt",
        )
    end = (max(1, result.spread[1], asked or 0), line)
    style: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    axes.annotate(times(ratio), end, (6, 0), fontsize=9.5, fontweight="bold", **style)
    axes.annotate(
        amount(result.figure, result.race.unit), end, (48, 0), fontsize=8.5, color=MUTED, **style
    )


def _scale(axes: "Axes", results: Sequence[Result]) -> None:
    """A log axis with room for the figures."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    ratios = [
        1.0,
        *(result.ratio for result in results),
        *(result.variant.at_least or 1 for result in results),
    ]
    low, high = min(ratios), max(ratios)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.2, high * (high / low) ** 0.45 * 1.5)
    ticks = [
        tick
        for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
        if low / 1.2 <= tick <= high * 1.2
    ]
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.xaxis.set_minor_locator(NullLocator())
