"""A run of the reference notebook's baselines: config → fitted, scored and saved, in a folder fit to be published.

They are scored as every other model is: from the saved folder, through a `Tagger`.
"""

import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tweetner.baseline import MajorityTagger, SgdFit, SgdTagger, fit_majority, fit_sgd
from tweetner.baseline.config import BaselineConfig
from tweetner.corpus import Corpus, Tweet, load_corpus, notebook_split
from tweetner.decoding import Decoder
from tweetner.evaluation import score_entities, token_macro_f1
from tweetner.evaluation.tokens import token_auc
from tweetner.inference import Tagger, load
from tweetner.model_card import CardFacts, CardScore, model_card
from tweetner.stability import Stability
from tweetner.tags import tags_to_entities, types_of
from tweetner.tokenization import splitter_tokenizer

PACKAGES = ("numpy", "safetensors", "scikit-learn", "scipy", "tokenizers")
METRICS = ("f1", "precision", "recall")

Splits = dict[str, list[Tweet]]


@dataclass(frozen=True)
class Fitted:
    """A fitted baseline; `fit` and `stability` are there for `sgd`, the latter where more seeds were asked for."""

    tagger: SgdTagger | MajorityTagger
    fit: SgdFit | None = None
    stability: Stability | None = None


def load_splits(config: BaselineConfig) -> tuple[Corpus, Splits]:
    """The corpus of a run, and the tweets of train, dev and test; `split: notebook` takes dev from train.

    Raises:
        ValueError: One of the three has no tweet.
    """
    corpus = load_corpus(config.data, types=config.types, scheme=config.scheme)
    for name in ("train", "dev", "test"):
        if not corpus.splits.get(name):
            raise ValueError(f"{config.data}: expected splits train, dev and test with tweets, {name} has none")
    train, dev = corpus.splits["train"], corpus.splits["dev"]
    if config.split == "notebook":
        train, dev = notebook_split(train)
    return corpus, {"train": train, "dev": dev, "test": corpus.splits["test"]}


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
    own_name = config.data if not Path(config.data).is_absolute() else Path(config.data).name
    write_json({**asdict(config), "data": own_name}, folder / "run_config.json")
    versions = {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    write_json(versions, folder / "environment.json")
    facts: dict[str, Any] = {"data": own_name, "split": config.split}
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


def score(tagger: Tagger, tweets: Sequence[Tweet]) -> dict[str, Any]:
    """Entity scores, and the notebook's scores over words."""
    gold = [tweet.gold for tweet in tweets]
    tagged = tagger.tag_words([tweet.words for tweet in tweets], probabilities=True)
    predicted = [tweet.tags for tweet in tagged]
    scores = score_entities(gold, predicted, types=types_of(tagger.labels))
    probabilities = [tweet.probabilities for tweet in tagged if tweet.probabilities is not None]
    roc_auc, pr_auc = token_auc(gold, probabilities, tags=tagger.labels)
    return {
        "decoder": tagger.decoder,
        "entities": scores.micro.to_dict(),
        "entities_by_type": {type_: counts.to_dict() for type_, counts in scores.by_type.items()},
        "reading": scores.reading,
        "token_macro_non_o": token_macro_f1(gold, predicted, tags=tagger.labels)._asdict(),
        "token_roc_auc": roc_auc,
        "token_pr_auc": pr_auc,
        "tweets": len(tweets),
        "words": sum(map(len, predicted)),
    }


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
    changed = {key: value for key, value in asdict(config).items() if value != getattr(BaselineConfig(), key)}
    options = [f"--{key} {' '.join(map(str, v)) if isinstance(v, tuple) else v}" for key, v in changed.items()]
    return CardFacts(
        name=f"tweetner/{config.name}" if "/" not in config.name else config.name,
        summary=f"{kinds[config.model]}; fitted on the train split of {dataset}"
        + (", four fifths of it as in the notebook." if config.split == "notebook" else "."),
        types=config.types,
        dataset=dataset,
        splits={split: _counts(tweets) for split, tweets in splits.items()},
        data_note="The tweets remain their authors'."
        + (" The vocabulary holds words that occur in them." if config.model == "sgd" else ""),
        command=" ".join(["python scripts/baseline.py", *options]),
        decoder="argmax",
        scores=[
            CardScore(dataset, split, decoder, {metric: scores["entities"][metric] for metric in METRICS})
            for split, by_decoder in facts["scores"].items()
            for decoder, scores in by_decoder.items()
        ],
        versions=versions,
        limits=limits,
        library_name="tweetner",
    )


def _counts(tweets: Sequence[Tweet]) -> dict[str, int]:
    return {
        "tweets": len(tweets),
        "words": sum(len(tweet.words) for tweet in tweets),
        "entities": sum(len(tags_to_entities(tweet.gold)) for tweet in tweets),
    }


def write_json(values: Any, path: Path) -> None:
    """Write readable JSON without NaN; the same values give the same bytes."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
