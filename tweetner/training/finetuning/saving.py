"""Write the model folders of a finished training."""

import shutil
from pathlib import Path

from transformers import (
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from tweetner.files import write_json
from tweetner.hub import Metrics, ModelFolder, write_origin
from tweetner.models import load_classifier
from tweetner.tokenization import save_tokenizer
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.build import with_bio
from tweetner.training.finetuning.calibrate import Trained, fold_temperature

PACKAGES = ("accelerate", "datasets", "safetensors", "tokenizers", "torch", "transformers")


def bio_folder(folder: Path) -> Path:
    """Return the folder beside a native model's folder for the same weights in our class."""
    return folder.with_name(folder.name + "-bio")


def save_forms(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    config: RunConfig,
    metrics: Metrics,
    folder: Path,
) -> None:
    """Write a trained model, and a native model that decodes by `bio` in our class as well."""
    for stale in (folder, bio_folder(folder)):
        shutil.rmtree(stale, ignore_errors=True)
    forms = {folder: model}
    if config.model == "distilbert" and config.decoder == "bio":
        in_our_class = with_bio(model, tokenizer)
        if in_our_class is not None:
            forms[bio_folder(folder)] = in_our_class
    for path, form in forms.items():
        save_model(form, tokenizer, config, path)
        write_json(metrics.to_dict(), path / "metrics.json")


def save_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, config: RunConfig, folder: Path
) -> None:
    """Write a folder that the stock pipeline loads, with the run's config and package versions."""
    save_parts(Trained(model, tokenizer), folder)
    write_origin(config, PACKAGES, folder)


def save_parts(trained: Trained, folder: Path) -> None:
    """Write a model and its tokenizer."""
    trained.model.save_pretrained(folder)
    save_tokenizer(trained.tokenizer, folder)


def load_unscaled(folder: Path) -> Trained:
    """Load a model that a run wrote, without the temperature that is folded into its weights."""
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    model = load_classifier(folder)
    fold_temperature(model, 1 / ModelFolder(folder).temperature)
    return Trained(model.eval(), tokenizer)
