"""Writing answers to standard output, or to a file that appears when it is complete."""

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tweetner.corpus import Tweet
from tweetner.corpus import format_tweet as format_conll
from tweetner.streams.formats import COMPRESSED_EXTENSIONS, Input, format_of
from tweetner.streams.records import Done

OUTPUT_FORMATS = ("jsonl", "parquet", "conll")


class Output(Protocol):
    """Takes answers: rows with `id` and `entities` or `error`; tweets if the format is CoNLL."""

    format: str
    done: Done

    def write(self, answers: Sequence[Any]) -> None:
        """Write answers."""

    def close(self) -> None:
        """Write what is left."""


class LineOutput:
    """Writes JSONL or CoNLL to a binary stream."""

    def __init__(self, stream: BinaryIO, format_: str, done: Done) -> None:
        self.format = format_
        self.done = done
        self._stream = stream
        self._encode: Callable[[Any], bytes] = encode_conll if format_ == "conll" else encode_row

    def write(self, answers: Sequence[Any]) -> None:
        """Write answers and flush them, also those before one that cannot be written."""
        try:
            for answer in answers:
                self._stream.write(self._encode(answer))
        finally:
            self._stream.flush()

    def close(self) -> None:
        """Do nothing: all is written."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def encode_row(row: Mapping[str, object]) -> bytes:
    r"""Return a line of JSON in UTF-8; a lone surrogate, which UTF-8 cannot hold, is escaped.

    >>> encode_row({"id": "\ud83d", "entities": []})
    b'{"id": "\\ud83d", "entities": []}\n'
    """
    return f"{_ENCODER.encode(row)}\n".encode("utf-8", "backslashreplace")


def encode_conll(tweet: Tweet) -> bytes:
    """Return a tweet as lines of CoNLL and an empty line."""
    return format_conll(tweet).encode()


def output_format_of(path: Path | None, format_: str | None = None) -> str:
    """Return the format to write: the one given, or that of the file's extension.

    Raises:
        ValueError: The extension stands for a format that can only be read, or for a compressed
            file; or Parquet would go to standard output.
    """
    if path and path.suffix.lower() in COMPRESSED_EXTENSIONS:
        raise ValueError(
            f"{path}: expected a file that is not compressed; to compress the answers, "
            "write to standard output and pipe it into a program such as gzip"
        )
    format_ = format_ or format_of(path)
    if format_ not in OUTPUT_FORMATS:
        raise ValueError(
            f"{path}: expected an output format of {', '.join(OUTPUT_FORMATS)}, got {format_}"
        )
    if format_ == "parquet" and path is None:
        raise ValueError("expected a file for Parquet, got standard output")
    return format_


def refuse_inputs_as_output(inputs: Sequence[Input], path: Path | None) -> None:
    """Refuse to overwrite an input, also one that is given by another name.

    Raises:
        ValueError: The output file, its `.part`, or the file that standard output leads to is also
            an input.
    """
    if path is None:
        targets = [os.fstat(1)]
    else:
        targets = [target.stat() for target in (path, part_of(path)) if target.exists()]
    for input_ in inputs:
        found = input_.path.stat() if input_.path else os.fstat(0)
        is_target = any(os.path.samestat(found, target) for target in targets)
        if stat.S_ISREG(found.st_mode) and is_target:
            raise ValueError(f"{input_.name}: is the input and the output at once")


def part_of(path: Path) -> Path:
    """Return the path that an output has until it is complete.

    Raises:
        ValueError: The path has no file name, such as `.` and the empty path.
    """
    if not path.name:
        raise ValueError(f"{path}: expected a file to write, got a folder")
    return path.with_name(f"{path.name}.part")


@contextmanager
def open_output(
    path: Path | None, format_: str, *, force: bool = False, resume: bool = False
) -> Iterator[Output]:
    """Open an output; its file appears, complete, when the block ends without an exception.

    Args:
        path: The file, or None for standard output.
        format_: One of `OUTPUT_FORMATS`.
        force: Replace a file or a `.part` that exists.
        resume: Continue after the last complete answer of a `.part`, or begin if there is none.

    Raises:
        ValueError: The file or its `.part` exists already, or the folder does not; another run
            writes the file; Parquet or standard output is to be resumed.
    """
    if path is None:
        if resume:
            raise ValueError("expected a file to resume, got standard output")
        with os.fdopen(1, "wb", closefd=False) as stream:
            yield LineOutput(stream, format_, Done())
        return
    _check_target(path, format_, force=force, resume=resume)
    part = part_of(path)
    with part.open("a+b") as stream:
        _lock(stream, part)
        try:
            with _part_output(stream, format_, resume=resume) as output:
                yield output
        except BaseException:
            stream.flush()
            if format_ == "parquet" or not part.stat().st_size:
                part.unlink()  # it holds nothing that a later run could continue
            raise
        part.replace(path)


@contextmanager
def _part_output(stream: BinaryIO, format_: str, *, resume: bool) -> Iterator[Output]:
    """Open an output on a `.part`, and write all of it to the disk at the end."""
    if not resume:
        stream.truncate(0)
    output: Output
    if format_ == "parquet":
        from tweetner.streams.parquet import ParquetOutput

        output = ParquetOutput(stream)
    else:
        output = LineOutput(stream, format_, _cut_torn_answer(stream, format_))
    try:
        yield output
    finally:
        output.close()
    stream.flush()
    os.fsync(stream.fileno())


def _check_target(path: Path, format_: str, *, force: bool, resume: bool) -> None:
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path}: expected a file to write, got a folder, a pipe or a device")
    if path.exists() and not force:
        raise ValueError(f"{path}: is there already; --force replaces it")
    if resume and format_ == "parquet":
        raise ValueError(
            f"{path}: expected JSONL or CoNLL to resume, got Parquet, which cannot be continued"
        )
    if part_of(path).exists() and not (force or resume):
        raise ValueError(
            f"{part_of(path)}: is there already; --resume goes on from it, --force begins anew"
        )


def _lock(stream: BinaryIO, part: Path) -> None:
    """Make this run the only one that writes a `.part`, until the stream is closed."""
    import fcntl  # not on Windows, where tweetner can still be imported

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{part}: another run is writing it") from None


def _cut_torn_answer(stream: BinaryIO, format_: str) -> Done:
    """Count the complete answers of a `.part`, and cut off an incomplete one at its end.

    A JSONL answer ends with its line, a CoNLL answer with the empty line after it.
    """
    n_done = 0
    n_bytes = 0
    end = 0
    last_line = b""
    stream.seek(0)
    for line in stream:
        n_bytes += len(line)
        is_end = line == b"\n" if format_ == "conll" else line.endswith(b"\n")
        if is_end:
            n_done += 1
            end = n_bytes
            last_line = line
    stream.truncate(end)
    return Done(n_done, last_line)
