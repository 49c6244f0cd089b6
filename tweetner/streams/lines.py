"""The lines of a file or a pipe, as they arrive."""

from collections import deque
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from select import select

from tweetner.files import BOM

BLOCK_BYTES = 1 << 20
LINE_BYTES = 1 << 28
"""The longest line: a stream without line ends would fill the memory."""


class Lines:
    """Iterates over the lines of a binary stream, each with its end; they end at LF only, and a BOM is dropped.

    Args:
        stream: Unbuffered, so that a read returns what is there and waits for no more.
        name: For errors.

    Raises:
        ValueError: While iterating: the stream is compressed, it is UTF-16, or its lines do not end.
    """

    def __init__(self, stream: RawIOBase, name: str) -> None:
        self._stream = stream
        self._name = name
        self._arrived: deque[bytes] = deque()

    @property
    def waiting(self) -> bool:
        """Whether the next line may be long in coming: what a pipe held is read, and it is still open."""
        return not self._arrived and not select([self._stream], [], [], 0)[0]

    def __iter__(self) -> Iterator[bytes]:
        lines = self._lines()
        for first in lines:
            self._check_start(first)
            if first != BOM:
                yield first.removeprefix(BOM)
            break
        yield from lines

    def _lines(self) -> Iterator[bytes]:
        torn: list[
            bytes
        ] = []  # a line without its end, in parts: joining it to each block would be quadratic
        n_torn = 0
        while block := self._stream.read(BLOCK_BYTES):
            end = block.rfind(b"\n") + 1
            if end:
                self._arrived.extend(BytesIO(b"".join([*torn, block[:end]])).readlines())
                torn, n_torn = [], 0
            torn.append(block[end:])
            n_torn += len(torn[-1])
            while self._arrived:
                yield self._arrived.popleft()
            if n_torn > LINE_BYTES:
                raise ValueError(
                    f"{self._name}: expected lines of at most {LINE_BYTES:,} bytes, got a longer one"
                )
        if last := b"".join(torn):
            yield last

    def _check_start(self, line: bytes) -> None:
        if line.startswith(b"\x1f\x8b"):
            raise ValueError(f"{self._name}: expected plain text, got gzip; unpack it first")
        if line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise ValueError(f"{self._name}:1: expected UTF-8, got UTF-16")
