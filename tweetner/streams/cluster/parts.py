"""The file of the output folder that each file of tweets becomes."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tweetner.streams.formats import EXTENSIONS, Input, uncompressed
from tweetner.streams.inputs import find_inputs

KNOWN_EXTENSIONS = {*EXTENSIONS, ".jsonl"}


@dataclass(frozen=True)
class Part:
    """A file of tweets, and the file of answers that it becomes.

    Attributes:
        name: path of the answers within the output folder.
        input: the file of tweets, by its absolute path, because workers have other working folders.
        n_bytes: size of the input.
        modified: time when the input was last written, in nanoseconds.
    """

    name: str
    input: Input
    n_bytes: int
    modified: int


def find_parts(names: Sequence[str], folder: Path, output_format: str) -> list[Part]:
    """Return the parts of files and globs; they keep their folders below `root_of(names)`.

    Raises:
        ValueError: As `find_inputs`; or standard input is named, an input is in the output folder,
            or two inputs would become the same part.
    """
    root = root_of(names)
    parts: dict[str, Part] = {}
    for input_ in find_inputs(names):
        if input_.path is None:
            raise ValueError("expected files, got standard input")
        # not resolve(), which would follow a link that leads out of the root
        path = Path(os.path.abspath(input_.path))  # noqa: PTH100
        if path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{input_.path}: is in the output folder {folder}")
        part = _part(path, root, input_.format, output_format)
        if parts.setdefault(part.name, part).input != part.input:
            other = parts[part.name].input.name
            raise ValueError(f"{path} and {other} would both become {folder / part.name}")
    return list(parts.values())


def root_of(names: Sequence[str]) -> Path:
    """Return the folder that holds all inputs of a command line, also those that globs may find.

    >>> root_of(["/tweets/2024/*/a*.jsonl", "/tweets/2025/01.jsonl"])
    PosixPath('/tweets')
    """
    without_globs = [re.split(r"[*?[]", name)[0] for name in names]
    # os.path, because "a/" must give "a"
    named = [os.path.dirname(name) for name in without_globs]  # noqa: PTH120
    folders = [os.path.abspath(name) for name in named]  # noqa: PTH100
    return Path(os.path.commonpath(folders))


def _part(path: Path, root: Path, input_format: str, output_format: str) -> Part:
    plain = uncompressed(path)
    stem = plain.stem if plain.suffix.lower() in KNOWN_EXTENSIONS else plain.name
    name = path.relative_to(root).with_name(f"{stem}.{output_format}").as_posix()
    found = path.stat()
    return Part(name, Input(path, input_format), found.st_size, found.st_mtime_ns)
