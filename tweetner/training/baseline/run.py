"""Fit, calibrate, score and save a baseline of the reference notebook.

Baselines are scored like every other model: from the saved folder, through a `Tagger`.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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
    scores: dict[str, dict[str, DecoderScores]] = {"dev": {}, "test": {}}
    for split, by_decoder in scores.items():
        for calibrated in saved:
            untempered = Tagger(fitted.tagger, tokenizer, calibrated.decoder)
            by_decoder[calibrated.decoder] = _score(calibrated, untempered, splits[split])
    metrics = Metrics(
        data=corpus.name,
        corpus_sha256=content_hashes(corpus.splits),
        split=config.split,
        scores=scores,
        stability=None if fitted.stability is None else fitted.stability.to_dict(),
    )
    if fitted.fit is not None:
        scores_of_alphas = fitted.fit.validation_f1.items()
        metrics = replace(
            metrics,
            seed=config.seed,
            alpha=fitted.fit.alpha,
            alphas={f"{alpha:g}": f1 for alpha, f1 in scores_of_alphas},
            temperature=temperature,
            temperature_on=describe_calibration(dev_sets, selected="alpha"),
            thresholds=_certify_thresholds(saved, dev_sets),
        )
    write_json(metrics.to_dict(), folder / "metrics.json")
    card = _card(config, splits, ModelFolder(folder))
    (folder / "README.md").write_text(card, encoding="utf-8")
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


def _score(saved: Tagger, untempered: Tagger, tweets: Sequence[Tweet]) -> DecoderScores:
    """Score the saved tagger; the areas under curves are the notebook's, without temperature."""
    before = score(untempered, tweets)
    return replace(
        score(saved, tweets),
        token_roc_auc=before.token_roc_auc,
        token_pr_auc=before.token_pr_auc,
    )


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
    dataset = folder.metrics.data
    facts = card_facts(
        folder,
        config,
        holds_words=config.model == "sgd",
        name=full_name(config.name),
        summary=f"{SUMMARIES[config.model]}; fitted on the train split of {dataset}{share}.",
        splits={split: count(tweets) for split, tweets in splits.items()},
        command=command("python scripts/baseline.py", config),
        limits=limits,
    )
    return model_card(facts)
