"""A run of the reference notebook's baselines: config → fitted, scored and saved, in a folder fit to be published.

They are scored as every other model is: from the saved folder, through a `Tagger`.
"""

import shutil
from collections.abc import Sequence
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
    CardFacts,
    Decoder,
    DecoderScores,
    Metrics,
    ModelFolder,
    Threshold,
    card_facts,
    command,
    model_card,
    write_origin,
)
from tweetner.tagger import MajorityTagger, SgdTagger, Tagger, load
from tweetner.tokenization import splitter_tokenizer
from tweetner.training.baseline.fit import SgdFit, fit_majority, fit_sgd
from tweetner.training.config import BaselineConfig

PACKAGES = ("numpy", "safetensors", "scikit-learn", "scipy", "tokenizers")

Splits = dict[str, list[Tweet]]
Baseline = SgdTagger | MajorityTagger


@dataclass(frozen=True)
class Fitted:
    """A fitted baseline; `fit` and `stability` are there for `sgd`, the latter where more seeds were asked for."""

    tagger: Baseline
    fit: SgdFit | None = None
    stability: Stability | None = None


def fit_baseline(
    config: BaselineConfig, train: Sequence[Tweet], choosing: Sequence[Tweet]
) -> Fitted:
    """Fit what the config asks for; more seeds are fitted with the alpha that the first one chose."""
    if config.model == "majority":
        return Fitted(fit_majority(train, config.types))
    fit = fit_sgd(train, choosing, config)
    scores = {}
    for seed in config.seeds:
        other = fit_sgd(train, choosing, replace(config, alphas=(fit.alpha,), seed=seed))
        scores[seed] = other.validation_f1[fit.alpha]
    return Fitted(fit.tagger, fit, Stability(scores) if scores else None)


def save_baseline(
    config: BaselineConfig,
    fitted: Fitted,
    corpus: Corpus,
    splits: Splits,
    dev_sets: DevSets,
    folder: Path,
) -> Metrics:
    """Write a calibrated model folder, score it on dev and test, and write the scores and a model card beside it.

    Returns:
        The contents of `metrics.json`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    splitter = splitter_tokenizer()
    tagger, temperature = _calibrated(fitted.tagger, splitter, dev_sets.calibration)
    tagger.save(folder)
    splitter.save(str(folder / "tokenizer.json"))
    write_origin(config, PACKAGES, folder)

    decoders: tuple[Decoder, ...] = ("argmax",) if config.model == "majority" else ("argmax", "bio")
    saved = [load(folder.absolute(), decoder=decoder) for decoder in decoders]
    plain = [Tagger(fitted.tagger, splitter, decoder) for decoder in decoders]
    metrics = Metrics(
        data=corpus.name,
        corpus_sha256=content_hashes(corpus.splits),
        split=config.split,
        scores={
            split: {
                new.decoder: _scores(new, old, splits[split])
                for new, old in zip(saved, plain, strict=True)
            }
            for split in ("dev", "test")
        },
        **_fit_facts(config, fitted),
    )
    if config.model == "sgd":
        metrics = replace(
            metrics,
            temperature=temperature,
            temperature_on=f"{len(dev_sets.calibration):,} tweets of {dev_sets.source}",
            thresholds=[row for tagger in saved for row in _thresholds(tagger, dev_sets)],
        )
    write_json(metrics.to_dict(), folder / "metrics.json")
    (folder / "README.md").write_text(
        model_card(_card_facts(config, splits, ModelFolder(folder))), encoding="utf-8"
    )
    return metrics


def _calibrated(
    tagger: Baseline, splitter: Tokenizer, tempering: Sequence[Tweet]
) -> tuple[Baseline, float]:
    """The tagger with the temperature that fits its entities folded into its weights, and that temperature."""
    if isinstance(tagger, MajorityTagger):
        return tagger, 1.0
    words = [tweet.words for tweet in tempering]

    def entities_at(temperature: float) -> ScoredEntities:
        return entities_of(
            Tagger(tagger.tempered(temperature), splitter, "argmax").tag_words(words), tempering
        )

    temperature = fit_temperature(entities_at)
    return tagger.tempered(temperature), temperature


def _fit_facts(config: BaselineConfig, fitted: Fitted) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if fitted.fit is not None:
        by_alpha = {f"{alpha:g}": f1 for alpha, f1 in fitted.fit.validation_f1.items()}
        facts |= {"seed": config.seed, "alpha": fitted.fit.alpha, "alphas": by_alpha}
    if fitted.stability is not None:
        facts["stability"] = fitted.stability.to_dict()
    return facts


def _scores(saved: Tagger, plain: Tagger, tweets: Sequence[Tweet]) -> DecoderScores:
    """Scores of the saved model; the areas under curves are the notebook's, of probabilities without temperature."""
    before = score(plain, tweets)
    return replace(
        score(saved, tweets),
        token_roc_auc=before.token_roc_auc,
        token_pr_auc=before.token_pr_auc,
    )


def _thresholds(tagger: Tagger, dev_sets: DevSets) -> list[Threshold]:
    if not dev_sets.held_out:
        return []
    entities = entities_of(
        tagger.tag_words([tweet.words for tweet in dev_sets.held_out]), dev_sets.held_out
    )
    on = f"{len(dev_sets.held_out):,} tweets of {dev_sets.source} that nothing was chosen by"
    return prove_thresholds(entities, decoder=tagger.decoder, on=on)


def _card_facts(config: BaselineConfig, splits: Splits, folder: ModelFolder) -> CardFacts:
    dataset = folder.metrics.data
    kinds = {
        "sgd": "A linear classifier over 14 features of each word and its neighbours: the reference notebook's SGD",
        "majority": "The most frequent tag for every word: the reference notebook's first baseline",
    }
    limits = ["A baseline to measure other models against, not one to use."]
    if config.split == "notebook":
        limits.append(
            "Here dev is the notebook's random fifth of train: far easier than text of another time."
        )
    return card_facts(
        folder,
        config,
        holds_words=config.model == "sgd",
        name=f"tweetner/{config.name}" if "/" not in config.name else config.name,
        summary=f"{kinds[config.model]}; fitted on the train split of {dataset}"
        + (", four fifths of it as in the notebook." if config.split == "notebook" else "."),
        splits={split: count(tweets) for split, tweets in splits.items()},
        command=command("python scripts/baseline.py", config),
        limits=limits,
    )
