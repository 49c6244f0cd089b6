"""Which file of tweets becomes which part of the output folder."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tweetner.streams import EXTENSIONS, Input, find_inputs

KNOWN_EXTENSIONS = {*EXTENSIONS, ".jsonl"}


@dataclass(frozen=True)
class Part:
    """A file of tweets, and the file of answers that it becomes.

    Attributes:
        name: Of the answers, below the output folder.
        input: By its absolute path, for a worker has a working directory of its own.
        n_bytes: Size of the input.
        modified: When the input was last written, in nanoseconds.
    """

    name: str
    input: Input
    n_bytes: int
    modified: int


def find_parts(names: Sequence[str], folder: Path, output_format: str) -> list[Part]:
    """The parts of files and globs, in the folders that the files have below `root_of(names)`.

    Raises:
        ValueError: As `find_inputs`; or standard input is named, an input is in the output folder, or two inputs would
            become the same part.
    """
    root, parts = root_of(names), dict[str, Part]()
    for input_ in find_inputs(names):
        if input_.path is None:
            raise ValueError("expected files, got standard input")
        path = Path(os.path.abspath(input_.path))  # noqa: PTH100 - resolve() would follow a link out of the root
        if path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{input_.path}: is in the output folder {folder}")
        part = _part(path, root, input_.format, output_format)
        if parts.setdefault(part.name, part).input != part.input:
            raise ValueError(
                f"{path} and {parts[part.name].input.name} would both become {folder / part.name}"
            )
    return list(parts.values())


def root_of(names: Sequence[str]) -> Path:
    """The folder that holds all the inputs of a command line, whatever files its globs find today.

    >>> root_of(["/tweets/2024/*/a*.jsonl", "/tweets/2025/01.jsonl"])
    PosixPath('/tweets')
    """
    fixed = [os.path.dirname(re.split(r"[*?[]", name)[0]) for name in names]  # noqa: PTH120 - "a/" is to give "a"
    return Path(os.path.commonpath([os.path.abspath(folder) for folder in fixed]))  # noqa: PTH100


def _part(path: Path, root: Path, input_format: str, output_format: str) -> Part:
    stem = path.stem if path.suffix.lower() in KNOWN_EXTENSIONS else path.name
    name = path.relative_to(root).with_name(f"{stem}.{output_format}").as_posix()
    found = path.stat()
    return Part(name, Input(path, input_format), found.st_size, found.st_mtime_ns)
