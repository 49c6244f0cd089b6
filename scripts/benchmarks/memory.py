"""Peak memory of fresh processes: every backend, and `tweetner tag` on streams of two lengths."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import clock_gettime

from benchmarks import made, sides
from benchmarks.processes import PEAK, TAG, peak_of, pipeline_script, require_success, tagger_script
from benchmarks.races import Race, Variant, evenly

STREAM, SHORTEST = 400_000, 20_000


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """Backends on 1,000 tweets; the stream has `n_tweets`, 400,000 by default, and no fewer than 20,000."""
    tweets = sides.raw_tweets(data, None)
    encoder, sgd = sides.published(sides.ENCODER), sides.published(sides.SGD)
    if not (encoder and sgd):
        return [sides.left_out("peak memory", sides.SGD if encoder else sides.ENCODER)]
    n_stream = max(n_tweets or STREAM, SHORTEST)
    return [
        backends_race(encoder, sgd, evenly(tweets, min(n_tweets or 1000, 1000))),
        *stream_races(sgd, tweets, n_stream),
    ]


def backends_race(encoder: Path, sgd: Path, tweets: Sequence[str]) -> Race:
    """The pipeline, then each backend."""
    scripts = {sides.BATCHED: pipeline_script(encoder)}
    scripts |= {
        f"Tagger, {name}": tagger_script(encoder, name) for name in sides.backends_of(encoder)
    }
    scripts["Tagger, SGD (another model)"] = tagger_script(sgd)

    def variant(name: str, script: str) -> Variant:
        return Variant(name, lambda _: peak_of(script, tweets))

    return Race(
        "peak memory, bundled encoder",
        [variant(name, script) for name, script in scripts.items()],
        rounds=3,
        unit="MB",
        note=f"tagging {len(tweets):,} tweets",
    )


def stream_races(model: Path, tweets: Sequence[str], n: int) -> list[Race]:
    """A stream and its first quarter: peak memory, and time for a tweet as it begins and as it ends."""
    short, long = (run_stream(model, tweets, length) for length in (n // 4, n))
    memory = Race(
        "peak memory of tweetner tag, SGD",
        [
            Variant(f"{n // 4:,} tweets", lambda _: short.peak),
            Variant(f"{n:,} tweets", lambda _: long.peak, at_least=0.95),
        ],
        rounds=1,
        unit="MB",
    )
    speed = Race(
        f"a tweet in a stream of {n:,}, SGD",
        [
            Variant("in the first tenth", lambda _: long.first),
            Variant("in the last tenth", lambda _: long.last, at_least=0.95),
        ],
        rounds=1,
        unit="µs",
    )
    return [memory, speed]


@dataclass(frozen=True)
class Stream:
    """What `tweetner tag` took: peak memory in MB, CPU microseconds a tweet in its first and in its last tenth.

    Of the first tenth it is the second half: the model is loaded then.
    """

    peak: float
    first: float
    last: float


def run_stream(model: Path, tweets: Sequence[str], n: int) -> Stream:
    """Tag a stream with `tweetner tag` in a process of its own.

    Raises:
        ValueError: It fails.
    """
    path = Path(made.scratch().name) / "stream.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(crossed_lines(tweets, n))
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


def crossed(tweets: Sequence[str], n: int) -> Iterator[str]:
    """`n` tweets, all different where there are enough: the first half of one, the second half of another."""
    halves = [
        (words[: len(words) // 2], words[len(words) // 2 :]) for words in map(str.split, tweets)
    ]
    for i in range(n):
        turn, place = divmod(i, len(halves))
        yield " ".join(halves[place][0] + halves[(place + turn) % len(halves)][1])


def crossed_lines(tweets: Sequence[str], n: int) -> Iterator[str]:
    """The tweets of `crossed` as lines of JSONL."""
    for i, text in enumerate(crossed(tweets, n)):
        yield json.dumps({"id": i, "text": text}) + "\n"


def cpu_of(pid: int) -> float:
    """CPU seconds of a running process, by the clock that `clock_getcpuclockid` names."""
    return clock_gettime((~pid << 3) | 2)
