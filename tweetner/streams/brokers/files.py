"""Files as the ends of a stream: one that grows to read from, one to add lines to."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep, time

from tweetner.files import read_object, write_json
from tweetner.streams.brokers.messages import Letter, Message
from tweetner.streams.outputs import encode_row

LOOK_SECONDS = 0.2
"""Time between two looks at a file that does not grow."""


class FileReader:
    """Reads the lines of a file, and goes on as they are added.

    Args:
        path: The file.
        is_followed: Whether to wait for more lines at its end.
        position: The file that keeps how much is answered; without one, reading begins at the
            start.
    """

    def __init__(self, path: Path, *, is_followed: bool, position: Path | None = None) -> None:
        self.before_revoke: Callable[[], None] = lambda: None
        self.is_finished = False
        self._path = path
        self._is_followed = is_followed
        self._position = position
        self._stream = path.open("rb")
        found = os.fstat(self._stream.fileno())
        self._inode = found.st_ino
        if position and position.exists():
            saved = read_object(position)
            # else it is the position in an older file of this name
            if saved.get("inode") == found.st_ino and saved["bytes"] <= found.st_size:
                self._stream.seek(saved["bytes"])

    def poll(self, n: int, seconds: float) -> list[Message]:
        """Return the next complete lines."""
        found: list[Message] = []
        while len(found) < n:
            start = self._stream.tell()
            line = self._stream.readline()
            if not line.endswith(b"\n") and (self._is_followed or not line):
                self._stream.seek(start)
                break
            found.append(Message(str(self._path), 0, start, line, None, time()))
        if not found:
            self.is_finished = not self._is_followed or not self._can_grow()
            sleep(min(seconds, LOOK_SECONDS))
        return found

    def keep_alive(self) -> None:
        """Do nothing: no other reads this file."""

    def commit(self, messages: Sequence[Message]) -> None:
        """Save the position after the last message."""
        if self._position:
            last = messages[-1]
            end = int(last.offset) + len(last.value)
            write_json({"inode": self._inode, "bytes": end}, self._position)

    def lag(self) -> int:
        """Return 0: the lines of a file are not counted before they are read."""
        return 0

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _can_grow(self) -> bool:
        """Tell whether the file is still the one of its name, and no shorter than what was read."""
        found = self._path.stat() if self._path.exists() else None
        return (
            found is not None
            and found.st_ino == self._inode
            and found.st_size >= self._stream.tell()
        )


class FileWriter:
    """Adds lines to a file, or writes them to standard output (`-`)."""

    def __init__(self, path: str) -> None:
        self._stream = sys.stdout.buffer if path == "-" else Path(path).open("ab")  # noqa: SIM115
        self._is_file = path != "-"

    def write(self, letters: Sequence[Letter]) -> None:
        """Write letters, and wait until they are on the disk."""
        for letter in letters:
            line = letter.value.removesuffix(b"\n")
            if letter.headers:
                value = line.decode("utf-8", "surrogateescape")
                line = encode_row({**letter.headers, "value": value}).removesuffix(b"\n")
            self._stream.write(line + b"\n")
        self._stream.flush()
        if self._is_file:
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file."""
        if self._is_file:
            self._stream.close()
