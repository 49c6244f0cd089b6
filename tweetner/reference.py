"""A run of the reference notebook's baselines: config → fitted, scored and saved, in a folder fit to be published.

They are scored as every other model is: from the saved folder, through a `Tagger`.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tweetner.baseline import MajorityTagger, SgdFit, SgdTagger, fit_majority, fit_sgd
from tweetner.baseline.config import BaselineConfig
from tweetner.corpus import Tweet
from tweetner.decoding import Decoder
from tweetner.inference import load
from tweetner.model_card import CardFacts, model_card
from tweetner.model_folder import card_scores, command, count, data_note, score, write_json, write_origin
from tweetner.stability import Stability
from tweetner.tokenization import splitter_tokenizer

PACKAGES = ("numpy", "safetensors", "scikit-learn", "scipy", "tokenizers")

Splits = dict[str, list[Tweet]]


@dataclass(frozen=True)
class Fitted:
    """A fitted baseline; `fit` and `stability` are there for `sgd`, the latter where more seeds were asked for."""

    tagger: SgdTagger | MajorityTagger
    fit: SgdFit | None = None
    stability: Stability | None = None


def fit_baseline(config: BaselineConfig, splits: Splits) -> Fitted:
    """Fit what the config asks for; more seeds are fitted with the alpha that the first one chose."""
    if config.model == "majority":
        return Fitted(fit_majority([tweet.gold for tweet in splits["train"]], types=config.types))
    fit = _fit_sgd(config, splits, alphas=config.alphas, seed=config.seed)
    others = {seed: _fit_sgd(config, splits, alphas=[fit.alpha], seed=seed) for seed in config.seeds}
    scores = {seed: other.validation_f1[fit.alpha] for seed, other in others.items()}
    return Fitted(fit.tagger, fit, Stability(scores) if scores else None)


def _fit_sgd(config: BaselineConfig, splits: Splits, *, alphas: Sequence[float], seed: int) -> SgdFit:
    train, dev = splits["train"], splits["dev"]
    return fit_sgd(
        [tweet.words for tweet in train],
        [tweet.gold for tweet in train],
        validation=([tweet.words for tweet in dev], [tweet.gold for tweet in dev]),
        types=config.types,
        alphas=alphas,
        class_weight=None if config.class_weight == "none" else "balanced",
        max_iter=config.max_iter,
        tol=config.tol,
        seed=seed,
    )


def save_baseline(config: BaselineConfig, fitted: Fitted, splits: Splits, folder: Path) -> dict[str, Any]:
    """Write a model folder, score it on dev and test, and write the scores and a model card beside it.

    Returns:
        What `metrics.json` holds.
    """
    shutil.rmtree(folder, ignore_errors=True)
    fitted.tagger.save(folder)
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    versions = write_origin(config, PACKAGES, folder)
    facts: dict[str, Any] = {"data": Path(config.data).name, "split": config.split}
    if fitted.fit is not None:
        by_alpha = {f"{alpha:g}": f1 for alpha, f1 in fitted.fit.validation_f1.items()}
        facts |= {"seed": config.seed, "alpha": fitted.fit.alpha, "alphas": by_alpha}
    if fitted.stability is not None:
        facts["stability"] = fitted.stability.to_dict()
    decoders: tuple[Decoder, ...] = ("argmax",) if config.model == "majority" else ("argmax", "bio")
    taggers = [load(folder.absolute(), decoder=decoder) for decoder in decoders]
    facts["scores"] = {
        split: {tagger.decoder: score(tagger, splits[split]) for tagger in taggers} for split in ("dev", "test")
    }
    write_json(facts, folder / "metrics.json")
    (folder / "README.md").write_text(model_card(_card_facts(config, splits, facts, versions)), encoding="utf-8")
    return facts


def _card_facts(
    config: BaselineConfig, splits: Splits, facts: Mapping[str, Any], versions: Mapping[str, str]
) -> CardFacts:
    dataset = Path(config.data).stem
    kinds = {
        "sgd": "A linear classifier over 14 features of each word and its neighbours: the reference notebook's SGD",
        "majority": "The most frequent tag for every word: the reference notebook's first baseline",
    }
    limits = ["A baseline to measure other models against, not one to use."]
    if config.split == "notebook":
        limits.append("Here dev is the notebook's random fifth of train: far easier than text of another time.")
    return CardFacts(
        name=f"tweetner/{config.name}" if "/" not in config.name else config.name,
        summary=f"{kinds[config.model]}; fitted on the train split of {dataset}"
        + (", four fifths of it as in the notebook." if config.split == "notebook" else "."),
        types=config.types,
        dataset=dataset,
        splits={split: count(tweets) for split, tweets in splits.items()},
        data_note=data_note(config.data, holds_words=config.model == "sgd"),
        command=command("python scripts/baseline.py", config),
        decoder="argmax",
        scores=card_scores(dataset, facts["scores"]),
        versions=versions,
        limits=limits,
        library_name="tweetner",
    )
