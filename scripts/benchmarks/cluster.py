"""Measure the tagging of files on a Dask cluster of this machine, in wall-clock seconds.

It is compared with one process of `tweetner tag`; starting and stopping are included.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter

from benchmarks import random_models, taggers
from benchmarks.memory import mixed_lines
from benchmarks.processes import TAG, output_of
from benchmarks.timing import Benchmark, Variant
from tweetner.streams.cluster import local_client, tag_files

N_TWEETS = 6_000
N_FILES = 16


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare one process with one and two workers on `n_tweets` tweets in all (6,000)."""
    name = f"{N_FILES} files of tweets on one machine, bundled encoder"
    if not (folder := taggers.find_model(taggers.ENCODER)):
        return [taggers.skipped(name, taggers.ENCODER)]
    files = write_files(taggers.raw_tweets(data, None), n_tweets or N_TWEETS)
    variants = [Variant("tweetner tag, one process of one thread", lambda _: alone(folder, files))]
    variants += [
        Variant(f"tag_cluster, workers: {n}", partial(on_workers, n, folder, files)) for n in (1, 2)
    ]
    note = f"{n_tweets or N_TWEETS:,} tweets, starting and stopping included"
    return [Benchmark(name, variants, rounds=3, unit="s on the wall", note=note)]


def write_files(tweets: Sequence[str], n: int) -> list[Path]:
    """Write `n` tweets, distinct if there are enough, to JSONL files of equal length."""
    folder = Path(mkdtemp(dir=random_models.scratch().name))
    lines = list(mixed_lines(tweets, n))
    files = [folder / f"{number:02}.jsonl" for number in range(N_FILES)]
    for number, file in enumerate(files):
        file.write_text("".join(lines[number::N_FILES]), encoding="utf-8")
    return files


def alone(folder: Path, files: Sequence[Path]) -> float:
    """Return the wall-clock seconds that `tweetner tag` takes.

    Raises:
        ValueError: It fails.
    """
    started = perf_counter()
    output_of(TAG, str(folder), *map(str, files))
    return perf_counter() - started


def on_workers(n_workers: int, folder: Path, files: Sequence[Path], _: object) -> float:
    """Return the wall-clock seconds that a cluster of `n_workers` processes takes.

    Raises:
        ValueError: A file could not be tagged.
    """
    started = perf_counter()
    with local_client(n_workers) as client:
        report = tag_files(
            client,
            folder,
            [str(file) for file in files],
            Path(mkdtemp(dir=random_models.scratch().name)),
        )
    if report.failures:
        raise ValueError(report.failures[0])
    return perf_counter() - started
