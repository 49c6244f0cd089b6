"""The files of an evaluation: HTML and Markdown for people, JSON and CSV for programs."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from tweetner.evaluation import Counts, EntityScores, Error, Evaluation
from tweetner.files import write_json
from tweetner.report.evaluation import Subject, evaluation_page, type_table
from tweetner.report.pages import write_texts
from tweetner.report.tables import Table
from tweetner.tags import Entity

ERROR_COLUMNS = [
    "tweet",
    "category",
    "gold type",
    "gold",
    "predicted type",
    "predicted",
    "score",
    "text",
]


def write_report(folder: Path, subject: Subject, evaluation: Evaluation) -> None:
    """Write the page, `evaluation.json`, `types.csv` and `errors.csv` into a folder.

    The page is `report.html`, and without charts `report.md`.
    """
    page = evaluation_page(subject, evaluation)
    texts = {
        "report.html": page.to_html(),
        "report.md": page.to_markdown(),
        "types.csv": type_table(evaluation).to_csv(),
        "errors.csv": error_table(evaluation.errors).to_csv(),
    }
    write_texts(folder, texts)
    write_json(evaluation_values(subject, evaluation), folder / "evaluation.json")


def error_table(errors: Sequence[Error]) -> Table:
    """Return a row for every error; tweets are numbered from 1."""
    return Table("", ERROR_COLUMNS, [_error_row(error) for error in errors])


def evaluation_values(subject: Subject, evaluation: Evaluation) -> dict[str, Any]:
    """Return every figure as plain values for JSON, without the tweets."""
    values: dict[str, Any] = _plain(evaluation)
    del values["pairs"], values["errors"], values["thresholds"]
    matches = evaluation.matches
    values["matches"] |= {"partial": _plain(matches.partial), "typed": _plain(matches.typed)}
    values["accuracy"] = list(evaluation.accuracy)
    values["token_auc"] = evaluation.token_auc and list(evaluation.token_auc)
    values["confusion"] = [
        [gold, predicted, n] for (gold, predicted), n in sorted(evaluation.confusion.items())
    ]
    values["robustness"] = {
        change: scores["by_type"] for change, scores in values["robustness"].items()
    }
    thresholds = []
    for threshold, kept in evaluation.thresholds:
        row = _plain(threshold) | {"here": _plain(kept)}
        del row["decoder"]  # every threshold here is of the decoder that `model` names
        thresholds.append(row)
    names = {"model": subject.model, "data": subject.data}
    sizes = {"n_tweets": evaluation.n_tweets, "n_words": evaluation.n_words}
    return names | sizes | values | {"thresholds": thresholds}


def _plain(value: Any) -> Any:
    """Return a value of dataclasses and named tuples as dictionaries and lists."""
    if isinstance(value, EntityScores):
        names = ("reading", "micro", "macro", "by_type")
        value = {name: getattr(value, name) for name in names}
    elif isinstance(value, Counts):
        value = value.to_dict()
    elif is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value


def _error_row(error: Error) -> list[object]:
    gold = _type_and_words(error.gold, error.words)
    predicted = _type_and_words(error.predicted, error.words)
    score = None if error.score is None else round(error.score, 4)
    return [error.tweet + 1, error.category, *gold, *predicted, score, " ".join(error.words)]


def _type_and_words(entity: Entity | None, words: Sequence[str]) -> tuple[str, str]:
    if entity is None:
        return "", ""
    return entity.type, " ".join(words[entity.start : entity.end])
