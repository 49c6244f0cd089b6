"""Tables, as Markdown, CSV and HTML. Ratios are fractions of 1 inside and percent on a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup, escape
from tabulate import DataRow, TableFormat

from tweetner.evaluation import Interval

PIPE_ROW = DataRow("| ", " | ", " |")
PIPE_TABLE = TableFormat(
    lineabove=None,
    linebelowheader=lambda widths, _: "| --- " + "| ---: " * (len(widths) - 1) + "|",
    linebetweenrows=None,
    linebelow=None,
    headerrow=PIPE_ROW,
    datarow=PIPE_ROW,
    padding=0,
    with_header_hide=None,
)
"""Markdown without blanks that line up columns; all columns but the first are numbers."""

Cell = str | int | float | Interval | None


@dataclass(frozen=True)
class Table:
    """A title, column heads and rows.

    Each cell is a `Cell`: a float is a ratio, an `Interval` stands for its two ends, and None is
    shown as a dash. A string that is `Markup` is HTML already; any other string is
    escaped on a page.

    >>> print(Table("Scores", ["type", "F1"], [["movie", 0.5]]).to_markdown())
    ### Scores
    <BLANKLINE>
    | type | F1 |
    | --- | ---: |
    | movie | 50.0 |
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    @property
    def frame(self) -> pd.DataFrame:
        """The cells as they are: columns of Python objects, so that no integer becomes a float."""
        return pd.DataFrame([*map(list, self.rows)], columns=[*self.columns], dtype=object)

    def to_markdown(self) -> str:
        """Return a pipe table with its title as a heading."""
        cells = self.frame.map(lambda cell: _escape_pipes(shown(cell)))
        cells.columns = [*map(_escape_pipes, self.columns)]
        body: str = cells.to_markdown(
            index=False, tablefmt=PIPE_TABLE, stralign=None, disable_numparse=True
        )
        return f"### {self.title}\n\n{body}" if self.title else body

    def to_csv(self) -> str:
        """Return raw fractions; an interval takes two columns, `low` and `high`."""
        columns = [_split_interval(column) for _, column in self.frame.items()]
        text: str = pd.concat(columns, axis=1).to_csv(index=False, lineterminator="\n")
        return text

    def to_html(self) -> Markup:
        """Return a `<table>` whose cells and heads are escaped."""
        cells = self.frame.map(lambda cell: escape(shown(cell)))
        cells.columns = [*map(escape, self.columns)]
        with pd.option_context("display.max_colwidth", None):  # or long cells would be cut
            html = cells.to_html(index=False, escape=False, border=0, justify="unset")
        return Markup(html)


def shown(cell: Cell) -> str:
    """Return a cell for people: ratios in percent with one decimal, thousands with a comma."""
    if cell is None:
        return "–"
    if isinstance(cell, Interval):
        return f"{shown(cell.low)} to {shown(cell.high)}"
    if isinstance(cell, float):
        return f"{round(100 * cell, 1) + 0.0:.1f}"  # + 0.0 makes -0.0 a plain zero
    return f"{cell:,}" if isinstance(cell, int) else cell


def _escape_pipes(text: str) -> str:
    return text.replace("|", "\\|")


def _split_interval(column: Any) -> Any:
    """Return the column, or its lower and upper ends where it has intervals."""
    if not any(isinstance(cell, Interval) for cell in column):
        return column
    ends = {}
    for end in ("low", "high"):
        ends[f"{column.name} {end}"] = [getattr(cell, end, cell) for cell in column]
    return pd.DataFrame(ends, dtype=object)
