"""The palette, the style and the shapes that all charts share.

Each chart is an SVG string, drawn without a display; the same input gives the same bytes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
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


def shares_heatmap(
    axes: "Axes", counts: Sequence[Sequence[int]], rows: Sequence[str], **options: Any
) -> None:
    """Draw a square table of counts; colours are shares of the row."""
    import seaborn as sns

    values = np.array(counts)  # (rows, rows)
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    numbers = np.vectorize(lambda n: f"{n:,}" if n else "", otypes=[object])(values)
    sns.heatmap(
        pd.DataFrame(shares, rows, rows),
        annot=numbers,
        fmt="",
        cmap="Blues",
        vmin=0,
        vmax=1,
        linewidths=1,
        annot_kws={"fontsize": 8.5},
        ax=axes,
        **options,
    )
    axes.set_xticks(axes.get_xticks(), rows, rotation=40, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="y", rotation=0)


def grouped_bars(
    axes: "Axes",
    series: Mapping[str, Sequence[float]],
    places: Sequence[str],
    *,
    colours: Sequence[str],
    number: str,
    upright: bool = False,
) -> None:
    """Draw a bar of each series for every place, with its value written at the end.

    Args:
        axes: Where to draw.
        series: Values by the name of their series, one for each place.
        places: Names on the categorical axis.
        colours: One for each series.
        number: Format of the values, such as `{:.1f}`.
        upright: Draw columns; rows otherwise, with the first place on top.
    """
    import seaborn as sns

    frame = pd.DataFrame(series, index=[*places]).rename_axis("place").reset_index()
    long = frame.melt("place", var_name="series", value_name="value")
    x, y = ("place", "value") if upright else ("value", "place")
    palette = [*colours][: len(series)]
    sns.barplot(long, x=x, y=y, hue="series", palette=palette, saturation=1, ax=axes)
    bars: Any
    for bars in axes.containers:
        axes.bar_label(bars, fmt=number, padding=2, fontsize=8.5, color=MUTED)
    axes.grid(axis="x" if upright else "y", visible=False)
    if upright:
        axes.margins(y=0.08)
    else:
        axes.margins(x=0.08)
    axes.set(xlabel="", ylabel="")
    axes.legend(**ABOVE, ncols=len(series))


def stacked_bars(
    axes: "Axes",
    series: Mapping[str, Sequence[float]],
    places: Sequence[str],
    colours: Sequence[str],
) -> None:
    """Draw one row for every place, with a part for each series; the first place is on top."""
    frame = pd.DataFrame(series, index=[*places])
    frame.plot.barh(stacked=True, width=0.72, color=[*colours], ax=axes, legend=False)
    axes.invert_yaxis()
    axes.set_yticks(range(len(places)), [*places], parse_math=False)
    axes.grid(axis="y", visible=False)
    axes.legend(**ABOVE, ncols=5)
