"""The model card: a published model's README.md, written from the figures of its evaluation.

The same facts give the same text, without dates or timings, so that a model's revision depends on
the model alone.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tweetner.hub.folder import ModelFolder
from tweetner.hub.metrics import Metrics, Threshold

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

# the folders of a path from / or ~, as in "--data=/home/me/wnut16", but not those of
# "https://x.org/y" or "tweetner/y"
FOLDERS_OF_ABSOLUTE_PATH = re.compile(r"(?<![\w.:/~<-])~?/(?:[^\s'\"`/|]+/)*(?=[^\s'\"`/|])")

EXAMPLE = "just landed in Berlin with @nina"

METRICS = ("f1", "precision", "recall")

DATA_NOTES = {
    "wnut16": (
        "WNUT 2016 shared task on named entity recognition in Twitter (Strauss, Toma, Ritter, "
        "de Marneffe, Xu 2016), from the public repository `aritter/twitter_nlp`; the tweets "
        "belong to their authors."
    ),
    "sample": (
        "Tweets written for the tweetner project, none of them real; scores on them say nothing "
        "about Twitter."
    ),
}

LIMITS = (
    "Trained on tweets in the language `{language}`; other languages and edited text were not "
    "evaluated.",
    "Finds the types above and no others.",
    "A small difference between two models on one test set proves nothing without a paired test.",
    "Tweets name real people: predictions can be wrong, and must not be the basis of decisions "
    "about a person.",
)


@dataclass(frozen=True)
class CardScore:
    """Entity-level scores on one split under one decoder, as fractions: `{"f1": 0.4515, ...}`."""

    dataset: str
    split: str
    decoder: str
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """The facts that a model card states.

    Attributes:
        name: The model's full name, such as `tweetner/distilbert-wnut16`.
        summary: One sentence: what the model is and how it was trained.
        types: The entity types that it finds.
        dataset: The corpus that it was trained on, such as `wnut16`.
        splits: Counts of each split, such as `{"train": {"tweets": 2394, "entities": 1496}}`.
        data_note: Source, terms and privacy of the corpus.
        command: The command that trained the model.
        decoder: The decoder of the stock pipeline with this folder.
        scores: The rows of the score table and of the `model-index`.
        versions: The version of each package that trained the model.
        base_model: The pretrained model that training started from.
        calibration: A paragraph on the meaning of the scores of entities.
        thresholds: The certified thresholds.
        limits: Further limits, a sentence each.
        language: Code of the tweets' language.
        license: An SPDX identifier in lower case.
        library_name: `transformers`, or another name if the stock pipeline cannot load the folder.
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
    language: str = "en"
    license: str = "apache-2.0"
    library_name: str = "transformers"
    custom_code: bool = False


def card_facts(folder: ModelFolder, config: Any, *, holds_words: bool, **facts: Any) -> CardFacts:
    """Collect the facts of a card from a finished model folder and the config of its run.

    Args:
        folder: The model folder, with its scores.
        config: The run's config.
        holds_words: Whether the model's vocabulary contains words of the corpus.
        facts: The facts that the folder does not hold, as in `CardFacts`.
    """
    dataset = folder.metrics.data or Path(config.data).stem
    note = config.corpus_text or DATA_NOTES.get(dataset, "A corpus of the user's own.")
    if holds_words:
        note += " The model's vocabulary contains words of these tweets."
    scores = _card_scores(dataset, folder.metrics)
    calibration = _calibration_note(folder.metrics)
    library_name = "tweetner" if folder.family == "linear" else "transformers"
    return CardFacts(
        types=config.types,
        dataset=dataset,
        data_note=note,
        decoder=folder.stock_decoder,
        scores=scores,
        versions=folder.versions,
        calibration=calibration,
        thresholds=folder.thresholds,
        library_name=library_name,
        custom_code=folder.family == "ours",
        language=config.language,
        **facts,
    )


def model_card(facts: CardFacts) -> str:
    """Write the text of README.md: YAML front matter for the Hugging Face hub, then Markdown.

    An absolute path in any fact is reduced to its last name.

    Raises:
        ValueError: A score is not a fraction.
    """
    types = ", ".join(f"`{type_}`" for type_ in facts.types)
    own_limits = [limit.format(language=facts.language) for limit in LIMITS]
    limits = "\n".join(f"- {limit}" for limit in [*own_limits, *facts.limits])
    versions = _table(["package", "version"], facts.versions.items())
    sections = {
        "Types": types,
        "Use": _use(facts),
        "Scores": _scores(facts.scores),
        "Data": _data(facts),
        "Calibration": facts.calibration,
        "Accepting entities without review": _thresholds(facts.thresholds),
        "Limits": limits,
        "Training": f"```\n{facts.command}\n```\n\n{versions}",
    }
    parts = [f"---\n{_front_matter(facts)}\n---", f"# {facts.name}", facts.summary]
    parts += [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return FOLDERS_OF_ABSOLUTE_PATH.sub("", "\n\n".join(parts) + "\n")


def _front_matter(facts: CardFacts) -> str:
    """Return the metadata that Hugging Face's hub indexes, as YAML."""
    from huggingface_hub import ModelCardData

    tags = ["named-entity-recognition", "ner", "twitter"]
    optional: dict[str, Any] = {}
    if facts.base_model:
        optional["base_model"] = facts.base_model
    if facts.scores:
        optional["metrics"] = _metric_names(facts.scores)
        optional["model_name"] = facts.name
        optional["eval_results"] = _eval_results(facts.scores)
    metadata = ModelCardData(
        language=facts.language,
        license=facts.license,
        library_name=facts.library_name,
        pipeline_tag="token-classification",
        tags=tags + ["custom_code"] * facts.custom_code,
        datasets=[facts.dataset],
        **optional,
    )
    return metadata.to_yaml()


def _eval_results(scores: Sequence[CardScore]) -> list["EvalResult"]:
    """Return one result for each metric of each row of scores."""
    from huggingface_hub import EvalResult

    results = []
    for score in scores:
        for metric, value in score.metrics.items():
            if not 0 <= value <= 1:
                raise ValueError(
                    f"expected {metric} of {score.dataset}:{score.split} as a fraction, got {value}"
                )
            result = EvalResult(
                task_type="token-classification",
                task_name="Named entity recognition",
                dataset_type=score.dataset,
                dataset_name=score.dataset,
                dataset_split=score.split,
                metric_type=metric,
                metric_name=f"entity {_title(metric)} ({score.decoder})",
                metric_value=float(value),
            )
            results.append(result)
    return results


def _metric_names(scores: Sequence[CardScore]) -> list[str]:
    """Return the metrics of all rows, each once, in the order of their first use."""
    return list(dict.fromkeys(metric for score in scores for metric in score.metrics))


def _title(metric: str) -> str:
    return "F1" if metric == "f1" else metric.replace("_", " ")


USE_OURS = """\
With the `tweetner` package, entities with offsets and scores:

```python
import tweetner

tagger = tweetner.load("{name}")
tagger("{example}")
```"""

USE_STOCK = """\
With the stock pipeline, which decodes by `{decoder}` here (`HF_HUB_CACHE=outputs/hub \
HF_HUB_OFFLINE=1` finds the name in the local hub):

```python
from transformers import pipeline

{registration}tagger = pipeline(
    "token-classification", model="{name}", aggregation_strategy="first"
)
tagger("{example}")
```

"""

REGISTRATION = (
    "import tweetner.models  # registers the model's class; else pass trust_remote_code=True\n\n"
)


def _use(facts: CardFacts) -> str:
    text = USE_STOCK + USE_OURS if facts.library_name == "transformers" else USE_OURS
    registration = REGISTRATION if facts.custom_code else ""
    return text.format(
        name=facts.name, decoder=facts.decoder, example=EXAMPLE, registration=registration
    )


def _scores(scores: Sequence[CardScore]) -> str:
    if not scores:
        return "Not evaluated."
    metrics = _metric_names(scores)
    rows = []
    for score in scores:
        values = [_percent(score.metrics.get(metric)) for metric in metrics]
        rows.append([score.dataset, score.split, score.decoder, *values])
    table = _table(["dataset", "split", "decoder", *map(_title, metrics)], rows)
    return (
        "In percent, over whole entities: a prediction is correct if its words and its type are "
        f"those of a gold entity.\n\n{table}"
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f}"


def _data(facts: CardFacts) -> str:
    columns = list(next(iter(facts.splits.values()), {}))
    rows = []
    for split, counts in facts.splits.items():
        rows.append([split, *(f"{counts[column]:,}" for column in columns)])
    table = _table([f"`{facts.dataset}`", *columns], rows)
    return f"{table}\n\n{facts.data_note} The tweets are not part of this folder."


def _thresholds(thresholds: Sequence[Threshold]) -> str:
    if not thresholds:
        return ""
    rows = []
    for row in thresholds:
        precision = f"{100 * row.precision:.0f}%"
        if row.score is None:
            rows.append([row.decoder, precision, "not certified", ""])
        else:
            correct = f"{row.n_right:,} of {row.n:,}"
            rows.append([row.decoder, precision, f"{row.score:.2f}", correct])
    return (
        "Entities with at least this score have at least the stated precision, with "
        f"{100 * thresholds[0].confidence:.0f}% confidence (each row separately). Certified on "
        f"{thresholds[0].on}; this holds for tweets from the same source.\n\n"
        + _table(["decoder", "precision", "minimum score", "correct when certified"], rows)
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table of texts."""
    import pandas as pd

    frame = pd.DataFrame(list(rows), columns=list(header))
    escaped = frame.map(lambda cell: cell.replace("|", "\\|"))
    return str(escaped.to_markdown(index=False, disable_numparse=True))


def _card_scores(dataset: str, metrics: Metrics) -> list[CardScore]:
    """Return the rows of the score table."""
    rows = []
    for split, by_decoder in metrics.scores.items():
        for decoder, scores in by_decoder.items():
            shown = {metric: scores.entities[metric] for metric in METRICS}
            rows.append(CardScore(dataset, split, decoder, shown))
    return rows


def _calibration_note(metrics: Metrics) -> str | None:
    """Say what a score is and how it was calibrated; None for a model without calibration."""
    if metrics.temperature is None:
        return None
    score = "An entity's score is the mean over its words of the emitted tag's probability. "
    if metrics.temperature == 1:
        return (
            f"{score}No temperature was fitted: too few entities were found in "
            f"{metrics.temperature_on}."
        )
    return (
        f"{score}A temperature of {metrics.temperature:.3f}, which minimizes the Brier score of "
        "the entities' scores, is folded into the weights. It was fitted on "
        f"{metrics.temperature_on}."
    )


def with_section(card: str, title: str, text: str) -> str:
    r"""Put a section, instead of its earlier one, into a card: before the scores or at the end.

    >>> with_section("# m\n\n## Scores\n\nnone\n", "ONNX", "A graph.")
    '# m\n\n## ONNX\n\nA graph.\n\n## Scores\n\nnone\n'
    """
    earlier = re.compile(rf"\n## {title}\n.*?(?=\n## |\Z)", re.DOTALL)
    before, scores, after = earlier.sub("", card).partition("\n## Scores\n")
    return f"{before}\n## {title}\n\n{text}\n{scores}{after}"


def command(script: str, config: Any, **values: object) -> str:
    """Return the command that repeats a run: a script and every option that is not a default.

    Args:
        script: The script.
        config: The run's config, a dataclass.
        values: Values that replace those of the config.
    """
    options = [script]
    for option in fields(config):
        value = values.get(option.name, getattr(config, option.name))
        if value != option.default:
            values_given = value if isinstance(value, tuple) else [value]
            text = " ".join(shlex.quote(str(given)) for given in values_given)
            options.append(f"--{option.name} {text}")
    return " ".join(options)
