"""One flat YAML file and the command line → one checked, typed config.

A config is a frozen dataclass whose fields are made by `option`; its `__post_init__` refuses contradictions.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from math import isfinite
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import yaml

from tweetner.tags import WNUT16_TYPES, tags_of

C = TypeVar("C")


def option(default: Any, help: str) -> Any:
    """A field of a config: its default and one line that says what it is, with its unit."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class RunConfig:
    """What one fine-tuning run does; `scripts/finetune.py --help` prints every key with its line."""

    name: str = option("distilbert-wnut16", "name that the model is published under")
    model: Literal["bilstm", "distilbert", "distilbert-bilstm"] = option(
        "distilbert", "architecture"
    )
    encoder: str = option(
        "bundled", "pretrained encoder: bundled, a local folder (./…, /…), or a hub id"
    )
    start: str = option(
        "", "published model or model folder to go on training from, instead of the encoder"
    )
    decoder: Literal["argmax", "bio", "crf"] = option(
        "bio", "how words become tags; crf also changes training"
    )

    data: str = option("wnut16", "corpus: wnut16, sample, a folder with train/dev/test, ...")
    types: tuple[str, ...] = option(
        WNUT16_TYPES, "declared entity types, in the order of their labels"
    )
    scheme: Literal["IOB2", "IOB1", "BIOES", "BMES"] = option(
        "IOB2", "tagging scheme of the corpus files"
    )
    split: Literal["corpus", "notebook"] = option(
        "corpus", "the corpus's own splits, or the notebook's 80/20 of train"
    )
    threshold_share: float = option(
        0.4, "part of dev that nothing is chosen by: thresholds are proven on it; 0: none"
    )
    folds: int = option(
        0,
        "train on dev too, and calibrate on it by so many models that each leave out a part; 0: not",
    )
    strict: bool = option(False, "refuse to train when train and evaluation splits share tweets")

    normalize: bool = option(True, "shorten @name to @ and URLs to http inside the tokenizer")
    casing: bool = option(
        True, "give a lower-casing encoder's vocabulary copies of its subwords with capitals"
    )
    max_subwords: int = option(256, "longest window in subwords, special tokens included")
    min_count: int = option(
        2, "bilstm: how often a word must occur in train to be in the vocabulary"
    )
    embedding_size: int = option(128, "bilstm: width of the word embeddings")
    lstm_size: int = option(192, "width of the BiLSTM, both directions together")
    dropout: float = option(0.1, "dropout before the classifier, 0 to 1")
    freeze_embeddings: bool = option(True, "keep the encoder's word embeddings as they are")

    inner_weight: float = option(
        0.3, "weight of words' inner subwords in the loss of a native token classifier"
    )

    epochs: int = option(5, "passes over train at most")
    patience: int = option(
        3, "epochs without a better dev entity F1 before the run stops; 0: never"
    )
    batch_size: int = option(16, "tweets a step on each device")
    accumulation: int = option(1, "batches summed up for one step")
    group_by_length: bool = option(
        True, "make batches of tweets of like length: less padding, so faster"
    )
    learning_rate: float = option(2e-4, "peak learning rate of the encoder, or of all of a bilstm")
    head_learning_rate: float = option(
        1e-3, "peak learning rate of the layers that are not pretrained"
    )
    weight_decay: float = option(0.01, "AdamW weight decay")
    schedule: Literal["linear", "constant"] = option("linear", "learning rate after the warm-up")
    warmup: float = option(0.1, "part of all steps over which the learning rate rises, 0 to 1")
    max_grad_norm: float = option(1.0, "gradients are clipped to this norm")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "auto", "auto: bf16 or fp16 on a GPU, fp32 on a CPU"
    )
    seeds: tuple[int, ...] = option((42,), "one run each; the best on dev is published")

    def __post_init__(self) -> None:
        """Refuse values out of range and contradictions, naming the key."""
        try:
            tags_of(self.types)
        except ValueError as error:
            raise ValueError(f"config key 'types': {error}") from error
        for key in (
            "epochs",
            "batch_size",
            "accumulation",
            "min_count",
            "embedding_size",
            "max_grad_norm",
        ):
            _expect(getattr(self, key) > 0, key, "a number above 0", getattr(self, key))
        for key in (
            "patience",
            "inner_weight",
            "weight_decay",
            "learning_rate",
            "head_learning_rate",
        ):
            _expect(getattr(self, key) >= 0, key, "a number of at least 0", getattr(self, key))
        for key in ("dropout", "warmup", "threshold_share"):
            _expect(
                0 <= getattr(self, key) < 1, key, "a number from 0 to below 1", getattr(self, key)
            )
        _expect(
            self.lstm_size > 0 and self.lstm_size % 2 == 0,
            "lstm_size",
            "an even number above 0",
            self.lstm_size,
        )
        _expect(self.max_subwords >= 8, "max_subwords", "at least 8", self.max_subwords)
        _expect(self.folds == 0 or self.folds > 1, "folds", "0, or 2 and more", self.folds)
        notebook = self.split == "notebook"
        _expect(
            not (self.folds and notebook),
            "folds",
            "0 with split notebook, which trains on no dev",
            self.folds,
        )
        _expect(
            len(self.seeds) == len(set(self.seeds)) > 0,
            "seeds",
            "one or more different seeds",
            self.seeds,
        )
        _expect(
            all(0 <= seed < 2**32 for seed in self.seeds),
            "seeds",
            "seeds from 0 to 2**32 - 1",
            self.seeds,
        )


def _expect(holds: bool, key: str, expected: str, value: object) -> None:
    if not holds:
        raise ValueError(f"config key {key!r}: expected {expected}, got {value!r}")


class _Loader(yaml.SafeLoader):
    """A safe YAML loader that reads what a person means: no key twice, and of bare words only these are not strings.

    YAML 1.1 would read `010` as 8, `1:30` as 90 and `no` as false. Numbers with a point or an exponent stay strings
    here, for their field to read.
    """

    yaml_implicit_resolvers = {}  # noqa: RUF012 - so the base class declares it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                raise ValueError(f"config key {key!r} is given twice")
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(~|null)?\Z"), ["~", "n", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(true|True|false|False)\Z"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9]*)\Z"), list("-+0123456789")
)


def read_config(cls: type[C], path: Path | None, overrides: Mapping[str, object]) -> C:
    """Read a flat YAML file into a config dataclass; `overrides` win over the file, the file over the defaults.

    Raises:
        ValueError: The file cannot be read, or a key is unknown, repeated, of a wrong type or contradicts another.
    """
    values: dict[str, object] = {}
    if path is not None:
        try:
            loaded = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        except OSError as error:
            raise ValueError(
                f"{path}: expected a config file, got {error.strerror or error}"
            ) from error
        except (yaml.YAMLError, ValueError) as error:
            raise ValueError(f"{path}: {' '.join(str(error).split())}") from error
        if not isinstance(loaded, dict | None):
            raise ValueError(f"{path}: expected `key: value` lines, got a {type(loaded).__name__}")
        values = loaded or {}
    try:
        return config_from(cls, values | dict(overrides))
    except ValueError as error:
        raise ValueError(f"{path}: {error}" if path is not None else str(error)) from error


def config_from(cls: type[C], values: Mapping[str, object]) -> C:
    """Build a config from plain values, each checked against the type of its field."""
    hints = get_type_hints(cls)
    names = [f.name for f in fields(cls)]  # type: ignore[arg-type]
    for key in values:
        _expect(key in names, str(key), f"one of {', '.join(names)}", key)
    return cls(**{key: _typed(key, value, hints[key]) for key, value in values.items()})


def _typed(key: str, value: object, kind: Any) -> object:
    if isinstance(kind, UnionType):
        kinds = [k for k in get_args(kind) if k is not type(None)]
        return None if value is None else _typed(key, value, kinds[0])
    if get_origin(kind) is Literal:
        _expect(
            value in get_args(kind), key, f"one of {', '.join(map(str, get_args(kind)))}", value
        )
        return value
    if get_origin(kind) is tuple:
        _expect(isinstance(value, (list, tuple)), key, "a list", value)
        return tuple(_typed(key, item, get_args(kind)[0]) for item in value)  # type: ignore[attr-defined]
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        _expect(_is_number(value), key, "a number that a float can hold", value)
        return float(value)
    _expect(type(value) is kind, key, f"a value of type {kind.__name__}", value)
    return value


def _is_number(value: float | str) -> bool:
    """Whether a float holds it: neither infinite nor so small that it would become 0."""
    try:
        return isfinite(float(value)) and (float(value) != 0 or Decimal(value) == 0)
    except (ValueError, ArithmeticError):
        return False


def add_options(parser: argparse.ArgumentParser, cls: type) -> None:
    """Give a parser `--config FILE` and one `--key value` for every field of a config dataclass."""
    parser.add_argument("--config", type=Path, help="YAML file with `key: value` lines")
    hints = get_type_hints(cls)
    for f in fields(cls):
        kind = hints[f.name]
        many = get_origin(kind) is tuple
        default = " ".join(map(str, f.default)) if many else f.default  # type: ignore[arg-type]
        parser.add_argument(
            f"--{f.name}",
            nargs="+" if many else None,
            type=_reader(get_args(kind)[0] if many else kind),
            default=argparse.SUPPRESS,
            metavar="|".join(map(str, get_args(kind)))
            if get_origin(kind) is Literal
            else f.name.upper(),
            help=f"{f.metadata['help']} ({default})".replace("%", "%%"),
        )


def _reader(kind: Any) -> Any:
    if kind is bool:
        return _boolean
    if isinstance(kind, UnionType):
        return next(k for k in get_args(kind) if k is not type(None))
    return (
        str if kind is float or get_origin(kind) is Literal else kind
    )  # these are checked as in a file


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")
    return text.lower() == "true"


def parse_config(
    parser: argparse.ArgumentParser, cls: type[C], argv: Sequence[str] | None = None
) -> tuple[C, argparse.Namespace]:
    """Parse a command line of `--config FILE --key value …` and the parser's own arguments.

    Returns:
        The checked config, and the namespace that holds the parser's own arguments.

    Raises:
        ValueError: As `read_config`.
    """
    parser.allow_abbrev = False
    add_options(parser, cls)
    arguments = parser.parse_args(argv)
    given = vars(arguments)
    overrides = {f.name: given.pop(f.name) for f in fields(cls) if f.name in given}  # type: ignore[arg-type]
    return read_config(cls, arguments.config, overrides), arguments


def write_config(config: Any, path: Path) -> None:
    """Write a config with all its keys, so that `read_config` gives it back."""
    values = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(config).items()}
    path.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")
