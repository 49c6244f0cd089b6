"""A model folder: the files of one published or finished model, and what its JSON says."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, cast

from tweetner.files import error_place, read_object, write_json
from tweetner.hub.layout import REVISION
from tweetner.hub.metrics import DECODERS, Decoder, Metrics, Threshold, build

Family = Literal["native", "ours", "linear"]
"""Who computes the scores: a class of transformers, our own class, or a linear model in numpy."""

OURS = "tweetner-tagger"
LINEAR = ("tweetner-sgd", "tweetner-majority")

GRAPHS = {"onnx": "onnx/model.onnx", "onnx-int8": "onnx/model_int8.onnx"}
"""The file of each ONNX graph that a folder may hold."""

MAX_SUBWORDS = 512
"""The longest window of a model that states no shorter one, in subwords."""


@dataclass(frozen=True)
class Run:
    """The data of the run that made a model, from `run_config.json`.

    Attributes:
        data: The corpus; None where the folder does not say.
        types: The entity types; None for those of the corpus.
        scheme: The tagging scheme of the files.
        train_file: Files of train, instead of those found in `data`; likewise for the other splits.
        map_types: Renamed types of the files, and the further options that they were read with; see
            `tweetner.corpus.Reading`.
        split: `corpus`, or `notebook` for the reference notebook's split.
        folds: Number of cross-validation folds over train + dev; 0 for none.
        threshold_share: Share of dev held out to certify thresholds.
    """

    data: str | None = None
    types: Sequence[str] | None = None
    scheme: str = "IOB2"
    train_file: Sequence[str] = ()
    dev_file: Sequence[str] = ()
    test_file: Sequence[str] = ()
    map_types: Sequence[str] = ()
    columns: Sequence[str] = ()
    comment: str = ""
    header: bool = False
    separator: str = ""
    empty_words: str = "refuse"
    split: str = "corpus"
    folds: int = 0
    threshold_share: float = 0.0


class ModelFolder:
    """A model folder, each of whose JSON files is read and checked at most once, when needed.

    Args:
        path: The folder.

    Attributes:
        path: The folder, absolute and without links.
        config: The contents of `config.json`.

    Raises:
        ValueError: There is no `config.json`, or it is not an object that names a model type.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        if not (self.path / "config.json").is_file():
            raise ValueError(f"{path}: expected a model folder with config.json")
        self.config = read_object(self.path / "config.json")
        if not isinstance(self.config.get("model_type", ""), str):
            raise ValueError(
                f"{self.path / 'config.json'}: expected an object that names its model_type"
            )

    def __str__(self) -> str:
        """Return the path."""
        return str(self.path)

    @property
    def model_type(self) -> str:
        """The model type that the config names."""
        if "model_type" not in self.config:
            raise ValueError(f"{self.path / 'config.json'}: expected a model_type, got none")
        return str(self.config["model_type"])

    @property
    def family(self) -> Family:
        """The kind of code that computes the model's scores."""
        if self.model_type in LINEAR:
            return "linear"
        return "ours" if self.model_type == OURS else "native"

    @property
    def labels(self) -> list[str]:
        """The tag of each label, in the model's order."""
        names = self.config.get("id2label")
        if not isinstance(names, dict) or set(names) != {str(i) for i in range(len(names))}:
            raise ValueError(
                f"{self.path / 'config.json'}: expected id2label with a tag for every label from 0"
            )
        return [names[str(label)] for label in range(len(names))]

    @property
    def decoder(self) -> Decoder:
        """The decoder that the model is meant for."""
        own = "argmax" if self.family == "linear" else self.config.get("decoder", "bio")
        if own not in DECODERS:
            raise ValueError(
                f"{self.path / 'config.json'}: expected decoder {', '.join(DECODERS)}, got {own!r}"
            )
        return cast(Decoder, own)

    @property
    def stock_decoder(self) -> Decoder:
        """The decoder that gives the stock pipeline's tags: `argmax` for a native model."""
        return "argmax" if self.family == "native" else self.decoder

    @property
    def graphs(self) -> dict[str, Path]:
        """The ONNX graphs that the folder holds."""
        paths = {name: self.path / file for name, file in GRAPHS.items()}
        return {name: path for name, path in paths.items() if path.is_file()}

    @property
    def revision(self) -> str | None:
        """The revision of a version in the hub; None for any other folder."""
        in_hub = self.path.parent.name == "snapshots" and REVISION.fullmatch(self.path.name)
        return self.path.name if in_hub else None

    @cached_property
    def max_subwords(self) -> int:
        """The longest window, in subwords: limited by the tokenizer and the model's positions."""
        from tweetner.tokenization import position_limit  # loads tokenizers, which a list needs not

        limits = [MAX_SUBWORDS]
        with error_place(self.path / "tokenizer_config.json"):
            tokenizer = self._optional("tokenizer_config.json")
            limits.append(int(tokenizer.get("model_max_length") or MAX_SUBWORDS))
        with error_place(self.path / "config.json"):
            limits.append(position_limit(self.config) or MAX_SUBWORDS)
        return min(limits)

    @cached_property
    def run(self) -> Run:
        """The data of the run that made the model."""
        name = "run_config.json"
        return build(Run, self._optional(name), str(self.path / name))

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The version of each package that made the model."""
        return self._optional("environment.json")

    @cached_property
    def metrics(self) -> Metrics:
        """The model's own account of its quality; empty where the folder has none."""
        values = self._optional("metrics.json")
        with error_place(self.path / "metrics.json"):
            return Metrics.from_dict(values)

    @property
    def temperature(self) -> float:
        """The temperature that is folded into the weights; 1 where none is."""
        return self.metrics.temperature or 1.0

    @property
    def thresholds(self) -> Sequence[Threshold]:
        """The certified thresholds of all decoders."""
        return self.metrics.thresholds

    def _optional(self, name: str) -> dict[str, Any]:
        path = self.path / name
        return read_object(path) if path.is_file() else {}


def update_metrics(folder: Path, values: Mapping[str, Any]) -> None:
    """Set values in a folder's `metrics.json`, and keep every other value that it has."""
    path = folder / "metrics.json"
    before = read_object(path) if path.is_file() else {}
    write_json({**before, **values}, path)


def write_origin(config: Any, packages: Sequence[str], folder: Path) -> None:
    """Write `run_config.json` and, with the versions of the packages, `environment.json`.

    An absolute path is reduced to `./` and its last name, so that a published folder says nothing
    about the machine that made it, and no folder looks like a named corpus.
    """
    values = asdict(config)
    for key in set(values) - {"comment", "separator", "corpus_text"}:
        values[key] = _without_folders(values[key])
    versions = {package: version(package) for package in packages}
    write_json(values, folder / "run_config.json")
    write_json({"python": platform.python_version(), **versions}, folder / "environment.json")


def _without_folders(value: Any) -> Any:
    """Reduce an absolute path, or each of several, to `./` and its last name."""
    if isinstance(value, list | tuple):
        return [_without_folders(item) for item in value]
    if isinstance(value, str) and Path(value).is_absolute():
        return f"./{Path(value).name}"
    return value
