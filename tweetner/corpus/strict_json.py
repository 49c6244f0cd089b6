"""JSON in which nothing is lost: no key twice, no NaN, no number that becomes another."""

import json
from math import isinf
from typing import Any, NoReturn

JSON_TYPES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


def parse_object(line: str) -> dict[str, Any]:
    """The object that a line of JSON holds.

    Raises:
        ValueError: It is not JSON or no object, or something in it would be lost; in one line, without the place.
    """
    try:
        fields = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("expected JSON, got too many brackets inside each other") from None
    if not isinstance(fields, dict):
        raise ValueError(f"expected an object, got {json_type(fields)}")
    return fields


def json_type(value: object) -> str:
    return JSON_TYPES.get(type(value), "a number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("expected each key once, got a key twice in one object")
    return fields


def _finite(number: str) -> float:
    digits = number.lower().partition("e")[0]
    if isinf(value := float(number)) or (value == 0 and digits.strip("-0.")):
        raise ValueError(f"expected numbers that a float holds, got {number[:40]}")
    return value


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"expected JSON, got {constant}")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant)
