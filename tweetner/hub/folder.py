"""What every model folder holds beside its weights: where it comes from, what it scored, and the facts of its card."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tweetner.corpus import Tweet
from tweetner.evaluation import score_entities, token_macro_f1
from tweetner.evaluation.calibration import ScoredEntities, scored_entities
from tweetner.evaluation.tokens import token_auc
from tweetner.hub.card import CardScore
from tweetner.tagger import TaggedTweet, Tagger
from tweetner.tags import tags_to_entities, types_of

DATA_NOTES = {
    "wnut16": (
        "WNUT 2016 shared task on named entity recognition in Twitter (Strauss, Toma, Ritter, de Marneffe, Xu 2016), "
        "from the public repository `aritter/twitter_nlp`; the tweets remain their authors'."
    ),
    "sample": "Tweets written for the tweetner project, none of them real; scores on them say nothing about Twitter.",
}
METRICS = ("f1", "precision", "recall")


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Write readable JSON without NaN; the same values give the same bytes."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def write_origin(config: Any, packages: Sequence[str], folder: Path) -> dict[str, str]:
    """Write `run_config.json` and `environment.json`; returns the versions that the latter holds.

    Of an absolute path only the last name is written: a published folder tells nothing of the machine that made it.
    """
    values = {
        key: Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
        for key, value in asdict(config).items()
    }
    versions = {"python": platform.python_version(), **{package: version(package) for package in packages}}
    write_json(values, folder / "run_config.json")
    write_json(versions, folder / "environment.json")
    return versions


def score(tagger: Tagger, tweets: Sequence[Tweet]) -> dict[str, Any]:
    """Entity scores of a tagger over all gold of a split, and the notebook's scores over words."""
    tagged = tagger.tag_words([tweet.words for tweet in tweets], probabilities=True)
    return scores_of(tagged, tweets, labels=tagger.labels, decoder=tagger.decoder)


def scores_of(
    tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet], *, labels: Sequence[str], decoder: str
) -> dict[str, Any]:
    """As `score`, of answers with probabilities."""
    gold = [tweet.gold for tweet in tweets]
    predicted = [tweet.tags for tweet in tagged]
    scores = score_entities(gold, predicted, types=types_of(labels))
    probabilities = [tweet.probabilities for tweet in tagged if tweet.probabilities is not None]
    roc_auc, pr_auc = token_auc(gold, probabilities, tags=labels)
    return {
        "decoder": decoder,
        "entities": scores.micro.to_dict(),
        "entities_by_type": {type_: counts.to_dict() for type_, counts in scores.by_type.items()},
        "reading": scores.reading,
        "token_macro_non_o": token_macro_f1(gold, predicted, tags=labels)._asdict(),
        "token_roc_auc": roc_auc,
        "token_pr_auc": pr_auc,
        "tweets": len(tweets),
        "words": sum(map(len, predicted)),
    }


def entities_of(tagged: Sequence[TaggedTweet], tweets: Sequence[Tweet]) -> ScoredEntities:
    """The predicted entities of annotated tweets, with their scores."""
    return scored_entities(
        [tweet.gold for tweet in tweets], [tweet.tags for tweet in tagged], [tweet.scores for tweet in tagged]
    )


def card_scores(dataset: str, scores: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[CardScore]:
    """The rows of a card's table from `{split: {decoder: score(...)}}`."""
    return [
        CardScore(dataset, split, decoder, {metric: found["entities"][metric] for metric in METRICS})
        for split, by_decoder in scores.items()
        for decoder, found in by_decoder.items()
    ]


def count(tweets: Sequence[Tweet]) -> dict[str, int]:
    """The counts of a split that a card gives."""
    return {
        "tweets": len(tweets),
        "words": sum(len(tweet.words) for tweet in tweets),
        "entities": sum(len(tags_to_entities(tweet.gold)) for tweet in tweets),
    }


def data_note(data: str, *, holds_words: bool) -> str:
    """Where a corpus is from and under which terms; and whether the model's vocabulary holds words of it."""
    note = DATA_NOTES.get(data, "A corpus of the user's own.")
    return note + (" The vocabulary holds words that occur in them." if holds_words else "")


def calibration_note(temperature: float, on: str) -> str:
    """What a score is, and what was done for it to mean what it says."""
    score = "An entity's score is the mean over its words of the emitted tag's probability. "
    if temperature == 1:
        return f"{score}No temperature was fitted: too few entities were found in {on}."
    return (
        f"{score}A temperature of {temperature:.3f} is folded into the weights, so that scores tell best (Brier score) "
        f"which entities are right. It was fitted on {on}."
    )


def command(script: str, config: Any, **values: object) -> str:
    """The command that repeats a run: a script and every option that is not a default."""
    given = {f.name: getattr(config, f.name) for f in fields(config)} | values
    changed = {f.name: given[f.name] for f in fields(config) if given[f.name] != f.default}
    options = [f"--{key} {' '.join(map(str, v)) if isinstance(v, tuple) else v}" for key, v in changed.items()]
    return " ".join([script, *options])
