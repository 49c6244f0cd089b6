"""Tables that know how to be Markdown, CSV and HTML. Ratios are fractions of 1 inside and percent on the page."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tweetner.evaluation import Interval

Cell = str | int | float | Interval | None


@dataclass(frozen=True)
class Table:
    """A title, column heads and rows; a float is a ratio, an `Interval` is its two ends, None is a dash.

    >>> print(Table("Scores", ["type", "F1"], [["movie", 0.5]]).to_markdown())
    ### Scores
    <BLANKLINE>
    | type | F1 |
    | --- | ---: |
    | movie | 50.0 |
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def to_markdown(self) -> str:
        alignment = ["---" if column == 0 else "---:" for column in range(len(self.columns))]
        lines = [self.columns, alignment, *([shown(cell) for cell in row] for row in self.rows)]
        body = "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
        )
        return f"### {self.title}\n\n{body}" if self.title else body

    def to_csv(self) -> str:
        """Raw fractions; an interval takes two columns, `low` and `high`."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        wide = [
            any(isinstance(row[column], Interval) for row in self.rows)
            for column in range(len(self.columns))
        ]
        pairs = zip(self.columns, wide, strict=True)
        heads = [[f"{name} low", f"{name} high"] if two else [name] for name, two in pairs]
        writer.writerow(name for head in heads for name in head)
        for row in self.rows:
            cells = [
                [cell.low, cell.high]
                if isinstance(cell, Interval)
                else [cell, cell]
                if two
                else [cell]
                for cell, two in zip(row, wide, strict=True)
            ]
            writer.writerow("" if value is None else value for cell in cells for value in cell)
        return out.getvalue()

    def to_html(self) -> str:
        head = "".join(f"<th>{escape(column)}</th>" for column in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(shown(cell))}</td>" for cell in row) + "</tr>\n"
            for row in self.rows
        )
        caption = f"<caption>{escape(self.title)}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def shown(cell: Cell) -> str:
    """A cell for people: ratios in percent with one decimal, thousands with a comma."""
    if cell is None:
        return "–"
    if isinstance(cell, Interval):
        return f"{shown(cell.low)} to {shown(cell.high)}"
    if isinstance(cell, float):
        return f"{round(100 * cell, 1) + 0.0:.1f}"  # + 0.0 makes -0.0 a plain zero
    return f"{cell:,}" if isinstance(cell, int) else cell
