"""Kafka, with librdkafka's mock broker in a process of its own."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest

from tests.streams.brokers.conftest import wait_until
from tests.streams.brokers.test_answering import Stub
from tweetner.streams.brokers import (
    PLACE,
    Pace,
    Settings,
    Stream,
    open_reader,
    open_writer,
    parse_address,
    read_settings,
)
from tweetner.tagger import Tagger

pytestmark = pytest.mark.slow  # the mock broker lets the first member of a group wait 3 seconds

QUICK = Settings({"from": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 200}})


@pytest.fixture
def topic(kafka: str, request: pytest.FixtureRequest) -> str:
    """A topic of its own for each test, with one for answers and one for dead letters."""
    from confluent_kafka import Producer

    name = request.node.name[:40]
    admin = Producer({"bootstrap.servers": kafka.removeprefix("kafka://")})
    for topic in (name, f"{name}.answers", f"{name}.dead"):
        admin.list_topics(topic, timeout=10)
    return name


def produce(kafka: str, topic: str, values: list[bytes | None]) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": kafka.removeprefix("kafka://")})
    for at, value in enumerate(values):
        producer.produce(topic, value, key=f"key {at}".encode())
    producer.flush()


def consume(kafka: str, topic: str, n: int) -> list[Any]:
    """Return `n` messages of a topic, and fail if there are fewer."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": kafka.removeprefix("kafka://"), "group.id": "test"})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(4)])
    found: list[Any] = []
    end = time.monotonic() + 30
    while len(found) < n and time.monotonic() < end:
        found += consumer.consume(n, 0.2)
    found += consumer.consume(n, 0.5)
    consumer.close()
    assert len(found) >= n
    return found


def committed(kafka: str, topic: str) -> int:
    """Return the number of messages that the group has committed."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": kafka.removeprefix("kafka://"), "group.id": "g"})
    places = [TopicPartition(topic, partition) for partition in range(4)]
    offsets = [max(0, place.offset) for place in consumer.committed(places, timeout=10)]
    consumer.close()
    return sum(offsets)


class Member:
    """A stream in a thread of its own."""

    def __init__(self, kafka: str, topic: str, tagger: Any, *, batch: int = 100) -> None:
        source = parse_address(f"{kafka}/{topic}?group=g", is_input=True)
        self.reader = open_reader(source, QUICK)
        self.stream = Stream(
            cast(Tagger, tagger),
            self.reader,
            open_writer(parse_address(f"{kafka}/{topic}.answers")),
            dead_letters=open_writer(parse_address(f"{kafka}/{topic}.dead"), role="dead-letter"),
            pace=Pace(batch, None, None),
        )
        self._stopping = Event()
        self._thread = threading.Thread(target=self.stream.run, args=[self._stopping])
        self._thread.start()

    def answers(self, n: int) -> Callable[[], bool]:
        """Return a condition: this member has answered `n` records."""
        return lambda: self.stream.counts.n_answered >= n

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.reader.close()


def test_records_are_answered_with_their_place_and_key_and_committed(
    kafka: str, topic: str
) -> None:
    values = [json.dumps({"id": at, "text": "in NYC"}).encode() for at in range(50)]
    produce(kafka, topic, [*values, b"poison", None])
    member = Member(kafka, topic, Stub())
    wait_until(member.answers(52))
    wait_until(lambda: member.stream.lag == 0)
    member.stop()

    sent = {(m.partition(), m.offset()): m for m in consume(kafka, topic, 52)}
    answers = consume(kafka, f"{topic}.answers", 50)
    assert len(answers) == 50
    for answer in answers:
        row = json.loads(answer.value())
        place = row[PLACE]
        source = sent.pop((place["partition"], place["offset"]))
        assert place["topic"] == topic
        assert row["id"] == json.loads(source.value())["id"]
        assert answer.key() == source.key()
    dead = consume(kafka, f"{topic}.dead", 2)
    assert {m.value() for m in dead} == {b"poison", b""}
    for letter in dead:
        headers = {name: value.decode() for name, value in letter.headers()}
        source = sent.pop((int(headers["partition"]), int(headers["offset"])))
        assert headers["topic"] == topic
        assert "expected" in headers["reason"]
        assert letter.key() == source.key()
    assert sent == {}
    assert committed(kafka, topic) == 52


def test_a_second_member_takes_partitions_over_and_nothing_is_lost(kafka: str, topic: str) -> None:
    values = [json.dumps({"id": at, "text": "x"}).encode() for at in range(600)]
    produce(kafka, topic, values)
    first = Member(kafka, topic, Stub(seconds=0.05), batch=10)
    wait_until(first.answers(50))
    second = Member(kafka, topic, Stub(seconds=0.05), batch=10)
    wait_until(second.answers(50))
    first.stop()
    wait_until(lambda: committed(kafka, topic) == 600, pause=0.3)
    second.stop()
    ids = [json.loads(m.value())["id"] for m in consume(kafka, f"{topic}.answers", 600)]
    assert set(ids) == set(range(600))
    # Unlike Kafka, the mock broker refuses commits from the moment on in which a rebalance begins,
    # which a member learns by its next heartbeat: until then, some 40 answers, and 30 are open.
    assert len(ids) <= 600 + 3 * 100


def test_a_slow_tagger_pauses_the_reader_which_stays_a_member(
    kafka: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetner.streams.brokers.answering.PATIENCE_SECONDS", 0.05)
    values = [json.dumps({"id": at, "text": "x"}).encode() for at in range(40)]
    produce(kafka, topic, values)
    member = Member(kafka, topic, Stub(seconds=0.5), batch=5)
    paused = []
    keep_alive = member.reader.keep_alive
    monkeypatch.setattr(member.reader, "keep_alive", lambda: paused.append(keep_alive()))
    wait_until(member.answers(40))
    member.stop()
    ids = [json.loads(m.value())["id"] for m in consume(kafka, f"{topic}.answers", 40)]
    assert sorted(ids) == list(range(40))
    assert len(paused) > 5


def test_what_cannot_be_reached_or_is_not_known_is_refused_in_one_line(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = parse_address(f"{kafka}/no-such-topic?group=g", is_input=True)
    with pytest.raises(ValueError, match="no-such-topic: Broker: Unknown topic"):
        open_reader(unknown)
    monkeypatch.setattr("tweetner.streams.brokers.kafka.START_SECONDS", 1)
    with pytest.raises(ValueError, match=r"kafka://127\.0\.0\.1:1/t: "):
        open_writer(parse_address("kafka://127.0.0.1:1/t"))

    monkeypatch.setenv("SECRET", "hush")
    file = tmp_path / "clients.yaml"
    for text, reason in [
        ("{security.protocol: '${SECRET}'}", 'Invalid value "\\*\\*\\*"'),
        ("{no.such.setting: '${SECRET}'}", "no.such.setting"),
        ("{enable.auto.offset.store: true}", "enable.auto.offset.store is given by"),
    ]:
        file.write_text(f"kafka: {text}")
        with pytest.raises(ValueError, match=reason) as refused:
            open_reader(unknown, read_settings(file))
        assert "hush" not in str(refused.value)
