"""Measure the wall-clock time of requests to `tweetner serve`.

Many clients at once are compared with one client, to show what shared batches gain.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter

from benchmarks import taggers
from benchmarks.processes import require_success
from benchmarks.timing import Benchmark, Variant

N_TWEETS = 640
N_CLIENTS = 16
SERVE = """
import sys
from tweetner.cli import main
sys.exit(main(["serve", sys.argv[1], "--port", "0"]))
"""
JSON = {"Content-Type": "application/json"}


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare 16 clients with one, for an encoder and a word-level model."""
    tweets = taggers.raw_tweets(data, n_tweets or N_TWEETS)
    return [
        benchmark_of(name, taggers.find_model(name), tweets)
        for name in (taggers.ENCODER, taggers.BILSTM)
    ]


def benchmark_of(name: str, folder: Path | None, tweets: Sequence[str]) -> Benchmark:
    """Compare clients that each send one tweet at a time."""
    if not folder:
        return taggers.skipped(f"tweetner serve, {name}", name)

    def variant(label: str, n_clients: int) -> Variant:
        return Variant(label, lambda _: seconds_to_answer(folder, tweets, n_clients))

    return Benchmark(
        f"{len(tweets):,} requests to tweetner serve, {name}",
        [variant("1 client", 1), variant(f"{N_CLIENTS} clients", N_CLIENTS)],
        rounds=5,
        unit="s on the wall",
        note="the service runs in its own process",
    )


def seconds_to_answer(folder: Path, tweets: Sequence[str], n_clients: int) -> float:
    """Return the seconds until clients have all answers, from a service whose cache is warm.

    Raises:
        ValueError: The service does not start, or refuses a tweet.
    """
    with service(folder) as address, ThreadPoolExecutor(n_clients) as clients:
        ask(address, tweets)
        started = perf_counter()
        list(clients.map(partial(ask, address), [tweets[i::n_clients] for i in range(n_clients)]))
        return perf_counter() - started


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """Run `tweetner serve` during the block; yield its host and port."""
    command = [sys.executable, "-c", SERVE, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stderr
        said = process.stderr.readline()  # serving NAME at http://127.0.0.1:PORT
        if "://" not in said:
            require_success(process.wait(), said)
        try:
            yield said.split("://")[-1].strip()
        finally:
            process.terminate()


def ask(address: str, tweets: Sequence[str]) -> None:
    """Post tweets one after the other on one connection.

    Raises:
        ValueError: An answer has not status 200.
    """
    with closing(HTTPConnection(address, timeout=60)) as connection:
        for tweet in tweets:
            connection.request("POST", "/tag", json.dumps({"tweets": [{"text": tweet}]}), JSON)
            response = connection.getresponse()
            answer = response.read().decode()
            if response.status != 200:
                raise ValueError(f"expected status 200, got {response.status}: {answer}")
