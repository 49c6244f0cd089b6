"""Kill `tweetner stream`, let a million tweets wait for it, and give it more than it can bear."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np
import pytest

import tweetner
from tests.streams.brokers.conftest import kafka, redis_server, wait_until
from tests.streams.brokers.test_kafka import consume, produce
from tweetner.streams.brokers import Pace, Stream, open_reader, open_writer, parse_address
from tweetner.tagger import N_BUCKETS, Gate

pytestmark = pytest.mark.soak

N_RECORDS, N_KILLS = 50_000, 20
BATCH = 20
"""Tweets of a batch: so few that a kill comes before all of them are answered."""
N_WAITING = 1_000_000

__all__ = ["kafka"]  # a fixture


def records(n: int) -> list[bytes]:
    return [b'{"id": %d, "text": "in NYC"}' % at for at in range(n)]


def command(hub: Path, source: str, target: str, *options: str) -> list[str]:
    ends = ["--from", source, "--to", target, "--hub", str(hub)]
    return [sys.executable, "-m", "tweetner.cli", "stream", "places", *ends, *options]


def kill_again_and_again(command: list[str], n_answers: Callable[[], int]) -> None:
    """Kill a stream `N_KILLS` times, each time after it has answered some 2,000 records more."""
    draw = random.Random(4)
    for _ in range(N_KILLS):
        enough = n_answers() + draw.randint(1_500, 2_200)
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            while n_answers() < enough:
                assert process.poll() is None
                assert enough < N_RECORDS
                time.sleep(0.002)
            time.sleep(draw.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL


def check_answers(ids: Sequence[int], label: str) -> None:
    counts = Counter(ids)
    n_double = len(ids) - len(counts)
    n_lost = N_RECORDS - len(counts)
    print(f"\n{label}: {N_KILLS} kills, {n_lost} lost, {n_double} double, batches of {BATCH}")
    assert set(counts) == set(range(N_RECORDS))
    # at a kill, one batch may be delivered and its commit on the way, and the next one be written
    assert n_double <= N_KILLS * 2 * BATCH


def test_twenty_kills_on_kafka_lose_nothing(hub: Path, kafka: str, tmp_path: Path) -> None:
    from confluent_kafka import Consumer, Producer, TopicPartition

    hosts = kafka.removeprefix("kafka://")
    admin = Producer({"bootstrap.servers": hosts})
    for topic in ("tweets", "answers"):
        admin.list_topics(topic, timeout=10)
    produce(kafka, "tweets", [*records(N_RECORDS)])
    watcher = Consumer({"bootstrap.servers": hosts, "group.id": "watcher"})

    def n_answers() -> int:
        places = [TopicPartition("answers", partition) for partition in range(4)]
        return sum(watcher.get_watermark_offsets(place, timeout=10)[1] for place in places)

    settings = tmp_path / "clients.yaml"
    settings.write_text("from: {session.timeout.ms: 6000, heartbeat.interval.ms: 500}")
    options = ["--config", str(settings), "--batch", str(BATCH)]
    run = command(hub, f"{kafka}/tweets?group=g", f"{kafka}/answers", *options)
    kill_again_and_again(run, n_answers)
    with subprocess.Popen(run, stderr=subprocess.DEVNULL) as process:
        reader = Consumer({"bootstrap.servers": hosts, "group.id": "g"})
        places = [TopicPartition("tweets", partition) for partition in range(4)]

        def is_done() -> bool:
            offsets = [place.offset for place in reader.committed(places, timeout=10)]
            return sum(offsets) == N_RECORDS

        wait_until(is_done, pause=0.5)
        process.terminate()
    found = consume(kafka, "answers", n_answers())
    check_answers([json.loads(message.value())["id"] for message in found], "Kafka")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    from redis import Redis

    with redis_server(tmp_path) as hosts, Redis.from_url(f"redis://{hosts}") as client:
        client.address = f"redis://{hosts}"
        yield client


def add_to_redis(client: Any, values: Sequence[bytes]) -> None:
    for start in range(0, len(values), 10_000):
        pipeline = client.pipeline(transaction=False)
        for value in values[start : start + 10_000]:
            pipeline.xadd("tweets", {"value": value})
        pipeline.execute()


def test_twenty_kills_on_redis_lose_nothing(hub: Path, client: Any) -> None:
    add_to_redis(client, records(N_RECORDS))
    source = f"{client.address}/tweets?group=g&claim=1"
    run = command(hub, source, f"{client.address}/answers", "--batch", str(BATCH))
    kill_again_and_again(run, lambda: client.xlen("answers"))
    with subprocess.Popen(run, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: is_answered(client), pause=0.2)
        process.terminate()
    found = [json.loads(fields[b"value"])["id"] for _, fields in client.xrange("answers")]
    check_answers(found, "Redis")


def is_answered(client: Any) -> bool:
    """Tell whether the group has read and acknowledged all entries."""
    (group,) = client.xinfo_groups("tweets")
    return bool(group["lag"] == group["pending"] == 0)


def test_a_million_tweets_wait_on_redis_and_memory_is_flat(hub: Path, client: Any) -> None:
    add_to_redis(client, records(N_WAITING))
    ends = (f"{client.address}/tweets?group=g", f"{client.address}/answers")
    started = time.monotonic()
    with subprocess.Popen(command(hub, *ends), stderr=subprocess.DEVNULL) as process:
        megabytes = []
        for tenth in range(1, 11):
            while client.xlen("answers") < tenth * N_WAITING / 10:
                assert process.poll() is None
                time.sleep(0.1)
            megabytes.append(resident_megabytes(process.pid))
        process.terminate()
    seconds = time.monotonic() - started
    print(f"\n{N_WAITING:,} waiting: {seconds:.0f} s, MB at each tenth: {megabytes}")
    assert client.xlen("answers") == N_WAITING
    assert megabytes[-1] < megabytes[0] + 20


def resident_megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


MODEL_SECONDS = 0.004


def test_three_times_the_bearable_load_is_answered_in_time(
    hub: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger = tweetner.load("places", hub=hub)
    emissions = tagger.backend.emissions

    def slow_emissions(encoded: Any) -> Any:
        time.sleep(MODEL_SECONDS * len(encoded))
        return emissions(encoded)

    monkeypatch.setattr(tagger.backend, "emissions", slow_emissions)
    draw = np.random.default_rng(7)
    tagger.gate = Gate(draw.normal(0, 0.5, N_BUCKETS).astype(np.float32), -2.0, 0.2)
    reader = open_reader(parse_address(f"{client.address}/tweets?group=g", is_input=True))
    writer = open_writer(parse_address(f"{client.address}/answers"))
    stream = Stream(tagger, reader, writer, pace=Pace(1024, 2.0, tagger.gate))
    stopping = threading.Event()
    thread = threading.Thread(target=stream.run, args=[stopping])
    thread.start()

    words = [f"word{number}" for number in range(5_000)]
    texts = iter([" ".join(row) for row in draw.choice(words, (60_000, 6)).tolist()])
    bearable = 1 / MODEL_SECONDS
    phases = [(10.0, bearable / 2), (60.0, 3 * bearable), (10.0, bearable / 2)]
    n_sent = 0
    marks = []  # the time in ms at which each phase begins
    for seconds, rate in phases:
        marks.append(time.time() * 1000)
        n_sent += send(client, seconds, rate, lambda: next(texts))
    wait_until(lambda: stream.counts.n_answered >= n_sent)
    stopping.set()
    thread.join()

    answers = client.xrange("answers")
    assert len(answers) == n_sent
    ages: list[list[float]] = [[], [], []]
    by_triage: list[list[bool]] = [[], [], []]
    for id_, fields in answers:
        answer = json.loads(fields[b"value"])
        sent = int(answer["from"]["offset"].partition("-")[0])
        phase = sum(sent >= mark for mark in marks[1:])
        ages[phase].append((int(id_.partition(b"-")[0]) - sent) / 1000)
        by_triage[phase].append(answer["by"] == "triage")
    p95 = [quantiles(found, n=20)[-1] for found in ages]
    tails = [found[len(found) // 2 :] for found in by_triage]  # each phase when it has settled
    shares = [sum(found) / len(found) for found in tails]
    print(f"\nthree phases: age p95 {np.round(p95, 2)} s, share by triage {np.round(shares, 2)}")
    assert p95[1] < 2
    assert shares[1] > shares[0] + 0.2
    assert abs(shares[2] - shares[0]) < 0.05


def send(client: Any, seconds: float, rate: float, text: Callable[[], str]) -> int:
    """Add tweets to Redis at a rate; return their number."""
    started = time.monotonic()
    n_sent = 0
    while time.monotonic() < started + seconds:
        pipeline = client.pipeline(transaction=False)
        n_due = round((time.monotonic() - started) * rate)
        for _ in range(n_due - n_sent):
            pipeline.xadd("tweets", {"value": json.dumps({"id": n_sent, "text": text()})})
            n_sent += 1
        pipeline.execute()
        time.sleep(0.02)
    return n_sent
