"""The model card: a published model's README.md, written from the figures of its evaluation.

The same facts give the same text, without dates or timings, so a model's revision depends on the model alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import yaml

from tweetner.hub.metrics import Metrics, Scores, Threshold

# the folders of a path from / or ~, as in "--data=/home/me/wnut16"; not those of "https://x.org/y" or "tweetner/y"
FOLDERS_OF_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/~<-])~?/(?:[^\s'\"`/|]+/)*(?=[^\s'\"`/|])")

EXAMPLE = "just landed in Berlin with @nina"


@dataclass(frozen=True)
class CardScore:
    """Entity-level scores on one split under one decoder, as fractions: `{"f1": 0.4515, "precision": 0.5, ...}`."""

    dataset: str
    split: str
    decoder: str
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a model card says.

    Attributes:
        name: The model's full name, as in `tweetner/distilbert-wnut16`.
        summary: One sentence: what the model is and how it was made.
        types: The types it finds.
        dataset: The corpus of training, as in `wnut16`.
        splits: Counts for each split, as in `{"train": {"tweets": 2394, "entities": 1496}}`; the same counts for all.
        data_note: Where the corpus is from, under which terms, and what that means for privacy.
        command: The command that made the model. Of an absolute path only the last name is printed, here as elsewhere.
        decoder: The folder's own decoder, which the stock pipeline uses.
        scores: The rows of the score table and of the `model-index`.
        versions: Package → version.
        base_model: The pretrained model that it started from.
        calibration: A paragraph on what the scores of entities mean.
        thresholds: The certified thresholds.
        limits: Further limits, a sentence each.
        license: An SPDX identifier in lower case.
        library_name: `transformers`, or another one when the stock pipeline cannot load the folder.
        custom_code: Whether the stock pipeline needs our model class.
    """

    name: str
    summary: str
    types: Sequence[str]
    dataset: str
    splits: Mapping[str, Mapping[str, int]]
    data_note: str
    command: str
    decoder: str
    scores: Sequence[CardScore]
    versions: Mapping[str, str]
    base_model: str | None = None
    calibration: str | None = None
    thresholds: Sequence[Threshold] = ()
    limits: Sequence[str] = ()
    license: str = "apache-2.0"
    library_name: str = "transformers"
    custom_code: bool = False


def model_card(facts: CardFacts) -> str:
    """The text of README.md: YAML front matter that the Hugging Face hub reads, then Markdown.

    Raises:
        ValueError: A score is not a fraction.
    """
    front_matter = yaml.safe_dump(_metadata(facts), sort_keys=False, allow_unicode=True, width=1000)
    sections = [
        f"---\n{front_matter}---",
        f"# {facts.name}",
        facts.summary,
        f"## Types\n\n{', '.join(f'`{type_}`' for type_ in facts.types)}",
        f"## Use\n\n{_use(facts)}",
        f"## Scores\n\n{_scores(facts.scores)}",
        f"## Data\n\n{_data(facts)}",
        f"## Calibration\n\n{facts.calibration}" if facts.calibration else "",
        f"## Accepting entities unread\n\n{_thresholds(facts.thresholds)}"
        if facts.thresholds
        else "",
        f"## Limits\n\n{_limits(facts)}",
        f"## How it was made\n\n```\n{facts.command}\n```\n\n{_table(['package', 'version'], facts.versions.items())}",
    ]
    text = "\n\n".join(section for section in sections if section) + "\n"
    return FOLDERS_OF_ABSOLUTE_PATH.sub("", text)


def _metadata(facts: CardFacts) -> dict[str, Any]:
    tags = ["named-entity-recognition", "ner", "twitter"]
    metadata: dict[str, Any] = {
        "language": "en",
        "license": facts.license,
        "library_name": facts.library_name,
        "pipeline_tag": "token-classification",
        "tags": tags + ["custom_code"] * facts.custom_code,
        "datasets": [facts.dataset],
    }
    if facts.base_model:
        metadata["base_model"] = facts.base_model
    if facts.scores:
        metadata["metrics"] = _metrics(facts.scores)
        metadata["model-index"] = [
            {"name": facts.name, "results": [_result(score) for score in facts.scores]}
        ]
    return metadata


def _result(score: CardScore) -> dict[str, Any]:
    """One row of scores as Hugging Face's `model-index` has it."""
    for metric, value in score.metrics.items():
        if not 0 <= value <= 1:
            raise ValueError(
                f"expected {metric} of {score.dataset}:{score.split} as a fraction, got {value}"
            )
    return {
        "task": {"type": "token-classification", "name": "Named entity recognition"},
        "dataset": {"type": score.dataset, "name": score.dataset, "split": score.split},
        "metrics": [
            {
                "type": metric,
                "name": f"entity {_title(metric)} ({score.decoder})",
                "value": float(value),
            }
            for metric, value in score.metrics.items()
        ],
    }


def _metrics(scores: Sequence[CardScore]) -> list[str]:
    """The metrics of all rows, each once, in the order of their first use."""
    return list(dict.fromkeys(metric for score in scores for metric in score.metrics))


def _title(metric: str) -> str:
    return "F1" if metric == "f1" else metric.replace("_", " ")


def _use(facts: CardFacts) -> str:
    load = f'import tweetner\n\ntagger = tweetner.load("{facts.name}")\ntagger("{EXAMPLE}")'
    ours = (
        f"With the `tweetner` package, entities with offsets and scores:\n\n```python\n{load}\n```"
    )
    if facts.library_name != "transformers":
        return ours
    lines = ["from transformers import pipeline", ""]
    if facts.custom_code:
        lines += [
            "import tweetner.models  # registers the model's class; else pass trust_remote_code=True",
            "",
        ]
    lines += [
        f'tagger = pipeline("token-classification", model="{facts.name}", aggregation_strategy="first")',
        f'tagger("{EXAMPLE}")',
    ]
    stock = (
        f"With the stock pipeline, which decodes by `{facts.decoder}` here "
        "(`HF_HUB_CACHE=outputs/hub HF_HUB_OFFLINE=1` finds the name in the local hub):"
    )
    return "\n".join([stock, "", "```python", *lines, "```", "", ours])


def _scores(scores: Sequence[CardScore]) -> str:
    if not scores:
        return "Not evaluated."
    metrics = _metrics(scores)
    rows = [
        [
            score.dataset,
            score.split,
            score.decoder,
            *(_percent(score.metrics.get(metric)) for metric in metrics),
        ]
        for score in scores
    ]
    header = ["dataset", "split", "decoder", *map(_title, metrics)]
    return f"Percent, of whole entities: right means the same words and the same type.\n\n{_table(header, rows)}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f}"


def _data(facts: CardFacts) -> str:
    counts = list(next(iter(facts.splits.values()), {}))
    rows = [
        [split, *(f"{row[count]:,}" for count in counts)] for split, row in facts.splits.items()
    ]
    table = _table([f"`{facts.dataset}`", *counts], rows)
    return f"{table}\n\n{facts.data_note} The tweets are not part of this folder."


def _thresholds(thresholds: Sequence[Threshold]) -> str:
    confidence, on = thresholds[0].confidence, thresholds[0].on
    rows = [
        [
            row.decoder,
            f"{100 * row.precision:.0f}",
            "not proven" if row.score is None else f"{row.score:.2f}",
            "" if row.score is None else f"{row.n_right:,} of {row.n:,}",
        ]
        for row in thresholds
    ]
    return (
        "Of the entities that reach a score at least the wanted percent are right, with "
        f"{100 * confidence:.0f}% confidence in each row by itself. Proven on {on}; the promise is for tweets like "
        "those.\n\n" + _table(["decoder", "wanted", "from score", "right there"], rows)
    )


def _limits(facts: CardFacts) -> str:
    limits = [
        "Made for tweets in English; other languages and edited text were not measured.",
        "Finds the types above and no others.",
        "A small difference between two models on one test set is no finding without a paired test.",
        "Tweets name real people: what the model finds can be wrong, and is no ground for decisions about a person.",
    ]
    return "\n".join(f"- {limit}" for limit in [*limits, *facts.limits])


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(_table(["split", "F1"], [["test", "45.15"]]))
    | split | F1 |
    |---|---|
    | test | 45.15 |
    """
    lines = [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
        for row in [header, *rows]
    ]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]])


DATA_NOTES = {
    "wnut16": (
        "WNUT 2016 shared task on named entity recognition in Twitter (Strauss, Toma, Ritter, de Marneffe, Xu 2016), "
        "from the public repository `aritter/twitter_nlp`; the tweets remain their authors'."
    ),
    "sample": "Tweets written for the tweetner project, none of them real; scores on them say nothing about Twitter.",
}


METRICS = ("f1", "precision", "recall")


def card_scores(dataset: str, scores: Scores) -> list[CardScore]:
    """Return the rows of a card's score table."""
    return [
        CardScore(dataset, split, decoder, {metric: found.entities[metric] for metric in METRICS})
        for split, by_decoder in scores.items()
        for decoder, found in by_decoder.items()
    ]


def data_note(data: str, *, holds_words: bool) -> str:
    """Where a corpus is from and under which terms; and whether the model's vocabulary holds words of it."""
    note = DATA_NOTES.get(data, "A corpus of the user's own.")
    return note + (" The vocabulary holds words that occur in them." if holds_words else "")


def calibration_note(metrics: Metrics) -> str:
    """Say what a score is and how it was calibrated."""
    temperature, on = metrics.temperature, metrics.temperature_on
    score = "An entity's score is the mean over its words of the emitted tag's probability. "
    if temperature is None or temperature == 1:
        return f"{score}No temperature was fitted: too few entities were found in {on}."
    return (
        f"{score}A temperature of {temperature:.3f} is folded into the weights, so that scores tell best (Brier score) "
        f"which entities are right. It was fitted on {on}."
    )


def command(script: str, config: Any, **values: object) -> str:
    """The command that repeats a run: a script and every option that is not a default."""
    given = {f.name: getattr(config, f.name) for f in fields(config)} | values
    changed = {f.name: given[f.name] for f in fields(config) if given[f.name] != f.default}
    options = [
        f"--{key} {' '.join(map(str, v)) if isinstance(v, tuple) else v}"
        for key, v in changed.items()
    ]
    return " ".join([script, *options])
