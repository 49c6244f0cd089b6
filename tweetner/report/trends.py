"""Trends for people: a table, and a page with a small chart for each entity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tweetner.files import atomic_write
from tweetner.report.charts import BLUE, MUTED, ORANGE, PALE, canvas
from tweetner.report.pages import Card, Chart, Page, Section
from tweetner.report.tables import Cell, Table
from tweetner.trends import ClosedBucket, expected_band

COLUMNS = [
    "entity",
    "bucket (UTC)",
    "type",
    "authors",
    "expected",
    "ratio",
    "95%",
    "true mentions",
    "95%",
    "notes",
]
MAX_ROWS = 50
MAX_CHARTS = 24
MAX_BUCKETS = 1_000
"""Buckets that a chart shows."""

Row = Mapping[str, Any]


def trend_table(rows: Sequence[Row]) -> Table:
    """Return the rows with the largest lower ends of their ratios, at most `MAX_ROWS`."""
    ordered = sorted(rows, key=lambda row: (-row["ratio_interval"][0], row["start"], row["key"]))
    return Table("", COLUMNS, [_cells(row) for row in ordered[:MAX_ROWS]])


def _cells(row: Row) -> list[Cell]:
    low, high = row["ratio_interval"]
    mentions = row["mentions"]
    notes = [name for name in ("new", "doubtful") if row[name]]
    notes += ["mixed types"] if len(row["types"]) > 1 else []
    notes += [] if row["alarm"] else ["no alarm"]
    start = row["start"][:16].replace("T", " ")
    what: list[Cell] = [row["entity"], f"{start} to {row['end'][11:16]}", next(iter(row["types"]))]
    usual = [row["authors"], f"{row['expected']:.2g}", f"{row['ratio']:.1f}"]
    true_mentions = [f"{mentions['true']:.1f}", "{} to {}".format(*mentions["interval"])]
    return [*what, *usual, f"{low:.1f} to {high:.1f}", *true_mentions, ", ".join(notes)]


def write_trend_rows(rows: Sequence[Row], path: Path) -> None:
    """Write rows to CSV or Parquet; nested values get columns with dots, or become JSON text."""
    frame = pd.json_normalize([_flat(row) for row in rows])
    with atomic_write(path) as part:
        if path.suffix == ".csv":
            frame.to_csv(part, index=False, lineterminator="\n")
        else:
            frame.to_parquet(part, index=False)


def _flat(row: Row) -> dict[str, Any]:
    joined = {name: " ".join(map(str, row[name])) for name in ("types", "forms", "examples")}
    low, high = row["ratio_interval"]
    true_low, true_high = row["mentions"]["interval"]
    mentions = {**row["mentions"], "low": true_low, "high": true_high}
    del mentions["interval"]
    rest = {name: value for name, value in row.items() if name != "ratio_interval"}
    return {**rest, **joined, "ratio_low": low, "ratio_high": high, "mentions": mentions}


@dataclass(frozen=True)
class Point:
    """An entity in a bucket: its authors, the band of 95% without a trend, and the mean."""

    start: int
    authors: int
    low: float
    high: float
    expected: float
    is_alarm: bool


class TrendHistory:
    """Collects the counts of final buckets for a page."""

    def __init__(self) -> None:
        self._buckets: list[ClosedBucket] = []
        self._rows: list[Row] = []

    def add(self, closed: ClosedBucket) -> None:
        """Keep a bucket, and forget the oldest if there are more than `MAX_BUCKETS`."""
        self._buckets = [*self._buckets[1 - MAX_BUCKETS :], closed]
        self._rows += [row for row in closed.rows if row["alarm"]]

    def write(self, path: Path) -> None:
        """Write the page."""
        with atomic_write(path) as part:
            part.write_text(self.page().to_html(), encoding="utf-8")

    def page(self) -> Page:
        """Return a page: figures, a chart for each entity in alarm, and the table of alarms."""
        best: dict[str, Row] = {}
        for row in sorted(self._rows, key=lambda row: -row["ratio_interval"][0]):
            best.setdefault(row["key"], row)
        n_tweets = sum(closed.counts.n_tweets for closed in self._buckets)
        cards = [
            Card("entities in alarm", f"{len(best):,}"),
            Card("alarms", f"{len(self._rows):,}", "one for each entity and bucket"),
            Card("tweets", f"{n_tweets:,}", f"in {len(self._buckets):,} buckets"),
        ]
        charts = [self.chart(row) for row in list(best.values())[:MAX_CHARTS]]
        legend = (
            "Bars: different authors in each bucket, orange in alarm. Grey band: where 95% of the "
            "counts lie without a trend. Ordered by the lower end of the ratio to the usual rate."
        )
        sections = [
            Section("Entities", [legend], charts=charts),
            Section("Alarms", tables=[trend_table(self._rows)]),
        ]
        return Page("Trends", "All times are in UTC.", cards, sections)

    def points(self, key: str) -> list[Point]:
        """Return an entity's points; a bucket that does not mention it has none."""
        points = []
        for closed in self._buckets:
            place = int(np.searchsorted(np.array(closed.counts.forms, dtype=object), key))
            if place == len(closed.counts.forms) or closed.counts.forms[place] != key:
                continue
            one = slice(place, place + 1)
            low, high = expected_band(closed.expected[one], closed.size[one])
            authors = int(closed.counts.authors[place])
            expected = float(closed.expected[place])
            is_alarm = bool(closed.alarms[place])
            points.append(
                Point(closed.start, authors, float(low[0]), float(high[0]), expected, is_alarm)
            )
        return points

    def chart(self, row: Row) -> Chart:
        """Draw the counts of an entity."""
        from matplotlib import ticker

        dates: Any = import_module("matplotlib.dates")

        points = self.points(row["key"])
        frame = pd.DataFrame(points)
        times = pd.to_datetime(frame["start"], unit="ms")
        first = self._buckets[0].start
        width = self._buckets[0].end - first
        with canvas(4.6, 2.2) as drawing:
            axes = drawing.axes()
            colours = [ORANGE if point.is_alarm else BLUE for point in points]
            bar = pd.Timedelta(width, unit="ms")
            axes.fill_between(times, frame["low"], frame["high"], color=PALE, alpha=0.6)
            axes.plot(times, frame["expected"], color=MUTED, linewidth=1)
            axes.bar(times, frame["authors"], width=bar, color=colours, align="edge")
            axes.yaxis.set_major_locator(ticker.MaxNLocator(4, integer=True))
            span = [first, self._buckets[-1].end]
            axes.set_xlim(*pd.to_datetime(span, unit="ms"))
            axes.xaxis.set_major_locator(dates.AutoDateLocator(maxticks=6))
            axes.xaxis.set_major_formatter(
                dates.ConciseDateFormatter(axes.xaxis.get_major_locator())
            )
        return Chart(f"Authors who mention {row['entity']}", drawing.svg)
