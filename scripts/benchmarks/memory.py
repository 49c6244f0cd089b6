"""Measure the peak memory of new processes.

Every backend is compared with transformers' pipeline, and `tweetner tag` on a long stream with
itself on the first quarter of it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import clock_gettime

from benchmarks import random_models, taggers
from benchmarks.processes import PEAK, TAG, peak_of, pipeline_script, require_success, tagger_script
from benchmarks.timing import Benchmark, Variant, spaced

STREAM, SHORTEST = 400_000, 20_000


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare backends on 1,000 tweets, and streams of `n_tweets` (400,000; at least 20,000)."""
    tweets = taggers.raw_tweets(data, None)
    encoder, sgd = taggers.find_model(taggers.ENCODER), taggers.find_model(taggers.SGD)
    if not (encoder and sgd):
        return [taggers.skipped("peak memory", taggers.SGD if encoder else taggers.ENCODER)]
    n_stream = max(n_tweets or STREAM, SHORTEST)
    return [
        backends_benchmark(encoder, sgd, spaced(tweets, min(n_tweets or 1000, 1000))),
        *stream_benchmarks(sgd, tweets, n_stream),
    ]


def backends_benchmark(encoder: Path, sgd: Path, tweets: Sequence[str]) -> Benchmark:
    """Compare each backend with the pipeline."""
    scripts = {taggers.BATCHED: pipeline_script(encoder)}
    scripts |= {
        f"Tagger, {name}": tagger_script(encoder, name) for name in taggers.backends_of(encoder)
    }
    scripts["Tagger, SGD (another model)"] = tagger_script(sgd)

    def variant(name: str, script: str) -> Variant:
        return Variant(name, lambda _: peak_of(script, tweets))

    return Benchmark(
        "peak memory, bundled encoder",
        [variant(name, script) for name, script in scripts.items()],
        rounds=3,
        unit="MB",
        note=f"tagging {len(tweets):,} tweets",
    )


def stream_benchmarks(model: Path, tweets: Sequence[str], n: int) -> list[Benchmark]:
    """Compare a stream with its first quarter, and its last tweets with its first ones."""
    short, long = (run_stream(model, tweets, length) for length in (n // 4, n))
    memory = Benchmark(
        "peak memory of tweetner tag, SGD",
        [
            Variant(f"{n // 4:,} tweets", lambda _: short.peak),
            Variant(f"{n:,} tweets", lambda _: long.peak, target=0.95),
        ],
        rounds=1,
        unit="MB",
    )
    speed = Benchmark(
        f"a tweet in a stream of {n:,}, SGD",
        [
            Variant("in the first tenth", lambda _: long.first),
            Variant("in the last tenth", lambda _: long.last, target=0.95),
        ],
        rounds=1,
        unit="µs",
    )
    return [memory, speed]


@dataclass(frozen=True)
class Stream:
    """The memory and time that `tweetner tag` took for a stream.

    Attributes:
        peak: Peak memory in MB.
        first: CPU microseconds a tweet in the second half of the first tenth, after loading.
        last: CPU microseconds a tweet in the last tenth.
    """

    peak: float
    first: float
    last: float


def run_stream(model: Path, tweets: Sequence[str], n: int) -> Stream:
    """Tag a stream with `tweetner tag` in a new process.

    Raises:
        ValueError: It fails.
    """
    path = Path(random_models.scratch().name) / "stream.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(mixed_lines(tweets, n))
    command = [sys.executable, "-c", TAG + PEAK, str(model), str(path)]
    marks = (n // 20, n // 10, n - n // 10, n)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout and process.stderr
        seconds = {i: cpu_of(process.pid) for i, _ in enumerate(process.stdout, 1) if i in marks}
        said = process.stderr.read()
    path.unlink()
    require_success(process.returncode, said)
    begun, tenth, nine_tenths, end = (1e6 * seconds[mark] for mark in marks)
    return Stream(
        int(said.split()[-1]) / 1024,
        (tenth - begun) / (n // 10 - n // 20),
        (end - nine_tenths) / (n // 10),
    )


def mixed(tweets: Sequence[str], n: int) -> Iterator[str]:
    """Yield `n` tweets that join the first half of one tweet with the second half of another.

    They are distinct as long as there are enough pairs.
    """
    halves = [
        (words[: len(words) // 2], words[len(words) // 2 :]) for words in map(str.split, tweets)
    ]
    for i in range(n):
        turn, place = divmod(i, len(halves))
        yield " ".join(halves[place][0] + halves[(place + turn) % len(halves)][1])


def mixed_lines(tweets: Sequence[str], n: int) -> Iterator[str]:
    """Yield the tweets of `mixed` as lines of JSONL."""
    for i, text in enumerate(mixed(tweets, n)):
        yield json.dumps({"id": i, "text": text}) + "\n"


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a running process, by the clock of `clock_getcpuclockid`."""
    return clock_gettime((~pid << 3) | 2)
