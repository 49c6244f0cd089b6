"""Redis Streams, with a real redis-server where one is found."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest

from tests.streams.brokers.conftest import redis_server, wait_until
from tests.streams.brokers.test_answering import Stub
from tweetner.streams.brokers import (
    PLACE,
    Pace,
    Reader,
    Settings,
    Stream,
    open_reader,
    open_writer,
    parse_address,
    read_settings,
)
from tweetner.tagger import Tagger

NAMES = iter(range(1000))


@pytest.fixture
def name() -> str:
    """The name of a stream that no other test uses."""
    return f"tweets{next(NAMES)}"


@pytest.fixture
def client(redis: str) -> Iterator[Any]:
    from redis import Redis

    with Redis.from_url(redis) as client:
        yield client


def reader_of(redis: str, name: str, options: str = "") -> Reader:
    return open_reader(parse_address(f"{redis}/{name}?group=g{options}", is_input=True))


def test_records_are_answered_acknowledged_and_dead_letters_keep_their_reason(
    redis: str, client: Any, name: str
) -> None:
    client.xadd(name, {"value": '{"id": 7, "text": "in NYC"}'})
    client.xadd(name, {"id": "8", "text": "tweets as fields \N{DROMEDARY CAMEL}"})
    poison = client.xadd(name, {"value": b"\xff"}).decode()
    reader = reader_of(redis, name)
    writer = open_writer(parse_address(f"{redis}/{name}.answers"))
    dead = open_writer(parse_address(f"{redis}/{name}.dead"), role="dead-letter")
    stopping = Event()
    stream = Stream(
        cast(Tagger, Stub()), reader, writer, dead_letters=dead, pace=Pace(9, None, None)
    )
    thread = threading.Thread(target=stream.run, args=[stopping])
    thread.start()
    wait_until(lambda: stream.counts.n_answered == 3)
    stopping.set()
    thread.join()
    reader.close()

    rows = [json.loads(fields[b"value"]) for _, fields in client.xrange(f"{name}.answers")]
    assert [row["id"] for row in rows] == [7, "8"]
    assert [row[PLACE]["offset"] for row in rows] == [
        id_.decode() for id_, _ in client.xrange(name, count=2)
    ]
    ((_, letter),) = client.xrange(f"{name}.dead")
    assert letter == {
        b"value": b"\xff",
        b"reason": f"{name}:0:{poison}: expected UTF-8, got other bytes at byte 0 of it".encode(),
        b"topic": name.encode(),
        b"partition": b"0",
        b"offset": poison.encode(),
    }
    assert client.xpending(name, "g")["pending"] == 0
    assert client.xinfo_consumers(name, "g") == []


def test_what_a_dead_consumer_left_unanswered_is_claimed_once(
    redis: str, client: Any, name: str
) -> None:
    for at in range(5):
        client.xadd(name, {"id": at, "text": "x"})
    client.xgroup_create(name, "g", id="0")
    client.xreadgroup("g", "dead", {name: ">"}, count=3)
    reader = reader_of(redis, name, "&claim=0")
    assert reader.lag() == 2
    claimed = reader.poll(9, 0)
    new = reader.poll(9, 0)
    assert [json.loads(message.value)["id"] for message in claimed + new] == list("01234")
    assert reader.poll(9, 0) == []  # its own open entries are not claimed again
    reader.commit(claimed)
    reader.close()
    # the other two are open: the consumer stays, so that they can be claimed
    assert client.xpending(name, "g")["pending"] == 2


def test_open_entries_of_a_living_consumer_are_not_taken_over(redis: str, name: str) -> None:
    writer = open_writer(parse_address(f"{redis}/{name}"))
    writer.close()
    first = reader_of(redis, name, "&claim=1")
    second = reader_of(redis, name, "&claim=1")
    assert first.poll(1, 0) == second.poll(1, 0) == []


def test_a_password_comes_from_the_address_or_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", "hush")
    settings = tmp_path / "clients.yaml"
    settings.write_text("redis: {password: '${REDIS_PASSWORD}'}")
    with redis_server(tmp_path, "--requirepass", "hush") as hosts:
        plain = parse_address(f"redis://{hosts}/t")
        with pytest.raises(OSError, match=rf"(?i)^redis://{hosts}/t: .*auth"):
            open_writer(plain)
        with pytest.raises(OSError, match="invalid username-password pair") as refused:
            open_writer(parse_address(f"redis://:wrong@{hosts}/t"))
        assert "wrong" not in str(refused.value)
        open_writer(plain, read_settings(settings)).close()
        open_writer(parse_address(f"redis://:hush@{hosts}/t")).close()


def test_an_unknown_setting_is_refused(redis: str) -> None:
    settings = Settings({"redis": {"pasword": "hush"}}, frozenset(["hush"]))
    with pytest.raises(ValueError, match="pasword") as refused:
        open_writer(parse_address(f"{redis}/t"), settings)
    assert "hush" not in str(refused.value)
