"""Options that say how the files of a corpus are written: one list for every format and command."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypedDict, cast

from tweetner.corpus.spans import INSIDE_WORDS, InsideWords
from tweetner.tags import SCHEMES, WNUT16_TYPES, tags_of, to_iob2

EMPTY_WORDS = ("refuse", "drop", "placeholder")
SPLIT_FILES = ("train", "dev", "test")
PLACEHOLDER = "_"
"""The word that replaces an empty one with `empty_words="placeholder"`."""

SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


class ReadOptions(TypedDict, total=False):
    """The keyword arguments of every function that reads a corpus; see `Reading`."""

    types: Sequence[str] | None
    scheme: str
    map_types: Sequence[str]
    columns: Sequence[str]
    comment: str
    header: bool
    separator: str
    empty_words: str
    inside_words: InsideWords
    scheme_option: str
    types_option: str


@dataclass(frozen=True)
class Reading:
    """The options that say how the files of a corpus are written.

    Attributes:
        types: Declared types; by default those that the corpus declares itself, else WNUT-16's.
        scheme: Tagging scheme, one of `tags.SCHEMES`.
        map_types: `DECLARED=FILE` each: the type FILE is read as DECLARED; `=FILE` reads it as O.
        columns: Word and tag column, and optionally the column that changes with each tweet:
            numbers from 1 (from -1 backwards) or names. By default the first and the last column,
            or the fields `tokens` (`words`) and `ner_tags` (`tags`).
        comment: Start of the lines that are skipped in CoNLL and CSV files.
        header: Whether the first line of CoNLL and CSV files names the columns.
        separator: Character between columns, or a name of `SEPARATORS`. By default a comma in
            `.csv` files, else TAB, or spaces in a line without TAB.
        empty_words: `refuse` a CoNLL line without a word, `drop` it, or put a `placeholder`.
        inside_words: An entity in characters that begins or ends inside a word: `refuse` it, `snap`
            it to whole words, or `skip` its tweet.
        scheme_option: Command line option for the scheme, as error messages name it.
        types_option: Command line option for the types; empty where they cannot be declared.
    """

    types: Sequence[str] | None = None
    scheme: str = "IOB2"
    map_types: Sequence[str] = ()
    columns: Sequence[str] = ()
    comment: str = ""
    header: bool = False
    separator: str = ""
    empty_words: str = "refuse"
    inside_words: InsideWords = "refuse"
    scheme_option: str = "--scheme"
    types_option: str = "--types"

    def __post_init__(self) -> None:
        """Refuse values that no file could be read with, naming the option."""
        tags_of(self.declared)
        to_iob2([], self.scheme)
        if len(self.columns) not in (0, 2, 3):
            raise ValueError(
                "columns: expected a word column and a tag column (and optionally a tweet column), "
                f"got {' '.join(self.columns)}"
            )
        if self.separator and self.separator not in SEPARATORS and len(self.separator) > 1:
            raise ValueError(
                f"separator: expected one character or {', '.join(SEPARATORS)}, "
                f"got {self.separator!r}"
            )
        if self.empty_words not in EMPTY_WORDS:
            raise ValueError(
                f"empty_words: expected {', '.join(EMPTY_WORDS)}, got {self.empty_words!r}"
            )
        if self.inside_words not in INSIDE_WORDS:
            raise ValueError(
                f"inside_words: expected {', '.join(INSIDE_WORDS)}, got {self.inside_words!r}"
            )
        self.type_map()

    @property
    def declared(self) -> tuple[str, ...]:
        """The declared types, WNUT-16's by default."""
        return tuple(WNUT16_TYPES if self.types is None else self.types)

    def type_map(self) -> dict[str, str]:
        """Return the renamed types: type in the file → declared type, or "" for no entity."""
        renamed: dict[str, str] = {}
        for rule in self.map_types:
            declared, equals, written = rule.partition("=")
            if not equals or not written:
                raise ValueError(f"map_types: expected DECLARED=FILE, as person=PER, got {rule!r}")
            if declared and declared not in self.declared:
                raise ValueError(
                    f"map_types: expected a declared type before the = of {rule!r}; "
                    f"declared: {', '.join(self.declared)}"
                )
            if written in renamed:
                raise ValueError(f"map_types: type {written!r} is mapped twice")
            renamed[written] = declared
        return renamed


def add_reading_options(
    parser: argparse.ArgumentParser, *, types: bool = True, files: bool = True
) -> None:
    """Add the options of `Reading` to a command line.

    Args:
        parser: The command line.
        types: Add `--types` too.
        files: Add an option for the files of each split too.
    """
    group = parser.add_argument_group("how the corpus files are written")
    for split in SPLIT_FILES if files else ():
        group.add_argument(
            f"--{split}-file", f"--{split}_file", nargs="+", default=(), metavar="FILE",
            help=f"files of {split}, instead of those found in the folder",
        )  # fmt: skip
    if types:
        group.add_argument(
            "--types", nargs="+", help="entity types (default: the corpus's own, else WNUT-16's)"
        )
    group.add_argument(
        "--scheme", choices=SCHEMES, default="IOB2", help="tagging scheme (%(default)s)"
    )
    group.add_argument(
        "--map-types", "--map_types", nargs="+", default=(), metavar="TYPE=FILE_TYPE",
        help="read a type of the files as a declared type (person=PER) or as no entity (=MISC)",
    )  # fmt: skip
    group.add_argument(
        "--columns", nargs="+", default=(), metavar="COLUMN",
        help="word and tag column (and optionally one that changes with each tweet), numbered "
        "from 1 or by name (first and last; tokens and ner_tags)",
    )  # fmt: skip
    group.add_argument("--comment", default="", help="skip lines that begin with this")
    group.add_argument("--header", action="store_true", help="the first line names the columns")
    group.add_argument(
        "--separator", default="",
        help=f"character between columns, or {', '.join(SEPARATORS)} (comma in .csv, else TAB or "
        "spaces)",
    )  # fmt: skip
    group.add_argument(
        "--empty-words", "--empty_words", choices=EMPTY_WORDS, default="refuse",
        help=f"lines without a word: refuse or drop them, or put the placeholder {PLACEHOLDER} "
        "(%(default)s)",
    )  # fmt: skip
    add_inside_words_options(group)


def add_inside_words_options(parser: argparse._ActionsContainer) -> None:
    """Add `--snap` and `--skip`: what happens to entities inside words."""
    either = parser.add_mutually_exclusive_group()
    parser.set_defaults(inside_words="refuse")
    either.add_argument(
        "--snap", dest="inside_words", action="store_const", const="snap",
        help="grow entities in characters that begin or end inside a word to whole words",
    )  # fmt: skip
    either.add_argument(
        "--skip", dest="inside_words", action="store_const", const="skip",
        help="leave out tweets with such entities",
    )  # fmt: skip


def reading_options(values: Any) -> ReadOptions:
    """Return the reading options among the attributes of parsed arguments or of a config."""
    names = [field.name for field in fields(Reading)]
    found = {name: getattr(values, name) for name in names if hasattr(values, name)}
    return cast(ReadOptions, found)


def split_files(values: Any) -> dict[str, Sequence[str]]:
    """Return the files of each split that arguments or a config name."""
    found = {split: getattr(values, f"{split}_file", ()) for split in SPLIT_FILES}
    return {split: paths for split, paths in found.items() if paths}
