"""Read a config dataclass from a flat YAML file and the command line."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import yaml

from tweetner.training.config import check

C = TypeVar("C")


class _Loader(yaml.SafeLoader):
    """A safe YAML loader that refuses repeated keys and converts null, booleans and integers only.

    YAML 1.1 would read `010` as 8, `1:30` as 90 and `no` as false. Here such words stay strings, as
    do numbers with a point or an exponent, which are converted by the type of their field.
    """

    yaml_implicit_resolvers = {}  # noqa: RUF012 - so the base class declares it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = []
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise ValueError(f"config key {key!r} is given twice")
            seen.append(key)
        return super().construct_mapping(node, deep)


def _convert_words(kind: str, pattern: str, first_characters: list[str]) -> None:
    """Let the loader read bare words of a pattern as values of a YAML type."""
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{kind}", re.compile(pattern), first_characters
    )


_convert_words("null", r"(~|null)?\Z", ["~", "n", ""])
_convert_words("bool", r"(true|True|false|False)\Z", list("tTfF"))
_convert_words("int", r"[-+]?(0|[1-9][0-9]*)\Z", list("-+0123456789"))


def read_config(cls: type[C], path: Path | None, overrides: Mapping[str, object]) -> C:
    """Read a flat YAML file into a config; `overrides` win over the file, the file over defaults.

    Raises:
        ValueError: The file cannot be read, or a key is unknown, repeated, of a wrong type or
            contradicts another.
    """
    if path is None:
        return config_from(cls, overrides)
    try:
        return config_from(cls, _read_yaml(path) | dict(overrides))
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"{path}: expected a config file, got {reason}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}") from error


def _read_yaml(path: Path) -> dict[str, object]:
    loaded = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    if not isinstance(loaded, dict | None):
        raise ValueError(f"expected `key: value` lines, got a {type(loaded).__name__}")
    return loaded or {}


def config_from(cls: type[C], values: Mapping[str, object]) -> C:
    """Build a config from plain values, each converted to the type of its field.

    Raises:
        ValueError: A key is unknown, or a value is of a wrong type or out of range.
    """
    hints = get_type_hints(cls)
    names = [f.name for f in _fields(cls)]
    for key in values:
        check(key in names, str(key), f"one of {', '.join(names)}", key)
    return cls(**{key: _converted(key, value, hints[key]) for key, value in values.items()})


def _fields(cls: type) -> tuple[Field[Any], ...]:
    return fields(cls)


def _converted(key: str, value: object, kind: Any) -> object:
    if get_origin(kind) is Literal:
        if "true" in get_args(kind):  # a boolean with a third value
            value = str(value).lower()
        expected = f"one of {', '.join(map(str, get_args(kind)))}"
        check(value in get_args(kind), key, expected, value)
        return value
    if get_origin(kind) is tuple:
        check(isinstance(value, (list, tuple)), key, "a list", value)
        items: Sequence[object] = value  # type: ignore[assignment]
        return tuple(_converted(key, item, get_args(kind)[0]) for item in items)
    if kind is float and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        check(_fits_float(value), key, "a number that a float can hold", value)
        return float(value)
    check(type(value) is kind, key, f"a value of type {kind.__name__}", value)
    return value


def _fits_float(value: float | str) -> bool:
    """Return whether a number becomes neither infinite nor, from another number, 0."""
    try:
        return isfinite(float(value)) and (float(value) != 0 or Decimal(value) == 0)
    except (ValueError, ArithmeticError):
        return False


def parse_config(
    parser: argparse.ArgumentParser, cls: type[C], argv: Sequence[str] | None = None
) -> tuple[C, argparse.Namespace]:
    """Parse a command line of `--config FILE`, `--key value` and the parser's own arguments.

    Returns:
        The checked config, and the namespace that holds the parser's own arguments.

    Raises:
        ValueError: See `read_config`.
    """
    parser.allow_abbrev = False
    parser.add_argument("--config", type=Path, help="YAML file with `key: value` lines")
    hints = get_type_hints(cls)
    for f in _fields(cls):
        _add_option(parser, f, hints[f.name])
    arguments = parser.parse_args(argv)
    given = vars(arguments)
    overrides = {f.name: given.pop(f.name) for f in _fields(cls) if f.name in given}
    return read_config(cls, arguments.config, overrides), arguments


def _add_option(parser: argparse.ArgumentParser, f: Field[Any], kind: Any) -> None:
    """Add `--key`; a key that is not given stays out of the namespace."""
    several = get_origin(kind) is tuple
    values: Any = f.default if several else [f.default]
    default = " ".join(map(str, values)) or "none"
    if several:
        kind = get_args(kind)[0]
    metavar = f.name.upper()
    if get_origin(kind) is Literal:
        metavar = "|".join(map(str, get_args(kind)))
    text = f"{f.metadata['help']} (default: {default})"
    parser.add_argument(
        f"--{f.name}",
        nargs="+" if several else None,
        type=_argument_type(kind),
        default=argparse.SUPPRESS,
        metavar=metavar,
        help=text.replace("%", "%%"),
    )


def _argument_type(kind: Any) -> Any:
    if kind is bool:
        return _boolean
    if kind is float or get_origin(kind) is Literal:
        return str  # `config_from` converts and checks these, as it does for a file
    return kind


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"expected true or false, got {text!r}")
    return text.lower() == "true"
