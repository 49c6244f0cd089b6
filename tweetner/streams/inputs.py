"""Files, globs and standard input → one stream of records."""

import os
from collections.abc import Iterable, Iterator, Sequence
from glob import glob
from io import FileIO
from itertools import count
from pathlib import Path

from tweetner.streams.formats import Input, format_of
from tweetner.streams.lines import Lines
from tweetner.streams.records import Record, conll_records, csv_records, jsonl_records, text_records

LINE_READERS = {
    "jsonl": jsonl_records,
    "text": text_records,
    "csv": csv_records,
    "conll": conll_records,
}
INPUT_FORMATS = (*LINE_READERS, "parquet")
BATCH_CHARACTERS = 1_000_000
"""A batch of very long tweets ends early, so that memory stays bounded."""


def find_inputs(names: Sequence[str], format_: str | None = None) -> list[Input]:
    """The inputs that a command line names: files, globs, `-` or nothing for standard input.

    Raises:
        ValueError: There is no such file, it is a folder, or it may not be read; standard input is named twice;
            Parquet is to come from a pipe.
    """
    paths = [path for name in names or ["-"] for path in ([None] if name == "-" else _files(name))]
    inputs = [Input(path, format_ or format_of(path)) for path in paths]
    if paths.count(None) > 1:
        raise ValueError("expected standard input once, got it twice")
    for input_ in inputs:
        if input_.format == "parquet" and not (input_.path and input_.path.is_file()):
            raise ValueError(f"{input_.name}: expected Parquet from a file, got a pipe or a device")
    return inputs


def _files(name: str) -> list[Path]:
    # glob and not Path.glob, which also finds hidden files
    matches = [name] if Path(name).exists() else sorted(glob(name, recursive=True))  # noqa: PTH207
    paths = [Path(match) for match in matches]
    if not paths:
        raise ValueError(f"{name}: no such file")
    for path in paths:
        if path.is_dir():
            raise ValueError(f"{path}: expected a file, got a folder")
        if not path.exists():
            raise ValueError(f"{path}: expected a file, got a link that leads to none")
        if not os.access(path, os.R_OK):
            raise ValueError(f"{path}: no permission to read it")
    return paths


class Source:
    """The records of several inputs, one after the other; numbers go on from input to input.

    Args:
        inputs: In the order of the records.
        column: Key of a JSONL record, or column of CSV and Parquet, that holds the tweet.

    Raises:
        ValueError: While iterating: an input is not what its format says, beyond what one record can answer for.
    """

    def __init__(self, inputs: Sequence[Input], column: str = "text") -> None:
        self._inputs = inputs
        self._column = column
        self._lines: Lines | None = None

    def __iter__(self) -> Iterator[Record]:
        numbers = count(1)
        for input_ in self._inputs:
            yield from self._records(input_, numbers)

    @property
    def waiting(self) -> bool:
        """Whether the next record may be long in coming."""
        return self._lines is not None and self._lines.waiting

    def _records(self, input_: Input, numbers: Iterator[int]) -> Iterator[Record]:
        if input_.format == "parquet" and input_.path:
            from tweetner.streams.parquet import parquet_records

            yield from parquet_records(input_.path, self._column, numbers)
            return
        with FileIO(input_.path or 0, closefd=input_.path is not None) as stream:
            self._lines = Lines(stream, input_.name)
            yield from LINE_READERS[input_.format](self._lines, input_.name, self._column, numbers)
        self._lines = None


def batches(records: Iterable[Record], source: Source, size: int) -> Iterator[list[Record]]:
    """Records in lists of `size`, fewer where the source keeps us waiting, is at its end, or breaks off.

    An empty list follows where more may be long in coming: nothing more is to be waited for.
    """
    batch: list[Record] = []
    n_characters = 0
    try:
        for record in records:
            batch.append(record)
            n_characters += len(record.text)
            waiting = source.waiting
            if len(batch) >= size or n_characters >= BATCH_CHARACTERS or waiting:
                yield batch
                batch, n_characters = [], 0
            if waiting:
                yield []
    except (ValueError, OSError):
        yield from (batch, [])
        raise
    if batch:
        yield batch
