"""Measure `tweetner stream` on Kafka beside `tweetner tag` on the same tweets, in wall-clock time.

The broker is librdkafka's mock broker, in a process of its own. The time of a stream runs from its
first tweets to the last commit; joining a group is left out.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from threading import Event
from time import perf_counter

from benchmarks import random_models, taggers
from benchmarks.memory import mixed_lines
from benchmarks.timing import Benchmark, Variant
from tweetner.streams import Source, find_inputs, open_output, tag_stream
from tweetner.streams.brokers import (
    Message,
    Pace,
    Reader,
    Stream,
    open_reader,
    open_writer,
    parse_address,
)
from tweetner.tagger import Tagger, load

N_TWEETS = {taggers.SGD: 20_000, taggers.ENCODER: 1_000}
BATCH = 1024
MOCK_BROKER = """
import sys
from confluent_kafka import Producer
producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
(broker,) = producer.list_topics(timeout=10).brokers.values()
print(f"{broker.host}:{broker.port}", flush=True)
sys.stdin.read()
"""
ROUNDS = count()


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare a stream with a file for the SGD tagger and the encoder."""
    tweets = taggers.raw_tweets(data, None)
    return [benchmark_of(name, tweets, n_tweets or N_TWEETS[name]) for name in N_TWEETS]


def benchmark_of(name: str, tweets: Sequence[str], n_tweets: int) -> Benchmark:
    """Compare a stream with a file for one model."""
    title = f"{n_tweets:,} tweets of Kafka, {name}"
    folder = taggers.find_model(name)
    if not folder:
        return taggers.skipped(title, name)
    path = Path(mkdtemp(dir=random_models.scratch().name)) / "tweets.jsonl"
    path.write_text("".join(mixed_lines(tweets, n_tweets)), encoding="utf-8")
    tagger = load(folder)
    tagger(["the first tweet is slow"])
    return Benchmark(
        title,
        [
            Variant("tweetner tag, from file to file", lambda _: seconds_of_file(tagger, path)),
            Variant(
                "tweetner stream, from topic to topic",
                lambda _: seconds_of_stream(tagger, path),
                target=0.9,
            ),
        ],
        rounds=5,
        unit="s on the wall",
        note="the mock broker runs in its own process; loading and joining the group are left out",
    )


def seconds_of_file(tagger: Tagger, path: Path) -> float:
    """Return the seconds that a file takes."""
    started = perf_counter()
    target = path.with_name(f"answers{next(ROUNDS)}.jsonl")
    with open_output(target, "jsonl") as output:
        tag_stream(tagger, Source(find_inputs([str(path)])), output, batch_size=BATCH)
    return perf_counter() - started


def seconds_of_stream(tagger: Tagger, path: Path) -> float:
    """Return the seconds that the same tweets take from one topic to another."""
    values = path.read_bytes().splitlines()
    with mock_broker() as hosts:
        send(hosts, values)
        source = parse_address(f"kafka://{hosts}/tweets?group=benchmark", is_input=True)
        reader = TimedReader(open_reader(source), len(values))
        writer = open_writer(parse_address(f"kafka://{hosts}/entities"))
        Stream(tagger, reader, writer, pace=Pace(BATCH, None, None)).run(reader.stopping)
        reader.close()
    return reader.seconds


class TimedReader:
    """Times a reader from its first messages to the commit of the last of `n`."""

    def __init__(self, reader: Reader, n: int) -> None:
        self.stopping = Event()
        self.seconds = 0.0
        self.is_finished = False
        self.before_revoke = lambda: None
        self.keep_alive = reader.keep_alive
        self.lag = reader.lag
        self.close = reader.close
        self._reader = reader
        self._started = 0.0
        self._n_left = n

    def poll(self, n: int, seconds: float) -> list[Message]:
        found = self._reader.poll(n, seconds)
        if found and not self._started:
            self._started = perf_counter()
        return found

    def commit(self, messages: Sequence[Message]) -> None:
        self._reader.commit(messages)
        self._n_left -= len(messages)
        if not self._n_left:
            self.seconds = perf_counter() - self._started
            self.stopping.set()


@contextmanager
def mock_broker() -> Iterator[str]:
    """Run a broker during the block; yield its host and port."""
    command = [sys.executable, "-c", MOCK_BROKER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, encoding="utf-8") as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def send(hosts: str, values: Sequence[bytes]) -> None:
    """Create the topics, and fill the one of the tweets."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": hosts})
    for topic in ("tweets", "entities"):
        producer.list_topics(topic, timeout=10)
    for value in values:
        producer.produce("tweets", value)
        producer.poll(0)
    producer.flush()
