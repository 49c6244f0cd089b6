"""python scripts/baseline.py --config configs/sgd.yaml [--key value ...]: fit a notebook baseline, score, publish."""

import argparse
import json
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tweetner import hub as hubs
from tweetner.baseline import MajorityTagger, SgdFit, SgdTagger, fit_majority, fit_sgd
from tweetner.baseline.config import BaselineConfig
from tweetner.baseline.weights import plot_top_features, top_features
from tweetner.config import parse_config
from tweetner.corpus import Tweet, load_corpus, notebook_split
from tweetner.evaluation import score_entities, token_macro_f1
from tweetner.evaluation.tokens import token_auc
from tweetner.inference import load
from tweetner.stability import Stability
from tweetner.tokenization import splitter_tokenizer

RUNS = Path("outputs/runs")
PACKAGES = ("numpy", "safetensors", "scikit-learn", "scipy", "tokenizers")

Splits = dict[str, list[Tweet]]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", help="folder of the hub ($TWEETNER_HUB, else outputs/hub)")
    try:
        config, arguments = parse_config(parser, BaselineConfig, argv)
        return baseline(config, arguments.hub)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def baseline(config: BaselineConfig, hub: str | None) -> int:
    splits = load_splits(config)
    print(", ".join(f"{len(tweets):,} tweets {name}" for name, tweets in splits.items()))

    facts: dict[str, Any] = {"data": config.data, "split": config.split}
    tagger: SgdTagger | MajorityTagger
    if config.model == "majority":
        tagger = fit_majority([tweet.gold for tweet in splits["train"]], types=config.types)
    else:
        fit = fit_split(config, splits, alphas=config.alphas, seed=config.seed)
        show_alphas(fit, n_words=sum(len(tweet.words) for tweet in splits["train"]))
        tagger = fit.tagger
        facts |= {"seed": config.seed, "alpha": fit.alpha, "alphas": as_json_keys(fit.validation_f1)}
        if config.seeds:
            facts["stability"] = run_seeds(config, splits, fit).to_dict()

    home = RUNS / config.name
    folder = save(config, tagger, home / "model")
    facts["scores"] = {
        name: {decoder: score(folder, decoder, splits[name]) for decoder in ("argmax", "bio")}
        for name in ("dev", "test")
    }
    write_json(facts, folder / "metrics.json")
    show_scores(facts["scores"])
    if isinstance(tagger, SgdTagger):
        explain(tagger, home)
    published = hubs.publish(folder, config.name, hub=hub)
    print(f"published {published.name} {published.tag} ({published.revision[:10]}) -> {published.path}")
    return 0


def load_splits(config: BaselineConfig) -> Splits:
    """Train, dev and test of a run; `split: notebook` takes dev from train."""
    corpus = load_corpus(config.data, types=config.types, scheme=config.scheme)
    for name in ("train", "dev", "test"):
        if not corpus.splits.get(name):
            raise ValueError(f"{config.data}: expected splits train, dev and test with tweets, {name} has none")
    train, dev = corpus.splits["train"], corpus.splits["dev"]
    if config.split == "notebook":
        train, dev = notebook_split(train)
    return {"train": train, "dev": dev, "test": corpus.splits["test"]}


def fit_split(config: BaselineConfig, splits: Splits, *, alphas: Sequence[float], seed: int) -> SgdFit:
    (words, tags), validation = unzip(splits["train"]), unzip(splits["dev"])
    return fit_sgd(
        words,
        tags,
        validation=validation,
        types=config.types,
        alphas=alphas,
        class_weight=None if config.class_weight == "none" else "balanced",
        max_iter=config.max_iter,
        tol=config.tol,
        seed=seed,
    )


def unzip(tweets: Sequence[Tweet]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    return [tweet.words for tweet in tweets], [tweet.gold for tweet in tweets]


def run_seeds(config: BaselineConfig, splits: Splits, fit: SgdFit) -> Stability:
    """Fit the chosen alpha with every seed, and say how much the dev score depends on it."""
    fits = {seed: fit_split(config, splits, alphas=[fit.alpha], seed=seed) for seed in config.seeds}
    stability = Stability({seed: fits[seed].validation_f1[fit.alpha] for seed in fits})
    print(f"\n{'seed':>6}  dev macro non-O F1, alpha {fit.alpha:g}")
    for seed, f1 in stability.scores.items():
        print(f"{seed:6}  {f1:.4f}")
    print(f"{stability}: {stability.advice}")
    return stability


def save(config: BaselineConfig, tagger: SgdTagger | MajorityTagger, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    tagger.save(folder)
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    write_json(asdict(config), folder / "run_config.json")
    versions = {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    write_json(versions, folder / "environment.json")
    return folder


def score(folder: Path, decoder: Any, tweets: Sequence[Tweet]) -> dict[str, Any]:
    """Entity and token scores of the saved model, tagged as every other model is."""
    tagger = load(folder.absolute(), decoder=decoder)
    words, gold = unzip(tweets)
    tagged = tagger.tag_words(words, probabilities=True)
    predicted = [tweet.tags for tweet in tagged]
    types = [tag[2:] for tag in tagger.labels[1::2]]
    scores = score_entities(gold, predicted, types=types)
    roc_auc, pr_auc = token_auc(gold, [tweet.probabilities for tweet in tagged], tags=tagger.labels)
    return {
        "decoder": decoder,
        "entities": scores.micro.to_dict(),
        "entities_by_type": {type_: counts.to_dict() for type_, counts in scores.by_type.items()},
        "reading": scores.reading,
        "token_macro_non_o": token_macro_f1(gold, predicted, tags=tagger.labels)._asdict(),
        "token_roc_auc": roc_auc,
        "token_pr_auc": pr_auc,
        "tweets": len(tweets),
        "words": sum(map(len, predicted)),
    }


def explain(tagger: SgdTagger, home: Path) -> None:
    """Write the heaviest features of every tag as JSON, and draw them."""
    weights = top_features(tagger, n=8)
    write_json(weights, home / "top_features.json")
    plot_top_features(weights, home / "top_features.png")
    print(f"top features of each tag -> {home / 'top_features.png'}, {home / 'top_features.json'}")


def show_alphas(fit: SgdFit, *, n_words: int) -> None:
    print(f"feature matrix ({n_words}, {fit.tagger.coef.shape[1]})")
    print(f"\n{'alpha':>6}  dev macro non-O F1")
    for alpha, f1 in fit.validation_f1.items():
        print(f"{alpha:6g}  {f1:.4f}{'  <- chosen' if alpha == fit.alpha else ''}")


def show_scores(scores: Mapping[str, Any]) -> None:
    print("\n              entities                 words, macro over the non-O tags      one tag against the rest")
    print("split decoder precision recall     F1  precision  recall      F1         ROC-AUC  PR-AUC")
    for split, by_decoder in scores.items():
        for decoder, row in by_decoder.items():
            entities, words = row["entities"], row["token_macro_non_o"]
            print(
                f"{split:5} {decoder:7} {100 * entities['precision']:9.2f} {100 * entities['recall']:6.2f} "
                f"{100 * entities['f1']:6.2f}  {words['precision']:9.4f}  {words['recall']:.4f}  {words['f1']:.4f}"
                f"          {shown(row['token_roc_auc'])}  {shown(row['token_pr_auc'])}"
            )


def shown(value: float | None) -> str:
    return "     -" if value is None else f"{value:.4f}"


def as_json_keys(values: Mapping[float, float]) -> dict[str, float]:
    return {f"{key:g}": value for key, value in values.items()}


def write_json(values: Any, path: Path) -> None:
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
