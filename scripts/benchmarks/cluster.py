"""Files of tweets on a Dask cluster of this machine beside `tweetner tag`: whole commands, on the wall."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter

from benchmarks import made, sides
from benchmarks.memory import crossed_lines
from benchmarks.processes import TAG, output_of
from benchmarks.races import Race, Variant
from tweetner.streams.cluster import local_client, tag_files

N_TWEETS = 6_000
N_FILES = 16


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """The bundled encoder; `n_tweets` is the number in all files together, 6,000 by default."""
    name = f"{N_FILES} files of tweets on one machine, bundled encoder"
    if not (folder := sides.published(sides.ENCODER)):
        return [sides.left_out(name, sides.ENCODER)]
    files = write_files(sides.raw_tweets(data, None), n_tweets or N_TWEETS)
    variants = [Variant("tweetner tag, one process of one thread", lambda _: alone(folder, files))]
    variants += [
        Variant(f"tag_cluster, workers: {n}", partial(on_workers, n, folder, files)) for n in (1, 2)
    ]
    note = f"{n_tweets or N_TWEETS:,} tweets, starting and stopping included"
    return [Race(name, variants, rounds=3, unit="s on the wall", note=note)]


def write_files(tweets: Sequence[str], n: int) -> list[Path]:
    """`n` tweets, all different where there are enough, in JSONL files of like size."""
    folder = Path(mkdtemp(dir=made.scratch().name))
    lines = list(crossed_lines(tweets, n))
    files = [folder / f"{number:02}.jsonl" for number in range(N_FILES)]
    for number, file in enumerate(files):
        file.write_text("".join(lines[number::N_FILES]), encoding="utf-8")
    return files


def alone(folder: Path, files: Sequence[Path]) -> float:
    """Seconds on the wall that `tweetner tag` takes.

    Raises:
        ValueError: It fails.
    """
    started = perf_counter()
    output_of(TAG, str(folder), *map(str, files))
    return perf_counter() - started


def on_workers(n_workers: int, folder: Path, files: Sequence[Path], _: object) -> float:
    """Seconds on the wall that `scripts/tag_cluster.py` takes with so many processes.

    Raises:
        ValueError: A file could not be tagged.
    """
    started = perf_counter()
    with local_client(n_workers) as client:
        report = tag_files(
            client, folder, [str(file) for file in files], Path(mkdtemp(dir=made.scratch().name))
        )
    if report.failures:
        raise ValueError(report.failures[0])
    return perf_counter() - started
