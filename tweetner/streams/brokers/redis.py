"""Redis Streams: a consumer of a group, and a writer."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from redis import Redis, RedisError, ResponseError
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from tweetner.streams.brokers.addresses import Address
from tweetner.streams.brokers.messages import Letter, Message
from tweetner.streams.brokers.settings import Settings
from tweetner.streams.outputs import encode_row

CLAIM_SECONDS = 60.0
"""A message that a consumer has had for so long without an answer is taken over by another one."""
RETRIES = 15
"""Tries to reach a server that has gone, up to 5 seconds apart."""


class RedisReader:
    """A consumer of a group; what dead consumers left unanswered comes first."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self.before_revoke: Callable[[], None] = lambda: None
        self.is_finished = False
        self._address = address
        self._stream = address.topic
        self._group = address.options["group"]
        self._name = f"{socket.gethostname()}-{os.getpid()}"
        self._claim_seconds = float(address.options.get("claim", CLAIM_SECONDS))
        self._next_claim = 0.0
        self._open: set[bytes] = set()  # entry ids that this consumer has not acknowledged
        self._client = _connect(address, settings, "from")
        with _errors(address):
            try:
                self._client.xgroup_create(self._stream, self._group, id="0", mkstream=True)
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):  # the group is there already
                    raise

    def poll(self, n: int, seconds: float) -> list[Message]:
        """Return entries that were left unanswered for long, else new ones."""
        with _errors(self._address):
            entries = self._claimed(n) or self._new(n, seconds)
        self._open.update(id_ for id_, _ in entries)
        return [self._message(id_, fields) for id_, fields in entries]

    def keep_alive(self) -> None:
        """Renew the claim to the open entries."""
        if self._open:
            with _errors(self._address):
                self._client.xclaim(
                    self._stream, self._group, self._name, 0, list(self._open), justid=True
                )

    def commit(self, messages: Sequence[Message]) -> None:
        """Acknowledge entries."""
        ids = [str(message.offset).encode() for message in messages]
        with _errors(self._address):
            self._client.xack(self._stream, self._group, *ids)
        self._open.difference_update(ids)

    def lag(self) -> int:
        """Return the number of entries that no consumer has read."""
        with _errors(self._address):
            groups = self._client.xinfo_groups(self._stream)
        lags = [group["lag"] for group in groups if group["name"] == self._group.encode()]
        return lags[0] or 0  # None where entries were deleted

    def close(self) -> None:
        """Leave the group, unless entries are unanswered: they would be lost to the others."""
        with _errors(self._address):
            if not self._open:
                self._client.xgroup_delconsumer(self._stream, self._group, self._name)
            self._client.close()

    def _new(self, n: int, seconds: float) -> list[Any]:
        wait = int(seconds * 1000) or None  # 0 would be for ever
        found: Any = self._client.xreadgroup(
            self._group, self._name, {self._stream: ">"}, count=n, block=wait
        )
        return found[0][1] if found else []

    def _claimed(self, n: int) -> list[Any]:
        if monotonic() < self._next_claim:
            return []
        idle = int(self._claim_seconds * 1000)
        _, entries, *_ = self._client.xautoclaim(
            self._stream, self._group, self._name, idle, count=n
        )
        found = [(id_, fields) for id_, fields in entries if id_ not in self._open]
        if not found:
            self._next_claim = monotonic() + self._claim_seconds / 4
        return found

    def _message(self, id_: bytes, fields: dict[bytes, bytes]) -> Message:
        return Message(
            self._stream,
            0,
            id_.decode(),
            _record_of(fields),
            None,
            int(id_.partition(b"-")[0]) / 1000,
        )


class RedisWriter:
    """Adds letters to a stream."""

    def __init__(self, address: Address, settings: Settings, role: str) -> None:
        self._address = address
        self._client = _connect(address, settings, role)

    def write(self, letters: Sequence[Letter]) -> None:
        """Add letters, and wait for the server's replies."""
        pipeline = self._client.pipeline(transaction=False)
        for letter in letters:
            fields: dict[Any, Any] = {"value": letter.value, **letter.headers}
            pipeline.xadd(self._address.topic, fields)
        with _errors(self._address):
            pipeline.execute()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _record_of(fields: dict[bytes, bytes]) -> bytes:
    """Return the record of an entry: its field `value`, or an object of all its fields."""
    if b"value" in fields:
        return fields[b"value"]
    texts = {}
    for name, value in fields.items():
        texts[name.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return encode_row(texts)


def _connect(address: Address, settings: Settings, role: str) -> Redis:
    parts = urlsplit(f"//{address.hosts}")
    given: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port or 6379,
        "db": int(address.options.get("db", 0)),
        "ssl": address.kind == "rediss",
        "username": address.username,
        "password": address.password,
    }
    own = settings.of(address, role)
    try:
        client = Redis(**{**given, **own}, retry=Retry(NoBackoff(), 0))
    except TypeError as error:
        raise ValueError(f"--config: {address}: {settings.hide(str(error))}") from None
    with _errors(address):
        client.ping()  # an address or a password that is wrong is told at once
    client.set_retry(Retry(ExponentialBackoff(cap=5, base=0.1), RETRIES))
    return client


@contextmanager
def _errors(address: Address) -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise OSError(f"{address}: {error}") from None
