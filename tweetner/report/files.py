"""The files of a report: HTML and Markdown for people, JSON and CSV for programs."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tweetner.evaluation import EntityScores, Error, Evaluation
from tweetner.report.evaluation import Subject, evaluation_page, type_table


def write_errors(errors: Sequence[Error], path: Path) -> None:
    """Write every error as CSV; tweets are numbered from 1."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            [
                "tweet",
                "category",
                "gold type",
                "gold",
                "predicted type",
                "predicted",
                "score",
                "text",
            ]
        )
        for error in errors:
            sides = [
                cell
                for entity in (error.gold, error.predicted)
                for cell in (
                    (entity.type, " ".join(error.words[entity.start : entity.end]))
                    if entity
                    else ("", "")
                )
            ]
            score = "" if error.score is None else round(error.score, 4)
            writer.writerow([error.tweet + 1, error.category, *sides, score, " ".join(error.words)])


def evaluation_json(subject: Subject, evaluation: Evaluation) -> str:
    """Every figure, without tweets; strict JSON, so never NaN."""
    values: dict[str, Any] = asdict(evaluation)
    del values["pairs"], values["errors"]
    for name in ("scores", "strict"):
        values[name] = _scores(getattr(evaluation, name))
    for name in ("boundary", "surface"):
        values[name] = getattr(evaluation, name).to_dict()
    values["matches"] |= {
        "partial": evaluation.matches.partial._asdict(),
        "typed": evaluation.matches.typed.to_dict(),
    }
    values["token_macro"] = evaluation.token_macro._asdict()
    values["intervals"] = {
        name: interval._asdict() for name, interval in evaluation.intervals.items()
    }
    values["groups"] = [
        asdict(group) | {"recall": group.recall._asdict()} for group in evaluation.groups
    ]
    values["confusion"] = [
        [gold, guess, n] for (gold, guess), n in sorted(evaluation.confusion.items())
    ]
    values["robustness"] = {
        change: _scores(scores)["by_type"] for change, scores in evaluation.robustness.items()
    }
    if evaluation.confidence:
        confidence = evaluation.confidence
        for name, found in (("calibration", confidence.calibration), ("before", confidence.before)):
            if found is not None:
                values["confidence"][name]["table"] = [row._asdict() for row in found.table]
        values["confidence"]["accepted"] = [point._asdict() for point in confidence.accepted]
        values["confidence"]["review"] = [point._asdict() for point in confidence.review]
    thresholds = [
        asdict(threshold)
        | {"here": kept and kept._asdict() | {"precision": kept.precision._asdict()}}
        for threshold, kept in evaluation.thresholds
    ]
    values = {"model": subject.model, "data": subject.data, **values, "thresholds": thresholds}
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_report(folder: Path, subject: Subject, evaluation: Evaluation) -> None:
    """Write `report.html`, `report.md`, `evaluation.json`, `types.csv` and `errors.csv` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    page = evaluation_page(subject, evaluation)
    for name, text in (
        ("report.html", page.to_html()),
        ("report.md", page.to_markdown()),
        ("evaluation.json", evaluation_json(subject, evaluation)),
        ("types.csv", type_table(evaluation).to_csv()),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    write_errors(evaluation.errors, folder / "errors.csv")


def _scores(scores: EntityScores) -> dict[str, Any]:
    return {
        "reading": scores.reading,
        "micro": scores.micro.to_dict(),
        "macro": scores.macro._asdict(),
        "by_type": {type_: counts.to_dict() for type_, counts in scores.by_type.items()},
    }
