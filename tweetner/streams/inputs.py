"""Files, globs and standard input as one stream of records."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import glob
from io import FileIO
from itertools import count
from pathlib import Path

from tweetner.streams.compression import decompressed
from tweetner.streams.fields import Record, RecordOptions
from tweetner.streams.formats import Input, format_of
from tweetner.streams.lines import Lines
from tweetner.streams.records import (
    conll_records,
    csv_records,
    jsonl_records,
    text_records,
    tsv_records,
)
from tweetner.streams.sniffing import looks_like

LineReader = Callable[[Lines, str, RecordOptions, Iterator[int]], Iterator[Record]]
LINE_READERS: dict[str, LineReader] = {
    "jsonl": jsonl_records,
    "text": text_records,
    "csv": csv_records,
    "tsv": tsv_records,
    "conll": conll_records,
}
INPUT_FORMATS = (*LINE_READERS, "parquet")
BATCH_CHARACTERS = 1_000_000
"""A batch of very long tweets ends early, so that memory stays bounded."""
MAX_FIRST_ERRORS = 100
"""An input that begins with so many errors has another format than expected, and is refused."""


def find_inputs(names: Sequence[str], format_: str | None = None) -> list[Input]:
    """Return the inputs that a command line names: files, globs, `-` or nothing for stdin.

    Raises:
        ValueError: There is no such file, it is a folder, or it may not be read; standard input is
            named twice; Parquet would come from a pipe.
    """
    paths: list[Path | None] = []
    for name in names or ["-"]:
        paths += [None] if name == "-" else _files(name)
    inputs = [Input(path, format_ or format_of(path)) for path in paths]
    if paths.count(None) > 1:
        raise ValueError("expected standard input once, got it twice")
    for input_ in inputs:
        if input_.format == "parquet" and not (input_.path and input_.path.is_file()):
            raise ValueError(f"{input_.name}: expected Parquet from a file, got a pipe or a device")
    return inputs


def _files(name: str) -> list[Path]:
    # glob, because Path.glob also finds hidden files
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
    """Iterates over the records of several inputs; their numbers continue from input to input.

    Args:
        inputs: The inputs, in the order of the records.
        options: The fields that hold the tweets and their ids.

    Raises:
        ValueError: While iterating: an input does not have its format, and one record cannot be the
            cause.
    """

    def __init__(self, inputs: Sequence[Input], options: RecordOptions | None = None) -> None:
        self._inputs = inputs
        self._options = options or RecordOptions()
        self._lines: Lines | None = None

    def __iter__(self) -> Iterator[Record]:
        numbers = count(1)
        for input_ in self._inputs:
            yield from self._refuse_other_format(self._records(input_, numbers), input_)

    @property
    def kept_names(self) -> list[str]:
        """The names of the fields that are copied into the answers."""
        return list(self._options.keep)

    @property
    def is_waiting(self) -> bool:
        """True if the next record may take long to arrive."""
        return self._lines is not None and self._lines.is_waiting

    def _records(self, input_: Input, numbers: Iterator[int]) -> Iterator[Record]:
        if input_.format == "parquet" and input_.path:
            from tweetner.streams.parquet import parquet_records

            yield from parquet_records(input_.path, self._options, numbers)
            return
        with FileIO(input_.path or 0, closefd=input_.path is not None) as stream:
            self._lines = Lines(decompressed(stream, input_.name), input_.name)
            reader = LINE_READERS[input_.format]
            yield from reader(self._lines, input_.name, self._options, numbers)
        self._lines = None

    def _refuse_other_format(self, records: Iterator[Record], input_: Input) -> Iterator[Record]:
        """Pass the records of an input on, unless the first ones are all errors."""
        held: list[Record] = []
        n_errors = 0
        try:
            for record in records:
                held.append(record)
                n_errors += 1
                if record.error is None or n_errors == MAX_FIRST_ERRORS:
                    break
                if self.is_waiting:
                    yield from held
                    held = []
        except (ValueError, OSError):
            yield from held
            raise
        if held and held[-1].error is not None and n_errors == MAX_FIRST_ERRORS:
            hint = f"; this looks like {looks_like(self._lines.start)}" if self._lines else ""
            raise ValueError(
                f"{input_.name}: the first {n_errors} records are all errors, such as "
                f"{held[-1].error}{hint}"
            )
        yield from held
        yield from records


def batches(records: Iterable[Record], source: Source, size: int) -> Iterator[list[Record]]:
    """Group records into lists of `size`, or fewer where no more have arrived.

    Yield an empty list after those when the source is idle, so that the consumer flushes.
    """
    batch: list[Record] = []
    n_characters = 0
    try:
        for record in records:
            batch.append(record)
            n_characters += len(record.text)
            is_waiting = source.is_waiting
            if len(batch) >= size or n_characters >= BATCH_CHARACTERS or is_waiting:
                yield batch
                batch = []
                n_characters = 0
            if is_waiting:
                yield []
    except (ValueError, OSError):
        yield from (batch, [])
        raise
    if batch:
        yield batch
