"""Load a `Tagger` from a model's name or path."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from tokenizers import Tokenizer

from tweetner.files import sha256
from tweetner.hub import DECODERS, GRAPHS, Decoder, ModelFolder, open_model, revision_of
from tweetner.tagger.backends import Backend, LazyNetwork, Network, NeuralBackend
from tweetner.tagger.gate import Gate
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
    triage: bool = False,
) -> Tagger:
    """Load a published model by name, or a model folder by path.

    Args:
        model: `NAME` or `ORG/NAME` in the hub; a path, which begins with `/` or `.`; or an open
            `ModelFolder`, for which `revision` and `hub` are ignored.
        revision: `main`, a tag such as `v1`, or a revision's hash.
        hub: The hub's folder; by default `$TWEETNER_HUB`, else `outputs/hub`.
        decoder: `argmax` or `bio`; by default the model's own: `bio` for a native token classifier,
            `argmax` for a baseline. A model with a CRF has no other decoder than `crf`.
        backend: The engine of a neural model: `torch`; or, if the model was exported, `onnx` or
            `onnx-int8`. The default is `onnx` on a CPU if the model and the environment have it,
            else `torch`; both give the same tags.
        device: The device of `torch`; by default a GPU if there is one, else the CPU.
        bf16: Whether `torch` computes in bfloat16; for GPUs.
        triage: Whether the model's gate answers the tweets in which it expects no entity. A neural
            model is then loaded when the first tweet needs it.

    Raises:
        ValueError: There is no such model, its labels are not tags, or it does not have this
            decoder, backend, device or a gate.
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
            scorer, splitter = _neural(folder, backend, device, bf16, is_lazy=triage)
        gate = Gate.load(folder) if triage else None
    decoder = decoder or own
    if decoder not in DECODERS or (decoder == "crf") != (own == "crf"):
        possible = "crf" if own == "crf" else "argmax or bio"
        raise ValueError(f"model {model} decodes by {possible}, got {decoder!r}")
    tagger = Tagger(scorer, splitter, decoder, gate)
    tagger.origin = Origin(folder.path, decoder, backend, device, bf16, triage)
    return tagger


@dataclass(frozen=True)
class Origin:
    """The folder and options that `load` made a tagger of; calling it loads the tagger anew.

    Its pickle also names the folder's contents: results that are cached by the pickle, as those of
    `Dataset.map` are, belong to these weights, and other weights are refused on arrival.
    """

    folder: Path
    decoder: Decoder
    backend: Engine | None
    device: str | None
    bf16: bool
    triage: bool

    def __call__(self) -> Tagger:
        """Load the tagger.

        Raises:
            ValueError: See `load`.
        """
        return load(
            ModelFolder(self.folder),
            decoder=self.decoder,
            backend=self.backend,
            device=self.device,
            bf16=self.bf16,
            triage=self.triage,
        )

    def __reduce__(self) -> tuple[Callable[..., "Origin"], tuple[object, ...]]:
        options = tuple(getattr(self, field.name) for field in fields(self))
        return _arrived, (_contents(self.folder), *options)


def _arrived(contents: str, folder: Path, *options: Any) -> Origin:
    """Rebuild an origin.

    Raises:
        ValueError: The folder holds another model than where the tagger came from.
    """
    if _contents(folder) != contents:
        raise ValueError(f"{folder}: expected the model that the tagger was loaded from, got other")
    return Origin(folder, *options)


def _contents(folder: Path) -> str:
    """Return the hash of a folder's files: of a version in the hub, its revision."""
    revision = ModelFolder(folder).revision
    if revision is not None:
        return revision
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return revision_of({path.relative_to(folder).as_posix(): sha256(path) for path in paths})


@contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    """Turn any library's error about a damaged folder into one line that names the folder."""
    try:
        yield
    except Exception as error:
        reason = repr(error) if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(reason if str(folder) in reason else f"{folder}: {reason}") from error


def _linear(folder: ModelFolder) -> tuple[Backend, Tokenizer]:
    from tweetner.tagger.linear import load_baseline

    return load_baseline(folder), Tokenizer.from_file(str(folder.path / "tokenizer.json"))


def _neural(
    folder: ModelFolder, backend: Engine | None, device: str | None, bf16: bool, *, is_lazy: bool
) -> tuple[Backend, Tokenizer]:
    engine = _engine(folder, backend, device, bf16)
    network: Network
    if is_lazy:
        network = LazyNetwork(folder.labels, partial(_network, folder, engine, device, bf16))
    else:
        network = _network(folder, engine, device, bf16)
    scorer = NeuralBackend.in_folder(network, folder)
    return scorer, scorer.encoder.tokenizer


def _engine(folder: ModelFolder, backend: Engine | None, device: str | None, bf16: bool) -> Engine:
    """Return the engine that is asked for, or else the fastest one that gives the same tags."""
    if backend is not None and backend not in get_args(Engine):
        raise ValueError(f"backend: expected {', '.join(get_args(Engine))}, got {backend!r}")
    on_cpu = not bf16 and (device == "cpu" or (device is None and not _has_gpu()))
    if backend is None:
        return "onnx" if on_cpu and _can_run_onnx(folder) else "torch"
    if backend != "torch" and (bf16 or device not in (None, "cpu")):
        raise ValueError(f"backend {backend!r} runs on the CPU only: remove --bf16 and --device")
    return backend


def _network(folder: ModelFolder, engine: Engine, device: str | None, bf16: bool) -> Network:
    if engine == "torch":
        return TorchNetwork.from_folder(folder.path, device, bf16=bf16)
    return OnnxModel(folder, GRAPHS[engine])


def _can_run_onnx(folder: ModelFolder) -> bool:
    return "onnx" in folder.graphs and find_spec("onnxruntime") is not None


def _has_gpu() -> bool:
    """Return whether an NVIDIA driver runs, without loading torch."""
    return Path("/dev/nvidiactl").exists()
