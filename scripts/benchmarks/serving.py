"""`tweetner serve` with many clients beside one client: what is gained by tagging what waits together, on the wall."""

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

from benchmarks import sides
from benchmarks.processes import require_success
from benchmarks.races import Race, Variant

N_TWEETS = 640
N_CLIENTS = 16
SERVE = "import sys; from tweetner.cli import main; sys.exit(main(['serve', sys.argv[1], '--port', '0']))"
JSON = {"Content-Type": "application/json"}


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """An encoder and a word-level model."""
    tweets = sides.raw_tweets(data, n_tweets or N_TWEETS)
    return [race_of(name, sides.published(name), tweets) for name in (sides.ENCODER, sides.BILSTM)]


def race_of(name: str, folder: Path | None, tweets: Sequence[str]) -> Race:
    """Every client asks for one tweet, and for the next when it has the answer."""
    if not folder:
        return sides.left_out(f"tweetner serve, {name}", name)

    def variant(label: str, n_clients: int) -> Variant:
        return Variant(label, lambda _: seconds_to_answer(folder, tweets, n_clients))

    return Race(
        f"{len(tweets):,} requests to tweetner serve, {name}",
        [variant("1 client", 1), variant(f"{N_CLIENTS} clients", N_CLIENTS)],
        rounds=5,
        unit="s on the wall",
        note="the service is a process of its own",
    )


def seconds_to_answer(folder: Path, tweets: Sequence[str], n_clients: int) -> float:
    """How long clients wait for all answers of a service that has seen the tweets' words before.

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
    """`tweetner serve` as a process that ends with the block; its host and port."""
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
    """Post tweets one after the other on one connection."""
    with closing(HTTPConnection(address, timeout=60)) as connection:
        for tweet in tweets:
            connection.request("POST", "/tag", json.dumps({"tweets": [{"text": tweet}]}), JSON)
            response = connection.getresponse()
            answer = response.read().decode()
            if response.status != 200:
                raise ValueError(f"expected status 200, got {response.status}: {answer}")
