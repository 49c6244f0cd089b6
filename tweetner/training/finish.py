"""After training: calibrate on dev, score every split and decoder, write the model folder."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tweetner.config import RunConfig
from tweetner.corpus import Tweet
from tweetner.decoding import Chain, Decoder, decode
from tweetner.evaluation import score_entities, token_macro_f1
from tweetner.inference import Emitted, Tagger, chain_of
from tweetner.tokenization import save_tokenizer

PACKAGES = ("accelerate", "datasets", "safetensors", "tokenizers", "torch", "transformers")


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, config: RunConfig, folder: Path) -> None:
    """Write a model folder that the stock pipeline loads: config, tokenizer, weights, and what made them."""
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    write_json(_without_paths(asdict(config)), folder / "run_config.json")
    versions = {"python": platform.python_version(), **{package: version(package) for package in PACKAGES}}
    write_json(versions, folder / "environment.json")


def _without_paths(values: dict[str, Any]) -> dict[str, Any]:
    """Reduce absolute paths to their last name: a published folder tells nothing of the machine that made it."""
    return {
        key: Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
        for key, value in values.items()
    }


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Write readable JSON without NaN; the same values give the same bytes."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def fit_temperature(emitted: Emitted, decoder: Decoder, tweets: Sequence[Tweet]) -> float:
    """The temperature that makes the gold tags of words most probable under a decoder (Guo et al. 2017).

    Args:
        emitted: Emissions of tweets that the model was not fitted on.
        decoder: Whose probabilities are meant; a CRF's transition scores are divided by the temperature too.
        tweets: The same tweets, annotated.

    Returns:
        What to divide scores by, within 0.2 and 5.
    """
    chain = chain_of(emitted, decoder)
    label_of = {tag: label for label, tag in enumerate(emitted.labels)}
    gold = [
        [label_of[tweet.gold[word]] for word in words]
        for tweet, (_, words) in zip(tweets, emitted.emitted, strict=True)
    ]

    def loss(log_temperature: float) -> float:
        scale = np.float32(np.exp(-log_temperature))
        scaled = (
            None if chain is None else Chain(*(scale * part for part in (chain.start, chain.transitions, chain.end)))
        )
        decoded = decode([scores * scale for scores, _ in emitted.emitted], scaled)
        chosen = [found[np.arange(len(labels)), labels] for (_, found), labels in zip(decoded, gold, strict=True)]
        return -float(np.concatenate(chosen).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5)), method="bounded", options={"xatol": 1e-2})
    return float(np.exp(found.x))


def fold_temperature(model: PreTrainedModel, temperature: float) -> None:
    """Divide the model's scores by a temperature, in place, so that every reader's scores are calibrated.

    Decoded tags stay the same.
    """
    if hasattr(model, "fold_temperature"):
        model.fold_temperature(temperature)
    else:
        for weight in model.classifier.parameters():
            weight.data /= temperature


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
