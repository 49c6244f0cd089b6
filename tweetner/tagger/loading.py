"""A model's name or path → a `Tagger`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from tokenizers import Tokenizer

from tweetner import hub as hubs
from tweetner.tagger.backends import Backend, Network, NeuralBackend
from tweetner.tagger.decoding import DECODERS, Decoder
from tweetner.tagger.onnx import OnnxModel
from tweetner.tagger.pytorch import TorchNetwork
from tweetner.tagger.tagger import Tagger

Engine = Literal["torch", "onnx", "onnx-int8"]

GRAPHS = {"onnx": "onnx/model.onnx", "onnx-int8": "onnx/model_int8.onnx"}


def load(
    model: str | Path,
    *,
    revision: str = "main",
    hub: str | Path | None = None,
    decoder: Decoder | None = None,
    backend: Engine | None = None,
    device: str | None = None,
    bf16: bool = False,
) -> Tagger:
    """Load a published model by name, or a model folder by path.

    Args:
        model: `NAME` or `tweetner/NAME` in the hub; a path begins with `/` or `.`.
        revision: `main`, a tag such as `v1`, or a revision's hash.
        hub: The hub's folder; else `$TWEETNER_HUB`, else `outputs/hub`.
        decoder: Other than the model's own (`bio` for a native token classifier, `argmax` for a baseline).
        backend: What computes a neural model: `torch`, or where it was exported `onnx` and `onnx-int8`. By default what
            is fastest and gives the same tags: on a CPU `onnx` where the model and the environment have it.
        device: Of `torch`: a GPU where there is one, else the CPU.
        bf16: Let `torch` compute in bfloat16, for a GPU.

    Raises:
        ValueError: There is no such model, its labels are not tags, or it cannot decode or be computed so.
    """
    folder = hubs.resolve(model, revision=revision, hub=hub)
    with _refusing(folder):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        linear = (
            str(config["model_type"]).startswith("tweetner-")
            and config["model_type"] != "tweetner-tagger"
        )
        if linear and (backend or device not in (None, "cpu") or bf16):
            raise ValueError("a linear model: expected no backend, bf16, or device but the CPU")
        scorer, splitter = _linear(folder) if linear else _neural(folder, backend, device, bf16)
    own: Decoder = "argmax" if linear else config.get("decoder", "bio")
    decoder = decoder or own
    if decoder not in DECODERS or (decoder == "crf") != (own == "crf"):
        raise ValueError(
            f"model {model} decodes by {'crf' if own == 'crf' else 'argmax or bio'}, got {decoder!r}"
        )
    return Tagger(scorer, splitter, decoder)


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Whatever a library says of a damaged folder, in one line that names it."""
    try:
        yield
    except Exception as error:
        said = repr(error) if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(said if str(folder) in said else f"{folder}: {said}") from error


def _linear(folder: Path) -> tuple[Backend, Tokenizer]:
    from tweetner.tagger.linear import load_baseline

    return load_baseline(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))


def _neural(
    folder: Path, backend: Engine | None, device: str | None, bf16: bool
) -> tuple[Backend, Tokenizer]:
    scorer = NeuralBackend.in_folder(_network(folder, backend, device, bf16), folder)
    return scorer, scorer.encoder.tokenizer


def _network(folder: Path, backend: Engine | None, device: str | None, bf16: bool) -> Network:
    if backend is not None and backend not in get_args(Engine):
        raise ValueError(f"backend: expected {', '.join(get_args(Engine))}, got {backend!r}")
    on_cpu = not bf16 and (device == "cpu" or (device is None and not _has_gpu()))
    if backend is None:
        backend = "onnx" if on_cpu and _can_run_onnx(folder) else "torch"
    if backend == "torch":
        return TorchNetwork.from_folder(folder, device, bf16=bf16)
    if bf16 or device not in (None, "cpu"):
        raise ValueError(
            f"backend {backend!r} runs on the CPU: expected no bf16, or device but the CPU"
        )
    return OnnxModel(folder, GRAPHS[backend])


def _can_run_onnx(folder: Path) -> bool:
    return (folder / GRAPHS["onnx"]).is_file() and find_spec("onnxruntime") is not None


def _has_gpu() -> bool:
    """Whether an NVIDIA driver runs, asked without loading torch."""
    return Path("/dev/nvidiactl").exists()
