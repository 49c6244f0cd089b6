"""Messages in and letters out: what the stream needs from Kafka, from Redis and from files."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Message(NamedTuple):
    """A message that was read, and its place.

    Attributes:
        topic: The topic of Kafka, the stream of Redis, or the file.
        partition: The partition of Kafka, else 0.
        offset: The offset of Kafka, the entry id of Redis, or the first byte in the file.
        value: The record, as JSON.
        key: Kafka's key, which the answer gets too.
        arrived: When the broker got the message, in seconds since 1970.
    """

    topic: str
    partition: int
    offset: int | str
    value: bytes
    key: bytes | None
    arrived: float


class Letter(NamedTuple):
    """A message to be written."""

    value: bytes
    key: bytes | None = None
    headers: Mapping[str, str] = NO_HEADERS


class Reader(Protocol):
    """Reads the messages of one member of a group; all calls are made from one thread.

    Attributes:
        before_revoke: Function called before messages that were read go to another member; it
            answers and commits them.
        is_finished: Whether no message can follow.
    """

    before_revoke: Callable[[], None]
    is_finished: bool

    def poll(self, n: int, seconds: float) -> list[Message]:
        """Wait for a message at most so long; return it and those after it, at most `n`."""

    def keep_alive(self) -> None:
        """Stay a member of the group for a moment in which no message can be taken."""

    def commit(self, messages: Sequence[Message]) -> None:
        """Store that messages are answered: they are not read again."""

    def lag(self) -> int:
        """Return the number of messages that wait and were not read."""

    def close(self) -> None:
        """Leave the group."""


class Writer(Protocol):
    """Writes letters."""

    def write(self, letters: Sequence[Letter]) -> None:
        """Write letters, and return when all of them are delivered.

        Raises:
            OSError: One was not delivered.
        """

    def close(self) -> None:
        """Close the connection."""
