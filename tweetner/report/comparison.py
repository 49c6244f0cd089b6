"""Two models, or two recipes over several seeds, compared on the same gold, as a page and its files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import stdev

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.certainty import Comparison, Interval, compare, f1_of, tweet_counts
from tweetner.evaluation.entities import Tags
from tweetner.report import plots
from tweetner.report.html import Card, Page, Section
from tweetner.report.tables import Cell, Table, shown


@dataclass(frozen=True)
class Sides:
    """Two sides' F1, all types together and of each type, and what may be said of the difference.

    Attributes:
        names: Of A and of B.
        columns: `all types`, then every type.
        n_tweets: Of the gold.
        n_gold: Gold entities of each column.
        f1: F1 of each seed of A, then of each seed of B: two arrays (seeds, columns).
        comparisons: A against B, one for each column.
    """

    names: tuple[str, str]
    columns: list[str]
    n_tweets: int
    n_gold: list[int]
    f1: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    comparisons: list[Comparison]

    @property
    def sentence(self) -> str:
        """The finding as a sentence."""
        a, b = self.names
        found = self.comparisons[0]
        numbers = f"{points(found.difference)} F1, 95%: {points(found.low)} to {points(found.high)}"
        if found.verdict == "cannot tell":
            return f"Cannot tell whether {a} or {b} is better ({numbers})."
        return f"{a} is {found.verdict} than {b} ({numbers})."


def compare_sides(
    names: tuple[str, str], gold: Tags, a: Sequence[Tags], b: Sequence[Tags], types: Sequence[str]
) -> Sides:
    """Compare the predictions of each seed of A with those of each seed of B."""
    sides = []
    for runs in (a, b):
        counts = np.stack([tweet_counts(gold, run, types) for run in runs])
        sides.append(np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2))
    f1 = [f1_of(side.sum(axis=1).astype(np.float64)) for side in sides]
    n_gold = sides[0][0, :, :, 2].sum(axis=0).tolist()
    return Sides(names, ["all types", *types], len(gold), n_gold, (f1[0], f1[1]), compare(sides[0], sides[1]))


def write_comparison(folder: Path, data: str, sides: Sides) -> Path:
    """Write `comparison.html`, `.md`, `.json` and `.csv` into a folder; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = comparison_page(data, sides)
    for suffix, text in (
        ("html", page.to_html()),
        ("md", page.to_markdown()),
        ("json", comparison_json(data, sides)),
        ("csv", comparison_table(sides).to_csv()),
    ):
        (folder / f"comparison.{suffix}").write_text(text, encoding="utf-8")
    return folder / "comparison.html"


def comparison_page(data: str, sides: Sides) -> Page:
    """The page of one comparison."""
    cards = [Card("Difference", f"{points(sides.comparisons[0].difference)} F1", sides.comparisons[0].verdict)]
    cards += [_side_card(name, f1[:, 0]) for name, f1 in zip(sides.names, sides.f1, strict=True)]
    rows = list(zip(sides.columns, sides.comparisons, strict=True))
    seeds = [len(f1) for f1 in sides.f1]
    how = (
        "Both sides have several seeds: tweets are drawn again 10,000 times and the seeds' spread is added (Welch), "
        "so this compares recipes."
        if min(seeds) > 1
        else "Tweets are drawn again 10,000 times. With one seed on a side this compares two models, not their recipes."
    )
    section = Section(
        sides.sentence,
        [how, "The verdict is on all types together; single types are there to see where a difference comes from."],
        plots=[("differences of F1", plots.differences(rows))],
        tables=[comparison_table(sides)],
    )
    subtitle = (
        f"on {data}: {sides.n_tweets:,} tweets, {sides.n_gold[0]:,} gold entities. Entity F1: exact, conlleval's "
        "reading, in percent."
    )
    return Page(f"{sides.names[0]} against {sides.names[1]}", subtitle, cards, [section])


def comparison_table(sides: Sides) -> Table:
    """F1 of both sides and their difference, all types together and each."""
    means = [f1.mean(axis=0) for f1 in sides.f1]
    rows: list[list[Cell]] = [
        [column, float(a), float(b), found.difference, Interval(found.difference, found.low, found.high), n]
        for column, a, b, found, n in zip(sides.columns, *means, sides.comparisons, sides.n_gold, strict=True)
    ]
    return Table("", ["type", f"F1 of {sides.names[0]}", f"F1 of {sides.names[1]}", "difference", "95%", "gold"], rows)


def comparison_json(data: str, sides: Sides) -> str:
    """Every figure, F1 of each seed too; strict JSON, so never NaN."""
    rows = [
        {"type": column, "gold": n, "f1_a": a.tolist(), "f1_b": b.tolist(), **found._asdict()}
        for column, n, a, b, found in zip(
            sides.columns, sides.n_gold, sides.f1[0].T, sides.f1[1].T, sides.comparisons, strict=True
        )
    ]
    values = {"data": data, "n_tweets": sides.n_tweets, "a": sides.names[0], "b": sides.names[1], "rows": rows}
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def points(difference: float) -> str:
    """A difference of ratios in points, with its sign."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"  # + 0.0 makes -0.0 a plain zero


def _side_card(name: str, f1: npt.NDArray[np.float64]) -> Card:
    values = f1.tolist()
    note = f"mean of {len(values)} seeds, sd {shown(stdev(values))}" if len(values) > 1 else "one seed"
    return Card(name, shown(float(f1.mean())), note)
