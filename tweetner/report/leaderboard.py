"""The files of a leaderboard: Markdown and PNG for people, CSV and JSON for programs."""

import csv
import json
from pathlib import Path

from tweetner.evaluation import N_TIMED, Entry, Leaderboard, points
from tweetner.report.html import Page, Section
from tweetner.report.leaderboard_chart import draw
from tweetner.report.machine import machine
from tweetner.report.tables import Cell, Table

COLUMNS = (
    "model", "entity F1", "95%", "beside the best", "recall of unseen names", "word macro F1", "ROC-AUC", "PR-AUC",
    "parameters", "MB", "ms a tweet",
)  # fmt: skip


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
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / "comparison.json").write_text(text, encoding="utf-8")
    with (folder / "comparison.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (folder / "comparison.md").write_text(
        to_markdown(board) + "\n![the same as a chart](comparison.png)\n", encoding="utf-8"
    )
    chart = draw(board, folder / "comparison.png")
    (folder / "comparison.html").write_text(to_page(board, chart).to_html(), encoding="utf-8")


def facts_of(entry: Entry) -> dict[str, str | int | float | None]:
    """An entry as plain values on one level; ratios are fractions of 1."""
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


def to_markdown(board: Leaderboard) -> str:
    """The table with what its columns mean."""
    notes = "\n".join(f"- {note}" for note in _notes(board))
    return "\n\n".join(
        [
            f"# Models on {board.data}",
            _subtitle(board),
            *_warnings(board),
            _table(board).to_markdown(),
            notes + "\n",
        ]
    )


def to_page(board: Leaderboard, chart: str) -> Page:
    """The same as a page with the chart (SVG) in it."""
    section = Section(
        "Quality and cost",
        warnings=_warnings(board),
        plots=[("the models as a chart", chart)],
        tables=[_table(board)],
    )
    return Page(
        f"Models on {board.data}",
        _subtitle(board),
        [],
        [section, Section("Columns", _notes(board))],
    )


def _subtitle(board: Leaderboard) -> str:
    return f"{board.n_tweets:,} tweets, {board.n_entities:,} entities. Ratios in percent."


def _warnings(board: Leaderboard) -> list[str]:
    return [
        f"Warning: {entry.n_in_training:,} of these tweets are in the training text of {entry.model}."
        for entry in board.entries
        if entry.n_in_training
    ]


def _notes(board: Leaderboard) -> list[str]:
    here = machine()
    return [
        "beside the best: difference of entity F1 in points and its 95% interval, the same tweets drawn again 10,000 "
        "times; this compares these models, one run each, not their recipes.",
        f"recall of unseen names: of the {board.n_unseen:,} entities whose name is in no training text of these "
        "models.",
        "word macro F1, ROC-AUC, PR-AUC: over words, macro, as in the reference notebook.",
        "MB: the whole published folder.",
        f"ms a tweet: median wall-clock time of {N_TIMED} tweets given one by one; {here['processor']}, threads: "
        f"{here['threads']}.",
    ]


def _table(board: Leaderboard) -> Table:
    return Table("", COLUMNS, [_row(entry) for entry in board.entries])


def _row(entry: Entry) -> list[Cell]:
    return [
        entry.model,
        entry.entity_f1.value,
        entry.entity_f1,
        _beside(entry),
        entry.unseen_recall.value if entry.unseen_recall else None,
        entry.token_macro_f1,
        entry.roc_auc,
        entry.pr_auc,
        entry.n_parameters,
        f"{entry.n_bytes / 1e6:,.1f}",
        f"{entry.latency_ms:,.2f}",
    ]


def _beside(entry: Entry) -> str:
    found = entry.against_best
    if found is None:
        return entry.verdict
    return (
        f"{entry.verdict}: {points(found.difference)} ({points(found.low)} to {points(found.high)})"
    )
