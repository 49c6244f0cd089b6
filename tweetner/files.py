"""Bytes in and out: plain files read line by line, and outputs that appear whole or not at all."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

BOM = b"\xef\xbb\xbf"


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading its bytes.

    Raises:
        ValueError: It is a folder, a pipe or a device, or it is compressed.
        OSError: It is missing or may not be read.
    """
    if path.is_dir():
        raise ValueError(f"{path}: expected a file, got a folder")
    refuse_special(path)
    stream = path.open("rb")
    if stream.peek(2)[:2] == b"\x1f\x8b":
        stream.close()
        raise ValueError(f"{path}: expected plain text, got a gzip file; unpack it first")
    return stream


def decode_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Number and decode the lines of a UTF-8 file; they end at LF or CRLF only, and a BOM is dropped.

    Raises:
        ValueError: A line is not UTF-8; names the line and the byte's place in the file.
    """
    offset = 0
    for number, line in enumerate(lines, start=1):
        body = line.removeprefix(BOM) if number == 1 else line
        offset += len(line) - len(body)
        try:
            text = body.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{name}:{number}: expected UTF-8, got other bytes at byte {offset + error.start}"
            ) from None
        yield number, text
        offset += len(body)


@contextmanager
def naming(place: str | Path) -> Iterator[None]:
    """Put a place, such as `file:line`, before the reason of a refusal."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def refuse_special(path: Path) -> None:
    """Refuse a pipe or a device, which opening or replacing would wait for or destroy."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError(f"{path}: expected a file, got a pipe or a device")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`: it takes the place of `path` on success and vanishes on failure.

    Raises:
        ValueError: `path` is a pipe or a device.
        OSError: `path` cannot be written; a folder never gives way to a file.
    """
    refuse_special(path)
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        yield temporary
        if path.is_dir() and temporary.is_dir():
            _swap_folders(temporary, path)
        else:
            temporary.replace(path)
    finally:
        _remove(temporary)


def _swap_folders(new: Path, path: Path) -> None:
    old = new.with_suffix(".old")
    path.replace(old)
    try:
        new.replace(path)
    except BaseException:
        old.replace(path)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
