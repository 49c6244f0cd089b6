"""Paths with dots to the fields of a record."""

from collections.abc import Mapping
from typing import Any

MISSING: Any = object()
"""Stands for a field that is not there; None is a value that JSON may hold."""


def lookup(record: Any, path: str) -> Any:
    """Return the value at a path, or `MISSING`; a key that holds dots itself comes first.

    >>> lookup({"user": {"name": "nina"}, "a.b": 1, "urls": [{"n": 2}]}, "user.name")
    'nina'
    >>> lookup({"a.b": 1}, "a.b"), lookup({"urls": [{"n": 2}]}, "urls.0.n")
    (1, 2)
    """
    if isinstance(record, list):
        head, dot, rest = path.partition(".")
        if not head.isdecimal() or int(head) >= len(record):
            return MISSING
        inner = record[int(head)]
        return lookup(inner, rest) if dot else inner
    if not isinstance(record, Mapping):
        return MISSING
    if path in record:
        return record[path]
    head, dot, rest = path.partition(".")
    return lookup(record[head], rest) if dot and head in record else MISSING


def last_name(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition(".")[2]
