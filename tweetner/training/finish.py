"""After training: the temperature that calibrates a model, and its folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tweetner.config import RunConfig
from tweetner.corpus import Tweet
from tweetner.decoding import Chain, Decoder, decode
from tweetner.inference import Emitted, chain_of
from tweetner.model_folder import write_origin
from tweetner.tokenization import save_tokenizer

PACKAGES = ("accelerate", "datasets", "safetensors", "tokenizers", "torch", "transformers")


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, config: RunConfig, folder: Path) -> None:
    """Write a model folder that the stock pipeline loads: config, tokenizer, weights, and what made them."""
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    write_origin(config, PACKAGES, folder)


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
