"""Draw the ratios of all variants to the plain way, with the ratios that are claimed."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.timing import Result, amount, times
from tweetner.report import BLUE, INK, MUTED, ORANGE, PALE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Figure of the plain way divided by that of each variant"
LEGEND = (
    "CPU seconds unless stated otherwise, medians over rounds; thin lines: quartiles.\n"
    "Mark: target. Blue: target reached; orange: not reached; pale: no target."
)
MAX_LINES = 34
"""Most rows and headings in a chart of one column."""
GAP = 0.3
"""Space before a heading, in lines."""
NAME_WIDTH = 205
"""Width of the variants' names, in points."""
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)

Block = list[Result]
"""The results of one benchmark, the plain way first."""


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw the chart as PNG.

    Raises:
        ValueError: matplotlib is not installed.
    """
    blocks = [list(mine) for _, mine in groupby(results, key=lambda result: result.benchmark)]
    columns = in_columns(blocks)
    n_lines = max(sum(map(len, column)) + GAP * len(column) for column in columns)
    height = 1.6 + 0.27 * n_lines
    with canvas(8.2 * len(columns), height) as drawing:
        panels = drawing.figure.subplots(1, len(columns), sharex=True, squeeze=False)[0]
        for axes, column in zip(panels, columns, strict=True):
            _panel(axes, column)
        _scale(panels[0], results)
        drawing.figure.suptitle(TITLE, x=0.01, ha="left", fontsize=13, fontweight="bold")
        drawing.figure.supxlabel(LEGEND, x=0.01, ha="left", fontsize=9, color=MUTED)
        drawing.figure.savefig(path, dpi=140)


def in_columns(blocks: Sequence[Block]) -> list[list[Block]]:
    """Distribute benchmarks over one column, or over two of about the same number of lines.

    A benchmark takes one line for each result; the plain way's line holds the heading.
    """
    half = sum(map(len, blocks)) / 2
    if 2 * half <= MAX_LINES:
        return [list(blocks)]
    columns: list[list[Block]] = [[], []]
    n_lines = 0
    for block in blocks:
        is_right = n_lines + len(block) / 2 > half
        columns[is_right].append(block)
        n_lines += len(block)
    return columns


def _panel(axes: "Axes", blocks: Sequence[Block]) -> None:
    names: dict[float, str] = {}
    line = 0.0
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
    """Write the name of a benchmark on the left and its plain way on the right."""
    style: dict[str, Any] = {
        "textcoords": "offset points",
        "va": "center",
        "annotation_clip": False,
    }
    style["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    where = ("axes fraction", "data")
    axes.annotate(
        plain.benchmark.name,
        (0, line),
        (-NAME_WIDTH, 0),
        where,
        fontsize=10,
        fontweight="bold",
        **style,
    )
    beside = f"beside {plain.variant.name}: {amount(plain.figure, plain.benchmark.unit)}"
    axes.annotate(beside, (1, line), (0, 0), where, ha="right", fontsize=8.5, color=MUTED, **style)


def _bar(axes: "Axes", line: float, result: Result) -> None:
    """Draw a bar from 1 to the ratio, with the quartiles, the target and the figures."""
    target = result.variant.target
    ratio = result.ratio
    colour = PALE
    if target is not None:
        colour = BLUE if ratio >= target else ORANGE
    axes.barh(line, ratio - 1, left=1, height=0.62, color=colour)
    axes.plot(result.spread, [line, line], color=INK, linewidth=1.2)
    if target is not None:
        mark = [line - 0.42, line + 0.42]
        axes.plot([target, target], mark, color=INK, linewidth=2.4, solid_capstyle="butt")
    end = (max(1, result.spread[1], target or 0), line)
    style: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    axes.annotate(times(ratio), end, (6, 0), fontsize=9.5, fontweight="bold", **style)
    axes.annotate(
        amount(result.figure, result.benchmark.unit),
        end,
        (48, 0),
        fontsize=8.5,
        color=MUTED,
        **style,
    )


def _scale(axes: "Axes", results: Sequence[Result]) -> None:
    """Make the x axis logarithmic, with space for the figures on its right."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    ratios = [
        1.0,
        *(result.ratio for result in results),
        *(result.variant.target or 1 for result in results),
    ]
    low, high = min(ratios), max(ratios)
    axes.set_xscale("log")
    axes.set_xlim(low / 1.2, high * (high / low) ** 0.45 * 1.5)
    axes.set_xticks([tick for tick in TICKS if low / 1.2 <= tick <= high * 1.2])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axes.xaxis.set_minor_locator(NullLocator())
