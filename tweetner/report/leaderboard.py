"""The files of a leaderboard: a page and a chart for people, CSV and JSON for programs."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tweetner.evaluation import N_TIMED, Entry, Leaderboard, points
from tweetner.files import write_json
from tweetner.report.leaderboard_charts import draw
from tweetner.report.machine import machine
from tweetner.report.pages import Chart, Page, Section
from tweetner.report.tables import Cell, Table

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
    rows = [facts_of(entry) for entry in board.entries]
    values = {
        "data": board.data,
        "n_tweets": board.n_tweets,
        "n_entities": board.n_entities,
        "n_unseen": board.n_unseen,
        "machine": machine("torch", "transformers", "numpy"),
        "models": rows,
    }
    write_json(values, folder / "comparison.json")
    table = pd.DataFrame(rows, dtype=object)
    table.to_csv(folder / "comparison.csv", index=False, lineterminator="\n")
    chart = Chart("the models as a chart", draw(board, folder / "comparison.png"))
    page = leaderboard_page(board, chart)
    markdown = page.to_markdown() + "\n![the same as a chart](comparison.png)\n"
    (folder / "comparison.md").write_text(markdown, encoding="utf-8")
    (folder / "comparison.html").write_text(page.to_html(), encoding="utf-8")


def facts_of(entry: Entry) -> dict[str, str | int | float | None]:
    """Return an entry as plain values on one level; ratios are fractions of 1."""
    unseen, difference = entry.unseen_recall, entry.against_best
    return {
        "model": entry.model,
        "revision": entry.revision,
        "decoder": entry.decoder,
        "entity_f1": entry.entity_f1.value,
        "entity_f1_low": entry.entity_f1.low,
        "entity_f1_high": entry.entity_f1.high,
        "verdict": entry.verdict,
        "difference": difference.difference if difference else None,
        "difference_low": difference.low if difference else None,
        "difference_high": difference.high if difference else None,
        "unseen_recall": unseen.value if unseen else None,
        "unseen_recall_low": unseen.low if unseen else None,
        "unseen_recall_high": unseen.high if unseen else None,
        "token_macro_f1": entry.token_macro_f1,
        "roc_auc": entry.roc_auc,
        "pr_auc": entry.pr_auc,
        "n_in_training": entry.n_in_training,
        "n_parameters": entry.n_parameters,
        "n_bytes": entry.n_bytes,
        "latency_ms": entry.latency_ms,
    }


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


def _row(entry: Entry) -> list[Cell]:
    return [
        entry.model,
        entry.entity_f1.value,
        entry.entity_f1,
        _beside_best(entry),
        entry.unseen_recall.value if entry.unseen_recall else None,
        entry.token_macro_f1,
        entry.roc_auc,
        entry.pr_auc,
        entry.n_parameters,
        f"{entry.n_bytes / 1e6:,.1f}",
        f"{entry.latency_ms:,.2f}",
    ]


def _beside_best(entry: Entry) -> str:
    found = entry.against_best
    if found is None:
        return entry.verdict
    return (
        f"{entry.verdict}: {points(found.difference)} ({points(found.low)} to {points(found.high)})"
    )
