"""Unpacking compressed streams; their first bytes decide, not the file's name."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from io import RawIOBase
from typing import Any

MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    **{b"BZh%d" % level: "bz2" for level in range(1, 10)},
}
"""The bytes with which a compressed stream begins."""

DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError)
FIRST_BYTES = 1 << 16


def decompressed(stream: RawIOBase, name: str) -> RawIOBase:
    """Return a stream of the unpacked bytes, or of the same bytes if they are not compressed.

    Args:
        stream: An unbuffered stream: a read returns the bytes that have arrived.
        name: The name of the stream in errors.

    Raises:
        ValueError: While reading: the compressed data is damaged or cut off.
    """
    start = stream.read(FIRST_BYTES) or b""
    while start and any(magic.startswith(start) and magic != start for magic in MAGIC):
        more = stream.read(FIRST_BYTES)
        if not more:
            break
        start += more
    whole = _Rejoined(start, stream)
    for magic, format_ in MAGIC.items():
        if start.startswith(magic):
            return _Decompressed(whole, format_, name)
    return whole


class _Rejoined(RawIOBase):
    """A stream together with its first bytes, which have been read already."""

    def __init__(self, start: bytes, stream: RawIOBase) -> None:
        self._start = start
        self._stream = stream

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._stream.fileno()

    def read(self, size: int = -1) -> bytes:
        if not self._start:
            return self._stream.read(size) or b""
        end = len(self._start) if size < 0 else size
        block = self._start[:end]
        self._start = self._start[end:]
        return block


class _Decompressed(RawIOBase):
    """The unpacked bytes of a compressed stream."""

    def __init__(self, stream: RawIOBase, format_: str, name: str) -> None:
        self._stream = stream
        self._format = format_
        self._name = name
        self._read = _reader(stream, format_)

    def fileno(self) -> int:
        return self._stream.fileno()

    def read(self, size: int = -1) -> bytes:
        try:
            return self._read(size)
        except DAMAGED as error:
            raise ValueError(
                f"{self._name}: expected {self._format}, got damaged data: {error}"
            ) from None


def _reader(stream: Any, format_: str) -> Callable[[int], bytes]:
    """Return a function that reads at most so many unpacked bytes, and none at the end only."""
    if format_ == "gzip":
        return gzip.GzipFile(fileobj=stream).read1
    if format_ == "bz2":
        return bz2.BZ2File(stream).read1
    if format_ == "xz":
        return lzma.LZMAFile(stream).read1
    import pyarrow as pa

    file: Any = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), format_)
    read: Callable[[int], bytes] = file.read
    return read
