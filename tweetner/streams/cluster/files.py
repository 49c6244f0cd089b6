"""Tagging files of tweets into a folder of answers, one task for each file."""

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tweetner.hub import resolve
from tweetner.streams.cluster.parts import Part, find_parts
from tweetner.streams.cluster.workers import check_workers, tagger_of
from tweetner.streams.fields import RecordOptions
from tweetner.streams.inputs import Source
from tweetner.streams.outputs import open_output
from tweetner.streams.tagging import Tally, tag_stream

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Report:
    """The result of a run.

    Attributes:
        n_parts: number of input files, and so of output files.
        n_skipped: number of output files that were complete before the run.
        n_records: number of records in the files that this run tagged.
        n_errors: number of those records that are errors.
        failures: one line for each file that could not be tagged.
    """

    n_parts: int
    n_skipped: int
    n_records: int
    n_errors: int
    failures: list[str]


@dataclass(frozen=True)
class Job:
    """The settings that all files of a run share."""

    model: Path
    folder: Path
    options: RecordOptions
    min_score: float
    output_format: str


def tag_files(
    client: "Client",
    model: str | Path,
    names: Sequence[str],
    folder: Path,
    *,
    hub: str | Path | None = None,
    options: RecordOptions | None = None,
    min_score: float = 0.0,
    output_format: str = "jsonl",
    force: bool = False,
    progress: bool = False,
) -> Report:
    """Tag files of tweets; each becomes one file of a folder, which appears when it is complete.

    A file is skipped if its output exists and is newer than the file and the model. A file that
    cannot be tagged does not stop the others. The inputs, the folder and the model must have the
    same paths on all machines.

    Args:
        client: A client of workers with one thread each.
        model: As for `tweetner.load`; all workers use the revision that it means now.
        names: Files and globs.
        folder: The output folder; it is created if it is missing.
        hub: As for `tweetner.load`.
        options: As for `Source`.
        min_score: Entities below this score are left out.
        output_format: `jsonl` or `parquet`.
        force: Tag all files, also those that are complete.
        progress: Show a progress bar on stderr.

    Raises:
        ValueError: As `find_parts` and `check_workers`; or there is no such model.
    """
    from tqdm import tqdm

    if not 0 <= min_score <= 1:
        raise ValueError(f"expected a min_score from 0 to 1, got {min_score}")
    job = Job(
        resolve(model, hub=hub),
        folder.absolute(),
        options or RecordOptions(),
        min_score,
        output_format,
    )
    parts = find_parts(names, job.folder, output_format)
    check_workers(client, job.model)
    job.folder.mkdir(parents=True, exist_ok=True)
    model_time = _last_change(job.model)
    waiting = [part for part in parts if force or not _is_complete(part, job.folder, model_time)]
    total = Tally()
    failures = []
    outcomes = _outcomes(client, waiting, job)
    for outcome in tqdm(outcomes, total=len(waiting), unit=" files", disable=not progress):
        if isinstance(outcome, Tally):
            total.add(outcome)
        else:
            failures.append(outcome)
    n_skipped = len(parts) - len(waiting)
    return Report(len(parts), n_skipped, total.n_records, total.n_errors, failures)


def tag_part(part: Part, job: Job) -> Tally:
    """Tag one file, on a worker; what another worker left incomplete is started anew."""
    if not job.folder.is_dir():
        raise ValueError(f"expected the folder {job.folder} on all machines, it is not on this one")
    tagger = tagger_of(job.model)
    path = job.folder / part.name
    path.parent.mkdir(parents=True, exist_ok=True)
    source = Source([part.input], job.options)
    with open_output(path, job.output_format, force=True) as output:
        return tag_stream(tagger, source, output, min_score=job.min_score)


def _is_complete(part: Part, folder: Path, model_time: int) -> bool:
    """Tell whether an output exists, and is newer than its input and the model."""
    path = folder / part.name
    return path.is_file() and path.stat().st_mtime_ns > max(part.modified, model_time)


def _last_change(folder: Path) -> int:
    """Return the time in nanoseconds when a file of a folder was last written."""
    return max(path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file())


def _outcomes(client: "Client", parts: Sequence[Part], job: Job) -> Iterator[Tally | str]:
    """Yield the counts of each file when it is done, or a line that says why it failed."""
    from distributed import as_completed

    largest_first = sorted(parts, key=lambda part: part.n_bytes, reverse=True)
    futures = client.map(tag_part, largest_first, job=job, pure=False)
    part_of = dict(zip(futures, largest_first, strict=True))
    try:
        for future in as_completed(futures):
            error = future.exception()
            yield _line(error, part_of[future].input.name) if error else future.result()
    except CancelledError:
        raise ConnectionError(
            "lost the scheduler; run the same command again to tag the files that are missing"
        ) from None


def _line(error: BaseException, name: str) -> str:
    """Return the reason why a file could not be tagged, beginning with its name."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason if reason.startswith(name) else f"{name}: {reason}"
