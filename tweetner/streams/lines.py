"""Cutting a file or a pipe into lines or JSON values as its bytes arrive."""

from collections.abc import Iterator, Sequence
from io import BytesIO, RawIOBase
from select import select
from typing import Protocol, TypeVar

from tweetner.files import BOM
from tweetner.streams.json_values import ValueCutter

BLOCK_BYTES = 1 << 20
LINE_BYTES = 1 << 28
"""The longest line; without a limit, a stream without line ends would fill the memory."""

Piece = TypeVar("Piece", bytes, str)
Cut_co = TypeVar("Cut_co", bytes, str, covariant=True)


class Cutter(Protocol[Cut_co]):
    """Cuts blocks of bytes into pieces."""

    def feed(self, block: bytes) -> Sequence[Cut_co]:
        """Return the pieces that a block completes."""
        ...

    def finish(self) -> Sequence[Cut_co]:
        """Return the pieces that the end of the stream completes; called until there are none."""
        ...


class Lines:
    """Iterates over the lines of a binary stream, each with its end.

    Lines end at LF only, and a BOM at the start is dropped.

    Args:
        stream: An unbuffered stream: a read returns the bytes that have arrived.
        name: The name of the stream in errors.

    Raises:
        ValueError: While iterating: the stream is UTF-16, or a line is too long.
    """

    def __init__(self, stream: RawIOBase, name: str) -> None:
        self._stream = stream
        self._name = name
        self._start: bytes | None = None
        self._n_arrived = 0  # pieces that are complete but not yet consumed

    @property
    def start(self) -> bytes:
        """The first block of the stream, without a BOM."""
        if self._start is None:
            block = self._stream.read(BLOCK_BYTES) or b""
            while block and BOM.startswith(block) and block != BOM:
                more = self._stream.read(BLOCK_BYTES)
                if not more:
                    break
                block += more
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ValueError(f"{self._name}:1: expected UTF-8, got UTF-16")
            self._start = block.removeprefix(BOM)
        return self._start

    @property
    def is_waiting(self) -> bool:
        """True if all that has arrived is consumed, so that the next piece may take long."""
        return not self._n_arrived and not select([self._stream], [], [], 0)[0]

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces(_LineCutter(self._name))

    def json_values(self) -> Iterator[str]:
        """Iterate over the texts of JSON values, which may be the elements of one array."""
        return self._pieces(ValueCutter(self._name, LINE_BYTES))

    def _pieces(self, cutter: Cutter[Piece]) -> Iterator[Piece]:
        for block in self._blocks():
            yield from self._counted(cutter.feed(block))
        last = cutter.finish()
        while last:
            yield from self._counted(last)
            last = cutter.finish()

    def _counted(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        self._n_arrived = len(pieces)
        for piece in pieces:
            self._n_arrived -= 1
            yield piece

    def _blocks(self) -> Iterator[bytes]:
        block = self.start
        while block:
            yield block
            block = self._stream.read(BLOCK_BYTES)


class _LineCutter:
    def __init__(self, name: str) -> None:
        self._name = name
        # The parts of a line without its end: joining them at each block would be quadratic.
        self._torn: list[bytes] = []
        self._n_torn = 0

    def feed(self, block: bytes) -> list[bytes]:
        self._check_length()
        end = block.rfind(b"\n") + 1
        lines = []
        if end:
            lines = BytesIO(b"".join([*self._torn, block[:end]])).readlines()
            self._torn = []
            self._n_torn = 0
        self._torn.append(block[end:])
        self._n_torn += len(block) - end
        return lines

    def finish(self) -> list[bytes]:
        self._check_length()
        last = b"".join(self._torn)
        self._torn = []
        return [last] if last else []

    def _check_length(self) -> None:
        if self._n_torn > LINE_BYTES:
            raise ValueError(
                f"{self._name}: expected lines of at most {LINE_BYTES:,} bytes, got a longer one"
            )
