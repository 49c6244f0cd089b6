"""Compare two models, or two recipes over several seeds, on the same gold: a page and its files."""

from pathlib import Path
from statistics import stdev
from typing import Any

import numpy as np
import numpy.typing as npt

from tweetner.evaluation import Interval, RecipeComparison, points
from tweetner.files import write_json
from tweetner.report import evaluation_charts as charts
from tweetner.report.pages import Card, Chart, Page, Section, write_texts
from tweetner.report.tables import Table, shown

RECIPES = (
    "Both sides have several seeds. The interval comes from 10,000 resamples of the tweets plus "
    "the variance between seeds (Welch), so this compares recipes."
)
MODELS = (
    "The interval comes from 10,000 resamples of the tweets. A side has one seed only, so this "
    "compares two models, not their recipes."
)


def write_comparison(folder: Path, data: str, comparison: RecipeComparison) -> Path:
    """Write `comparison.html`, `.md`, `.json` and `.csv` into a folder; return the page's path."""
    page = comparison_page(data, comparison)
    texts = {
        "comparison.html": page.to_html(),
        "comparison.md": page.to_markdown(),
        "comparison.csv": comparison_table(comparison).to_csv(),
    }
    write_texts(folder, texts)
    write_json(comparison_values(data, comparison), folder / "comparison.json")
    return folder / "comparison.html"


def comparison_page(data: str, comparison: RecipeComparison) -> Page:
    """Return the page of one comparison."""
    overall = comparison.differences[0]
    cards = [
        Card("Difference", f"{points(overall.difference)} F1", overall.verdict),
        *(
            _side_card(name, f1[:, 0])
            for name, f1 in zip(comparison.names, comparison.f1, strict=True)
        ),
    ]
    rows = list(zip(comparison.columns, comparison.differences, strict=True))
    text = [
        RECIPES if min(map(len, comparison.f1)) > 1 else MODELS,
        "The verdict is about all types together; single types show where a difference comes from.",
    ]
    chart = Chart("Differences of F1", charts.differences(rows))
    table = comparison_table(comparison)
    section = Section(comparison.sentence, text, charts=[chart], tables=[table])
    subtitle = (
        f"on {data}: {comparison.n_tweets:,} tweets, {comparison.n_gold[0]:,} gold entities. "
        "Entity F1: exact, conlleval's reading, in percent."
    )
    return Page(f"{comparison.names[0]} against {comparison.names[1]}", subtitle, cards, [section])


def comparison_table(comparison: RecipeComparison) -> Table:
    """Return F1 of both sides and their difference, for all types together and for each."""
    a, b = (f1.mean(axis=0).tolist() for f1 in comparison.f1)  # one for each column
    found = comparison.differences
    differences = [one.difference for one in found]
    intervals = [Interval(one.difference, one.low, one.high) for one in found]
    columns = (comparison.columns, a, b, differences, intervals, comparison.n_gold)
    heads = [f"F1 of {name}" for name in comparison.names]
    return Table(
        "", ["type", *heads, "difference", "95%", "gold"], list(zip(*columns, strict=True))
    )


def comparison_values(data: str, comparison: RecipeComparison) -> dict[str, Any]:
    """Return every figure, with F1 of each seed, as plain values for JSON."""
    a, b = (f1.T.tolist() for f1 in comparison.f1)  # for each column a list of seeds
    columns = zip(comparison.columns, comparison.n_gold, a, b, comparison.differences, strict=True)
    rows = [
        {"type": column, "gold": n, "f1_a": f1_a, "f1_b": f1_b, **found._asdict()}
        for column, n, f1_a, f1_b, found in columns
    ]
    name_a, name_b = comparison.names
    return {"data": data, "n_tweets": comparison.n_tweets, "a": name_a, "b": name_b, "rows": rows}


def _side_card(name: str, f1: npt.NDArray[np.float64]) -> Card:
    values = f1.tolist()
    note = "one seed"
    if len(values) > 1:
        note = f"mean of {len(values)} seeds, sd {shown(stdev(values))}"
    return Card(name, shown(float(f1.mean())), note)
