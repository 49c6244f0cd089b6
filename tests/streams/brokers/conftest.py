"""Real brokers: librdkafka's mock broker in a process of its own, and redis-server."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOCK_BROKER = """
import sys
from confluent_kafka import Producer
producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
(broker,) = producer.list_topics(timeout=10).brokers.values()
print(f"{broker.host}:{broker.port}", flush=True)
sys.stdin.read()
"""
"""The broker keeps at most 5 MiB of each of the four partitions of a topic."""


@contextmanager
def process_that_says(command: list[str]) -> Iterator[str]:
    """Run a process during the block; yield its first line."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The address of a mock broker of Kafka."""
    pytest.importorskip("confluent_kafka")
    with process_that_says([sys.executable, "-c", MOCK_BROKER]) as hosts:
        yield f"kafka://{hosts}"
