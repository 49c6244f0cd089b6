"""Real brokers: librdkafka's mock broker in a process of its own, and redis-server."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tweetner.files import parse_object
from tweetner.streams.brokers import Letter, Message

MOCK_BROKER = """
import sys
from confluent_kafka import Producer
producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
(broker,) = producer.list_topics(timeout=10).brokers.values()
print(f"{broker.host}:{broker.port}", flush=True)
sys.stdin.read()
"""
"""The broker keeps at most 5 MiB of each of the four partitions of a topic."""


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a mock broker of Kafka."""
    pytest.importorskip("confluent_kafka")
    command = [sys.executable, "-c", MOCK_BROKER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout
        yield f"kafka://{process.stdout.readline().strip()}"
        process.kill()


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[str]:
    """Run redis-server during the block; yield its host and port."""
    pytest.importorskip("redis")
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here_only = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    command = ["redis-server", *here_only, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: can_connect(port))
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()


def can_connect(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], object], pause: float = 0.01) -> None:
    """Wait for a condition, at most a minute; look at it again after each pause, in seconds."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(pause)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a redis-server."""
    with redis_server(tmp_path_factory.mktemp("redis")) as hosts:
        yield f"redis://{hosts}"


class ListReader:
    """Reads messages from a list, and notes which ones are committed."""

    def __init__(self, values: Sequence[bytes]) -> None:
        self.before_revoke: Callable[[], None] = lambda: None
        self.messages = [
            Message("tweets", 0, at, value, None, time.time()) for at, value in enumerate(values)
        ]
        self.committed: list[int | str] = []
        self.n_alive = 0
        self._n_read = 0

    @property
    def is_finished(self) -> bool:
        return self._n_read == len(self.messages)

    def poll(self, n: int, seconds: float) -> list[Message]:
        found = self.messages[self._n_read : self._n_read + n]
        self._n_read += len(found)
        return found

    def keep_alive(self) -> None:
        self.n_alive += 1

    def commit(self, messages: Sequence[Message]) -> None:
        self.committed += [message.offset for message in messages]

    def lag(self) -> int:
        return len(self.messages) - self._n_read

    def close(self) -> None:
        pass


class ListWriter:
    """Keeps letters in a list; from the letter number `fails_at` on, none is delivered."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.letters: list[Letter] = []
        self._fails_at = fails_at

    def write(self, letters: Sequence[Letter]) -> None:
        self.letters += letters
        if self._fails_at is not None and len(self.letters) > self._fails_at:
            raise OSError("not delivered")

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [parse_object(letter.value.decode()) for letter in self.letters]

    def close(self) -> None:
        pass
