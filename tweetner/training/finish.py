"""After training: calibrate on dev, score every split and decoder, write the model folder."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tweetner.config import RunConfig
from tweetner.corpus import Tweet
from tweetner.decoding import Decoder, Scores
from tweetner.evaluation import score_entities, token_macro_f1
from tweetner.evaluation.calibration import fit_temperature
from tweetner.inference import Emitted, Tagger, TorchBackend
from tweetner.tokenization import UNOBSERVED, save_tokenizer

PACKAGES = ("accelerate", "datasets", "safetensors", "tokenizers", "torch", "transformers")


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, config: RunConfig, folder: Path) -> None:
    """Write a model folder that the stock pipeline loads: config, tokenizer, weights, and what made them."""
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    write_json(asdict(config), folder / "run_config.json")
    versions = {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    write_json(versions, folder / "environment.json")


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Write readable JSON without NaN; the same values give the same bytes."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def fold_dev_temperature(model: PreTrainedModel, emitted: Emitted, dev: Sequence[Tweet]) -> float:
    """Fit a temperature on dev and divide the model's scores by it, so that every reader's scores are calibrated.

    Decoded tags stay the same. A CRF's transition scores are divided too.
    """
    label_of = {tag: label for label, tag in enumerate(emitted.labels)}
    logits: list[Scores] = []
    gold: list[int] = []
    for tweet, (scores, words) in zip(dev, emitted.emitted, strict=True):
        logits.append(scores)
        gold += _unit_labels([label_of[tag] for tag in tweet.gold], words)
    temperature = fit_temperature(np.concatenate(logits), np.array(gold))
    if hasattr(model, "fold_temperature"):
        model.fold_temperature(temperature)
    else:
        for weight in model.classifier.parameters():
            weight.data /= temperature
    return temperature


def _unit_labels(labels: Sequence[int], words: NDArray[np.int64]) -> list[int]:
    """The label of each word at its first unit, none at the others."""
    return [UNOBSERVED if i and words[i - 1] == word else labels[word] for i, word in enumerate(words)]


def emit(folder: Path, tweets: Sequence[Tweet]) -> Emitted:
    """One forward pass over tweets with the model of a folder."""
    backend = TorchBackend(folder)
    return Emitted(backend.labels, backend.emissions([tweet.words for tweet in tweets]), backend.chain)


def score(
    emitted: Emitted, tokenizer: PreTrainedTokenizerFast, decoder: Decoder, tweets: Sequence[Tweet]
) -> dict[str, Any]:
    """Entity and token scores of one decoder over all gold of a split.

    Raises:
        ValueError: What was scored is not all the gold that there is.
    """
    gold = [tweet.gold for tweet in tweets]
    tagged = Tagger(emitted, tokenizer.backend_tokenizer, decoder).tag_words([tweet.words for tweet in tweets])
    predicted = [tweet.tags for tweet in tagged]
    types = [tag[2:] for tag in emitted.labels[1::2]]
    scores = score_entities(gold, predicted, types=types)
    return {
        "decoder": decoder,
        "entities": scores.micro.to_dict(),
        "entities_by_type": {type_: counts.to_dict() for type_, counts in scores.by_type.items()},
        "reading": scores.reading,
        "token_macro_non_o": token_macro_f1(gold, predicted, tags=emitted.labels)._asdict(),
        "tweets": len(tweets),
        "words": sum(map(len, predicted)),
    }
