"""After training: the temperature goes into the weights, and the model into a folder."""

from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tweetner.hub import write_origin
from tweetner.tokenization import save_tokenizer
from tweetner.training.config import RunConfig

PACKAGES = ("accelerate", "datasets", "safetensors", "tokenizers", "torch", "transformers")


def save_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, config: RunConfig, folder: Path
) -> None:
    """Write a model folder that the stock pipeline loads: config, tokenizer, weights, and what made them."""
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    write_origin(config, PACKAGES, folder)


def fold_temperature(model: PreTrainedModel, temperature: float) -> None:
    """Divide the model's scores by a temperature, in place, so that every reader's scores are calibrated.

    Decoded tags stay the same.
    """
    if hasattr(model, "fold_temperature"):
        model.fold_temperature(temperature)
    else:
        for weight in model.classifier.parameters():
            weight.data /= temperature
