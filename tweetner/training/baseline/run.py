"""Fit, calibrate, score and save a baseline of the reference notebook.

Baselines are scored like every other model: from the saved folder, through a `Tagger`.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tweetner.corpus import Corpus, DevSets, Tweet, content_hashes, count
from tweetner.evaluation import (
    ScoredEntities,
    Stability,
    entities_of,
    fit_temperature,
    prove_thresholds,
    score,
)
from tweetner.files import write_json
from tweetner.hub import (
    Decoder,
    DecoderScores,
    Metrics,
    ModelFolder,
    Threshold,
    card_facts,
    command,
    full_name,
    model_card,
    write_origin,
)
from tweetner.tagger import MajorityTagger, SgdTagger, Tagger, load
from tweetner.tokenization import splitter_tokenizer
from tweetner.training.baseline.fit import SgdFit, fit_majority, fit_sgd
from tweetner.training.config import BaselineConfig
from tweetner.training.descriptions import describe_calibration, describe_held_out

PACKAGES = ("numpy", "safetensors", "scikit-learn", "scipy", "tokenizers")

SUMMARIES = {
    "sgd": (
        "A linear classifier over 14 features of each word and its neighbours: "
        "the reference notebook's SGD"
    ),
    "majority": ("The most frequent tag for every word: the reference notebook's first baseline"),
}

Splits = Mapping[str, Sequence[Tweet]]
Baseline = SgdTagger | MajorityTagger


@dataclass(frozen=True)
class FittedBaseline:
    """A fitted baseline.

    Attributes:
        tagger: The tagger, not calibrated.
        fit: The scores of each alpha; None for `majority`.
        stability: The scores of further seeds, if the config names any.
    """

    tagger: Baseline
    fit: SgdFit | None = None
    stability: Stability | None = None


def fit_baseline(
    config: BaselineConfig, train: Sequence[Tweet], selection: Sequence[Tweet]
) -> FittedBaseline:
    """Fit the baseline of a config.

    `selection` selects alpha; further seeds are fitted with the selected one.
    """
    if config.model == "majority":
        return FittedBaseline(fit_majority(train, config.types))
    fit = fit_sgd(train, selection, config)
    scores = {}
    for seed in config.seeds:
        other = fit_sgd(train, selection, replace(config, alphas=(fit.alpha,), seed=seed))
        scores[seed] = other.validation_f1[fit.alpha]
    return FittedBaseline(fit.tagger, fit, Stability(scores) if scores else None)


def save_baseline(
    config: BaselineConfig,
    fitted: FittedBaseline,
    corpus: Corpus,
    splits: Splits,
    dev_sets: DevSets,
    folder: Path,
) -> Metrics:
    """Calibrate a baseline, write its folder, score it on dev and test, and write its model card.

    Returns:
        The contents of `metrics.json`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    tokenizer = splitter_tokenizer()
    tagger, temperature = _calibrate(fitted.tagger, tokenizer, dev_sets.calibration)
    tagger.save(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_origin(config, PACKAGES, folder)

    decoders: tuple[Decoder, ...] = ("argmax",) if config.model == "majority" else ("argmax", "bio")
    saved = [load(folder.absolute(), decoder=decoder) for decoder in decoders]
    untempered = [Tagger(fitted.tagger, tokenizer, decoder) for decoder in decoders]
    metrics = Metrics(
        data=corpus.name,
        corpus_sha256=content_hashes(corpus.splits),
        split=config.split,
        scores={split: _score(saved, untempered, splits[split]) for split in ("dev", "test")},
        **_fit_metrics(config, fitted),
    )
    if config.model == "sgd":
        metrics = replace(
            metrics,
            temperature=temperature,
            temperature_on=describe_calibration(dev_sets, selected="alpha"),
            thresholds=_certify_thresholds(saved, dev_sets),
        )
    write_json(metrics.to_dict(), folder / "metrics.json")
    card = _card(config, splits, ModelFolder(folder))
    (folder / "README.md").write_text(card, encoding="utf-8")
    return metrics


def _fit_metrics(config: BaselineConfig, fitted: FittedBaseline) -> dict[str, Any]:
    """Return the fields of `Metrics` that describe the fit; none for `majority`."""
    metrics: dict[str, Any] = {}
    if fitted.fit is not None:
        scores = fitted.fit.validation_f1.items()
        metrics["seed"] = config.seed
        metrics["alpha"] = fitted.fit.alpha
        metrics["alphas"] = {f"{alpha:g}": f1 for alpha, f1 in scores}
    if fitted.stability is not None:
        metrics["stability"] = fitted.stability.to_dict()
    return metrics


def _calibrate(
    tagger: Baseline, tokenizer: Tokenizer, tweets: Sequence[Tweet]
) -> tuple[Baseline, float]:
    """Fit the temperature of a tagger's entities, and fold it into the tagger's weights."""
    if isinstance(tagger, MajorityTagger):
        return tagger, 1.0
    words = [tweet.words for tweet in tweets]

    def entities_at(temperature: float) -> ScoredEntities:
        tempered = Tagger(tagger.tempered(temperature), tokenizer, "argmax")
        return entities_of(tempered.tag_words(words), tweets)

    temperature = fit_temperature(entities_at)
    return tagger.tempered(temperature), temperature


def _score(
    saved: Sequence[Tagger], untempered: Sequence[Tagger], tweets: Sequence[Tweet]
) -> dict[str, DecoderScores]:
    """Score the saved tagger with each decoder.

    The areas under curves are those of the tagger without temperature, as in the notebook.
    """
    scores: dict[str, DecoderScores] = {}
    for tagger, other in zip(saved, untempered, strict=True):
        areas = score(other, tweets)
        scores[tagger.decoder] = replace(
            score(tagger, tweets),
            token_roc_auc=areas.token_roc_auc,
            token_pr_auc=areas.token_pr_auc,
        )
    return scores


def _certify_thresholds(taggers: Sequence[Tagger], dev_sets: DevSets) -> list[Threshold]:
    if not dev_sets.held_out:
        return []
    words = [tweet.words for tweet in dev_sets.held_out]
    thresholds = []
    for tagger in taggers:
        entities = entities_of(tagger.tag_words(words), dev_sets.held_out)
        thresholds += prove_thresholds(
            entities, decoder=tagger.decoder, on=describe_held_out(dev_sets)
        )
    return thresholds


def _card(config: BaselineConfig, splits: Splits, folder: ModelFolder) -> str:
    share, limits = "", ["A baseline to compare other models with, not one to use."]
    if config.split == "notebook":
        share = ", four fifths of it as in the notebook"
        limits.append(
            "Here dev is the notebook's random fifth of train, which is far easier than tweets of "
            "another time."
        )
    on = f"the train split of {folder.metrics.data}{share}"
    counts = {split: count(tweets) for split, tweets in splits.items()}
    facts = card_facts(
        folder,
        config,
        holds_words=config.model == "sgd",
        name=full_name(config.name),
        summary=f"{SUMMARIES[config.model]}; fitted on {on}.",
        splits=counts,
        command=command("python scripts/baseline.py", config),
        limits=limits,
    )
    return model_card(facts)
