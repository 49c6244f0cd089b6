"""The normal form under which an entity is counted, its aliases, and ignored entities."""

import csv
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tweetner.files import error_place

POSSESSIVES = ("'s", "’s")


@lru_cache(maxsize=20_000)
def normal_form(name: str) -> str:
    """Return the normal form of an entity's text, the same for all ways to write its name.

    Case, a leading `#` or `@`, a possessive, spaces and punctuation are removed, after Unicode's
    compatibility normalization (NFKC). A text of nothing else keeps its characters.

    >>> normal_form("#NewYork") == normal_form("New York's") == normal_form("new-york") == "newyork"
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    stem = folded.strip()
    for ending in POSSESSIVES:
        stem = stem.removesuffix(ending)
    # categories: P punctuation, Z separators, C control characters
    kept = [character for character in stem if unicodedata.category(character)[0] not in "PZC"]
    return "".join(kept) or folded


def read_aliases(path: Path) -> dict[str, str]:
    """Read a CSV file of `form,name` rows: mentions of the form count as mentions of the name.

    Raises:
        ValueError: A row does not have two cells, or a form has two names.
    """
    aliases: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), start=1):
            if not row:
                continue
            with error_place(f"{path}:{number}"):
                if len(row) != 2 or not all(cell.strip() for cell in row):
                    raise ValueError(f"expected a row of form,name, got {row}")
                form, name = map(normal_form, row)
                if aliases.setdefault(form, name) != name:
                    raise ValueError(f"expected one name for {row[0]!r}, got a second one")
    return aliases


def read_ignored(path: Path, aliases: Mapping[str, str]) -> frozenset[str]:
    """Read the normal forms of entities that never alarm: one name a line, `#` is not special."""
    names = path.read_text(encoding="utf-8-sig").splitlines()
    forms = [normal_form(name) for name in names if name.strip()]
    return frozenset(aliases.get(form, form) for form in forms)
