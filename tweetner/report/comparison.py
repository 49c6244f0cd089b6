"""Two models, or two recipes over several seeds, compared on the same gold, as a page and its files."""

import json
from pathlib import Path
from statistics import stdev

import numpy as np
import numpy.typing as npt

from tweetner.evaluation import Interval, RecipeComparison, points
from tweetner.report import plots
from tweetner.report.html import Card, Page, Section
from tweetner.report.tables import Cell, Table, shown


def write_comparison(folder: Path, data: str, comparison: RecipeComparison) -> Path:
    """Write `comparison.html`, `.md`, `.json` and `.csv` into a folder; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    page = comparison_page(data, comparison)
    for suffix, text in (
        ("html", page.to_html()),
        ("md", page.to_markdown()),
        ("json", comparison_json(data, comparison)),
        ("csv", comparison_table(comparison).to_csv()),
    ):
        (folder / f"comparison.{suffix}").write_text(text, encoding="utf-8")
    return folder / "comparison.html"


def comparison_page(data: str, comparison: RecipeComparison) -> Page:
    """The page of one comparison."""
    cards = [
        Card(
            "Difference",
            f"{points(comparison.differences[0].difference)} F1",
            comparison.differences[0].verdict,
        )
    ]
    cards += [
        _side_card(name, f1[:, 0]) for name, f1 in zip(comparison.names, comparison.f1, strict=True)
    ]
    rows = list(zip(comparison.columns, comparison.differences, strict=True))
    seeds = [len(f1) for f1 in comparison.f1]
    how = (
        "Both sides have several seeds: tweets are drawn again 10,000 times and the seeds' spread is added (Welch), "
        "so this compares recipes."
        if min(seeds) > 1
        else "Tweets are drawn again 10,000 times. With one seed on a side this compares two models, not their recipes."
    )
    section = Section(
        comparison.sentence,
        [
            how,
            "The verdict is on all types together; single types are there to see where a difference comes from.",
        ],
        plots=[("differences of F1", plots.differences(rows))],
        tables=[comparison_table(comparison)],
    )
    subtitle = (
        f"on {data}: {comparison.n_tweets:,} tweets, {comparison.n_gold[0]:,} gold entities. Entity F1: exact, conlleval's "
        "reading, in percent."
    )
    return Page(f"{comparison.names[0]} against {comparison.names[1]}", subtitle, cards, [section])


def comparison_table(comparison: RecipeComparison) -> Table:
    """F1 of both recipes and their difference, all types together and each."""
    means = [f1.mean(axis=0) for f1 in comparison.f1]
    rows: list[list[Cell]] = [
        [
            column,
            float(a),
            float(b),
            found.difference,
            Interval(found.difference, found.low, found.high),
            n,
        ]
        for column, a, b, found, n in zip(
            comparison.columns, *means, comparison.differences, comparison.n_gold, strict=True
        )
    ]
    return Table(
        "",
        [
            "type",
            f"F1 of {comparison.names[0]}",
            f"F1 of {comparison.names[1]}",
            "difference",
            "95%",
            "gold",
        ],
        rows,
    )


def comparison_json(data: str, comparison: RecipeComparison) -> str:
    """Every figure, F1 of each seed too; strict JSON, so never NaN."""
    rows = [
        {"type": column, "gold": n, "f1_a": a.tolist(), "f1_b": b.tolist(), **found._asdict()}
        for column, n, a, b, found in zip(
            comparison.columns,
            comparison.n_gold,
            comparison.f1[0].T,
            comparison.f1[1].T,
            comparison.differences,
            strict=True,
        )
    ]
    values = {
        "data": data,
        "n_tweets": comparison.n_tweets,
        "a": comparison.names[0],
        "b": comparison.names[1],
        "rows": rows,
    }
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _side_card(name: str, f1: npt.NDArray[np.float64]) -> Card:
    values = f1.tolist()
    note = (
        f"mean of {len(values)} seeds, sd {shown(stdev(values))}" if len(values) > 1 else "one seed"
    )
    return Card(name, shown(float(f1.mean())), note)
