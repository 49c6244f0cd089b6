"""A model's name or path → a `Tagger`."""

import json
from pathlib import Path

from tokenizers import Tokenizer

from tweetner import hub as hubs
from tweetner.decoding import DECODERS, Decoder
from tweetner.inference.backends import Backend, TorchBackend
from tweetner.inference.tagger import Tagger


def load(
    model: str | Path,
    *,
    revision: str = "main",
    hub: str | Path | None = None,
    decoder: Decoder | None = None,
    device: str | None = None,
) -> Tagger:
    """Load a published model by name, or a model folder by path.

    Args:
        model: `NAME` or `tweetner/NAME` in the hub; a path begins with `/` or `.`.
        revision: `main`, a tag such as `v1`, or a revision's hash.
        hub: The hub's folder; else `$TWEETNER_HUB`, else `outputs/hub`.
        decoder: Other than the model's own (`bio` for a native token classifier, `argmax` for a baseline).
        device: Of a neural model; a GPU where there is one, else the CPU.

    Raises:
        ValueError: There is no such model, its labels are not tags, or it cannot decode so.
    """
    folder = hubs.resolve(model, revision=revision, hub=hub)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type", "").startswith("tweetner-") and config["model_type"] != "tweetner-tagger":
        from tweetner.baseline import load_baseline

        backend: Backend = load_baseline(folder)
        own: Decoder = "argmax"
    else:
        backend = TorchBackend.from_folder(folder, device)
        own = config.get("decoder", "bio")
    decoder = decoder or own
    if decoder not in DECODERS or (decoder == "crf") != (own == "crf"):
        raise ValueError(f"model {model} decodes by {'crf' if own == 'crf' else 'argmax or bio'}, got {decoder!r}")
    return Tagger(backend, Tokenizer.from_file(str(folder / "tokenizer.json")), decoder)
