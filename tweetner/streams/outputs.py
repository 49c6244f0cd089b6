"""Where answers go: standard output, or a file that appears when it is complete."""

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tweetner.corpus import Tweet
from tweetner.corpus import format_tweet as format_conll
from tweetner.streams.formats import Input, format_of
from tweetner.streams.records import Done

OUTPUT_FORMATS = ("jsonl", "parquet", "conll")


class Output(Protocol):
    """Takes answers: rows `{"id", "entities"}` or `{"id", "error"}` for JSONL and Parquet, tweets for CoNLL."""

    format: str
    done: Done

    def write(self, answers: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


class LineOutput:
    """Writes JSONL or CoNLL to a binary stream."""

    def __init__(self, stream: BinaryIO, format_: str, done: Done) -> None:
        self.format = format_
        self.done = done
        self._stream = stream
        self._encode: Callable[[Any], bytes] = encode_conll if format_ == "conll" else encode_row

    def write(self, answers: Sequence[Any]) -> None:
        """Write answers and see them out, also those before one that cannot be written."""
        try:
            for answer in answers:
                self._stream.write(self._encode(answer))
        finally:
            self._stream.flush()

    def close(self) -> None:
        """All is written."""


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def encode_row(row: Mapping[str, object]) -> bytes:
    r"""A line of JSON in UTF-8; a lone surrogate, for which UTF-8 has no bytes, is escaped.

    >>> encode_row({"id": "\ud83d", "entities": []})
    b'{"id": "\\ud83d", "entities": []}\n'
    """
    return f"{_ENCODER.encode(row)}\n".encode("utf-8", "backslashreplace")


def encode_conll(tweet: Tweet) -> bytes:
    return format_conll(tweet).encode()


def output_format_of(path: Path | None, format_: str | None = None) -> str:
    """The format to write: the one that is asked for, else what the file's extension means.

    Raises:
        ValueError: The extension means a format that is read only, or Parquet would go to standard output.
    """
    format_ = format_ or format_of(path)
    if format_ not in OUTPUT_FORMATS:
        raise ValueError(
            f"{path}: expected an output format of {', '.join(OUTPUT_FORMATS)}, got {format_}"
        )
    if format_ == "parquet" and path is None:
        raise ValueError("expected a file for Parquet, got standard output")
    return format_


def refuse_inputs_as_output(inputs: Sequence[Input], path: Path | None) -> None:
    """Refuse to write over what is read, by whatever name.

    Raises:
        ValueError: The output file, its `.part`, or the file that standard output leads to is an input too.
    """
    targets = (
        [target.stat() for target in (path, part_of(path)) if target.exists()]
        if path
        else [os.fstat(1)]
    )
    for input_ in inputs:
        found = input_.path.stat() if input_.path else os.fstat(0)
        if stat.S_ISREG(found.st_mode) and any(
            os.path.samestat(found, target) for target in targets
        ):
            raise ValueError(f"{input_.name}: is the input and the output at once")


def part_of(path: Path) -> Path:
    """Where the output stands until it is complete.

    Raises:
        ValueError: The path has no name, as `.` and the empty one.
    """
    if not path.name:
        raise ValueError(f"{path}: expected a file to write, got a folder")
    return path.with_name(f"{path.name}.part")


@contextmanager
def open_output(
    path: Path | None, format_: str, *, force: bool = False, resume: bool = False
) -> Iterator[Output]:
    """An output that is complete, and a file in its place, only where the block ends well.

    Args:
        path: The file; standard output where there is none.
        format_: One of `OUTPUT_FORMATS`.
        force: Replace a file or `.part` that is there.
        resume: Go on after the last complete answer of a `.part`, and begin anew where there is none.

    Raises:
        ValueError: The file or its `.part` is there already, or the folder is not; another run writes it; Parquet is
            to be resumed.
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
            if not resume:
                stream.truncate(0)
            output = _file_output(stream, format_, _cut(stream, format_))
            try:
                yield output
            finally:
                output.close()
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            stream.flush()
            if format_ == "parquet" or not part.stat().st_size:
                part.unlink()  # nothing in it to go on from
            raise
        part.replace(path)


def _file_output(stream: BinaryIO, format_: str, done: Done) -> Output:
    if format_ == "parquet":
        from tweetner.streams.parquet import ParquetOutput

        return ParquetOutput(stream)
    return LineOutput(stream, format_, done)


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
    """Be the only run that writes a `.part`, until the stream is closed."""
    import fcntl  # not on Windows, where tweetner can still be imported

    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"{part}: another run is writing it") from None


def _cut(stream: BinaryIO, format_: str) -> Done:
    """Count the complete answers of a `.part`, and cut off what is torn behind them.

    A JSONL answer ends with its line, a CoNLL answer with the empty line after it.
    """
    n_done = n_bytes = end = 0
    last_line = b""
    stream.seek(0)
    for line in stream:
        n_bytes += len(line)
        if line == b"\n" if format_ == "conll" else line.endswith(b"\n"):
            n_done, end, last_line = n_done + 1, n_bytes, line
    stream.truncate(end)
    return Done(n_done, last_line)
