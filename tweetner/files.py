"""Files: plain input read by line, outputs written whole or not at all, strict JSON, hashes."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from math import isinf
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, NoReturn

BOM = b"\xef\xbb\xbf"
GZIP = b"\x1f\x8b"


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading its bytes.

    Raises:
        ValueError: The path is a folder, a pipe or a device, or the file is compressed.
        OSError: The file is missing or may not be read.
    """
    if path.is_dir():
        raise ValueError(f"{path}: expected a file, got a folder")
    refuse_special(path)
    stream = path.open("rb")
    if stream.peek(2)[:2] == GZIP:
        stream.close()
        raise ValueError(f"{path}: expected plain text, got a gzip file; unpack it first")
    return stream


def refuse_special(path: Path) -> None:
    """Refuse a pipe or a device: reading could wait forever, replacing would destroy it."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError(f"{path}: expected a file, got a pipe or a device")


def decode_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Number and decode the lines of a UTF-8 file, without their ends and without a BOM.

    A line ends at LF or CRLF only.

    Raises:
        ValueError: A line is not UTF-8; names the line and the offset of the byte in the file.
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
def error_place(place: str | Path) -> Iterator[None]:
    """Prefix the message of a ValueError with its place, such as `file:line`."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces `path` on success and is deleted on failure.

    What is written there may be a file or a folder; a folder is never replaced by a file.

    Raises:
        ValueError: `path` is a pipe or a device.
        OSError: `path` cannot be written.
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


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Write readable JSON, whole or not at all; the same values give the same bytes.

    Raises:
        ValueError: A number is not finite.
    """
    text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def parse_object(line: str) -> dict[str, Any]:
    """Parse a line that holds one JSON object.

    Raises:
        ValueError: It is not JSON or not an object, or a key or a number in it would be lost.
    """
    fields = _decode(line)
    if not isinstance(fields, dict):
        raise ValueError(f"expected an object, got {json_type(fields)}")
    return fields


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise ValueError(f"expected JSON: {error.msg} at {line}column {error.colno}") from None
    except RecursionError:
        raise ValueError("expected JSON, got too many brackets inside each other") from None


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises:
        ValueError: The file is not JSON or no object; the message names it.
    """
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected JSON: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path}: expected an object, got {json_type(values)}")
    return values


def parse_array(text: str) -> list[dict[str, Any]]:
    """Parse a JSON array of objects, as strictly as `parse_object`.

    Raises:
        ValueError: It is not JSON or not an array of objects.
    """
    items: list[dict[str, Any]] = _decode(text)
    for item in items:
        if not isinstance(item, dict):
            raise ValueError(f"expected an array of objects, got {json_type(item)} in it")
    return items


def json_type(value: object) -> str:
    """Name the JSON type of a parsed value, with its article."""
    return _JSON_TYPES.get(type(value), "a number")


_JSON_TYPES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("expected each key once, got a key twice in one object")
    return fields


def _finite(number: str) -> float:
    value = float(number)
    digits = number.lower().partition("e")[0]
    underflow = value == 0 and digits.strip("-0.") != ""
    if isinf(value) or underflow:
        raise ValueError(f"expected numbers that a float holds, got {number[:40]}")
    return value


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"expected JSON, got {constant}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_constant=_no_constant
)


def sha256(content: Path | bytes) -> str:
    """Return the hexadecimal SHA-256 of a file, or of bytes."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
