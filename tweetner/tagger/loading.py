"""A model's name or path → a `Tagger`."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from tokenizers import Tokenizer

from tweetner.hub import DECODERS, GRAPHS, Decoder, ModelFolder, open_model
from tweetner.tagger.backends import Backend, Network, NeuralBackend
from tweetner.tagger.onnx import OnnxModel
from tweetner.tagger.pytorch import TorchNetwork
from tweetner.tagger.tagger import Tagger

Engine = Literal["torch", "onnx", "onnx-int8"]


def load(
    model: str | Path | ModelFolder,
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
    folder = (
        model if isinstance(model, ModelFolder) else open_model(model, revision=revision, hub=hub)
    )
    with _one_line_errors(folder.path):
        own = folder.decoder
        if folder.family == "linear":
            if backend or device not in (None, "cpu") or bf16:
                raise ValueError(
                    "a linear model runs on the CPU only: remove --backend, --bf16 and --device"
                )
            scorer, splitter = _linear(folder)
        else:
            scorer, splitter = _neural(folder, backend, device, bf16)
    decoder = decoder or own
    if decoder not in DECODERS or (decoder == "crf") != (own == "crf"):
        raise ValueError(
            f"model {model} decodes by {'crf' if own == 'crf' else 'argmax or bio'}, got {decoder!r}"
        )
    return Tagger(scorer, splitter, decoder)


@contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    """Whatever a library says of a damaged folder, in one line that names it."""
    try:
        yield
    except Exception as error:
        said = repr(error) if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(said if str(folder) in said else f"{folder}: {said}") from error


def _linear(folder: ModelFolder) -> tuple[Backend, Tokenizer]:
    from tweetner.tagger.linear import load_baseline

    return load_baseline(folder), Tokenizer.from_file(str(folder.path / "tokenizer.json"))


def _neural(
    folder: ModelFolder, backend: Engine | None, device: str | None, bf16: bool
) -> tuple[Backend, Tokenizer]:
    scorer = NeuralBackend.in_folder(_network(folder, backend, device, bf16), folder)
    return scorer, scorer.encoder.tokenizer


def _network(
    folder: ModelFolder, backend: Engine | None, device: str | None, bf16: bool
) -> Network:
    if backend is not None and backend not in get_args(Engine):
        raise ValueError(f"backend: expected {', '.join(get_args(Engine))}, got {backend!r}")
    on_cpu = not bf16 and (device == "cpu" or (device is None and not _has_gpu()))
    if backend is None:
        backend = "onnx" if on_cpu and _can_run_onnx(folder) else "torch"
    if backend == "torch":
        return TorchNetwork.from_folder(folder.path, device, bf16=bf16)
    if bf16 or device not in (None, "cpu"):
        raise ValueError(
            f"backend {backend!r} runs on the CPU: expected no bf16, or device but the CPU"
        )
    return OnnxModel(folder, GRAPHS[backend])


def _can_run_onnx(folder: ModelFolder) -> bool:
    return "onnx" in folder.graphs and find_spec("onnxruntime") is not None


def _has_gpu() -> bool:
    """Whether an NVIDIA driver runs, asked without loading torch."""
    return Path("/dev/nvidiactl").exists()
