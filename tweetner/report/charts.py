"""The palette, the style and the shapes that all charts share.

Each chart is an SVG string, drawn without a display; the same input gives the same bytes.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PALE = "#1f2933", "#7b8794", "#e4e7eb", "#bcc8d6"
BLUE, ORANGE, GREEN, RED = "#2b6cb0", "#dd6b20", "#2f855a", "#c53030"
PALETTE = (BLUE, ORANGE, GREEN, "#805ad5", RED)
DASHED = (0, (4, 3))

FULL, HALF = 7.2, 4.6
"""Widths of charts in inches: one in a row of a page, or two."""

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
ABOVE: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "handlelength": 1,
    "columnspacing": 1.2,
}
"""Options of a legend in a row above the axes."""
HEATMAP: dict[str, Any] = {
    "fmt": "",
    "cmap": "Blues",
    "vmin": 0,
    "vmax": 1,
    "linewidths": 1,
    "annot_kws": {"fontsize": 8.5},
}
"""Options of a table of shares with counts written into it."""


class Canvas:
    """A figure being drawn; `svg` is filled when its `with` block ends."""

    def __init__(self, figure: "Figure") -> None:
        self.figure = figure
        self.svg = ""

    def axes(self) -> "Axes":
        """Return the axes of a chart that has only one."""
        return self.figure.add_subplot()


@contextmanager
def canvas(width: float, height: float) -> Iterator[Canvas]:
    """Yield an empty figure in the style of all reports; sizes are in inches.

    Raises:
        ValueError: matplotlib or seaborn is not installed.
    """
    try:
        import matplotlib as mpl
        import seaborn  # noqa: F401 - the charts of a report import it
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ValueError("a report needs matplotlib: pip install 'tweetner[plots]'") from error

    with mpl.rc_context(STYLE):
        drawing = Canvas(Figure(figsize=(width, height), layout="constrained"))
        yield drawing
        out = io.StringIO()
        drawing.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        drawing.svg = out.getvalue()


def shares_heatmap(axes: "Axes", counts: pd.DataFrame, **options: Any) -> None:
    """Draw a square table of counts; colours are shares of the row."""
    import seaborn as sns

    names = list(counts.columns)
    sns.heatmap(
        counts.div(counts.sum(axis=1).clip(lower=1), axis=0),
        annot=counts.map(lambda n: f"{n:,}" if n else ""),
        ax=axes,
        **HEATMAP,
        **options,
    )
    axes.set_xticks(axes.get_xticks(), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="y", rotation=0)


def grouped_bars(
    axes: "Axes", table: pd.DataFrame, *, colours: Sequence[str], number: str, upright: bool = False
) -> None:
    """Draw a bar for every cell of a table, grouped by rows, with its value at the end.

    Args:
        axes: Where to draw.
        table: A row for each group of bars, a column for each series.
        colours: One for each series.
        number: Format of the values, such as `{:.1f}`.
        upright: Draw vertical bars; horizontal ones otherwise, with the first row on top.
    """
    import seaborn as sns

    cells = table.rename_axis("place").reset_index().melt("place", var_name="series")
    x, y = ("place", "value") if upright else ("value", "place")
    palette = list(colours)
    sns.barplot(cells, x=x, y=y, hue="series", palette=palette, saturation=1, ax=axes)
    bars: Any
    for bars in axes.containers:
        axes.bar_label(bars, fmt=number, padding=2, fontsize=8.5, color=MUTED)
    axes.grid(axis="x" if upright else "y", visible=False)
    axes.margins(x=0.02 if upright else 0.08, y=0.08 if upright else 0.02)
    axes.set(xlabel="", ylabel="")
    axes.legend(**ABOVE, ncols=len(palette))


def stacked_bars(axes: "Axes", table: pd.DataFrame, colours: Sequence[str]) -> None:
    """Draw a horizontal bar for every row of a table, divided into its columns."""
    table.plot.barh(stacked=True, width=0.72, color=list(colours), ax=axes, legend=False)
    axes.invert_yaxis()
    axes.set_yticks(range(len(table)), list(table.index), parse_math=False)
    axes.grid(axis="y", visible=False)
    axes.legend(**ABOVE, ncols=5)
