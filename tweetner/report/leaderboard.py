"""The files of a leaderboard: a page and a chart for people, CSV and JSON for programs."""

from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

import pandas as pd

from tweetner.evaluation import N_TIMED, Difference, Entry, Interval, Leaderboard, points
from tweetner.files import write_json
from tweetner.report.leaderboard_charts import draw
from tweetner.report.machine import machine
from tweetner.report.pages import Chart, Page, Section, write_texts
from tweetner.report.tables import Table

COLUMNS = [
    "model",
    "entity F1",
    "95%",
    "beside the best",
    "recall of unseen names",
    "word macro F1",
    "ROC-AUC",
    "PR-AUC",
    "parameters",
    "MB",
    "ms a tweet",
]


def write_leaderboard(folder: Path, board: Leaderboard) -> None:
    """Write `comparison.html`, `.md`, `.csv`, `.json` and `.png` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    values = asdict(board)
    del values["entries"]
    values["machine"] = machine("torch", "transformers", "numpy")
    values["models"] = [facts_of(entry) for entry in board.entries]
    write_json(values, folder / "comparison.json")
    chart = Chart("Scores, latency and size of each model", draw(board, folder / "comparison.png"))
    page = leaderboard_page(board, chart)
    models = pd.DataFrame(values["models"], dtype=object)
    texts = {
        "comparison.html": page.to_html(),
        "comparison.md": page.to_markdown() + "\n![the same as a chart](comparison.png)\n",
        "comparison.csv": models.to_csv(index=False, lineterminator="\n"),
    }
    write_texts(folder, texts)


def facts_of(entry: Entry) -> dict[str, str | int | float | None]:
    """Return an entry as plain values on one level; ratios are fractions of 1."""
    facts: dict[str, str | int | float | None] = {}
    for field in fields(entry):
        value = getattr(entry, field.name)
        if field.name == "against_best":
            facts["verdict"] = entry.verdict
            facts |= _with_interval("difference", value)
        elif field.name in ("entity_f1", "unseen_recall"):
            facts |= _with_interval(field.name, value)
        else:
            facts[field.name] = value
    return facts


def _with_interval(name: str, found: Interval | Difference | None) -> dict[str, float | None]:
    value, low, high = (None, None, None) if found is None else found[:3]
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def leaderboard_page(board: Leaderboard, *charts: Chart) -> Page:
    """Return the table of models, and what its columns mean."""
    subtitle = f"{board.n_tweets:,} tweets, {board.n_entities:,} entities. Ratios are in percent."
    warnings = [
        f"Warning: {entry.n_in_training:,} of these tweets are in the training text of "
        f"{entry.model}."
        for entry in board.entries
        if entry.n_in_training
    ]
    table = Table("", COLUMNS, [_row(entry) for entry in board.entries])
    sections = [
        Section("Quality and cost", warnings=warnings, charts=charts, tables=[table]),
        Section("Columns", list(_notes(board))),
    ]
    return Page(f"Models on {board.data}", subtitle, [], sections)


def _notes(board: Leaderboard) -> Iterator[str]:
    yield (
        "beside the best: difference of entity F1 in points, with the 95% interval of a paired "
        "bootstrap (10,000 resamples of the tweets). It compares these models, one run each, not "
        "their recipes."
    )
    yield (
        f"recall of unseen names: over the {board.n_unseen:,} entities whose name is not in the "
        "training text of any of these models."
    )
    yield "word macro F1, ROC-AUC, PR-AUC: over words, macro, as in the reference notebook."
    yield "MB: the whole published folder."
    here = machine()
    yield (
        f"ms a tweet: median wall-clock time over {N_TIMED} tweets tagged one by one; "
        f"{here['processor']}, threads: {here['threads']}."
    )


def _row(entry: Entry) -> list[object]:
    f1, unseen = entry.entity_f1, entry.unseen_recall
    quality = [entry.token_macro_f1, entry.roc_auc, entry.pr_auc]
    cost = [entry.n_parameters, f"{entry.n_bytes / 1e6:,.1f}", f"{entry.latency_ms:,.2f}"]
    unseen_recall = unseen.value if unseen else None
    name = entry.model.removeprefix("tweetner/")  # as the commands take it
    return [name, f1.value, f1, _beside_best(entry), unseen_recall, *quality, *cost]


def _beside_best(entry: Entry) -> str:
    found = entry.against_best
    if found is None:
        return entry.verdict
    return (
        f"{entry.verdict}: {points(found.difference)} ({points(found.low)} to {points(found.high)})"
    )
