"""Files of tweets → a folder of answers, a task a file."""

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tweetner.files import sha256
from tweetner.hub import resolve, revision_of
from tweetner.streams import Source, Tally, open_output, tag_stream
from tweetner.streams.cluster.manifest import MANIFEST, open_manifest
from tweetner.streams.cluster.parts import Part, find_parts, root_of
from tweetner.streams.cluster.workers import check_workers, tagger_of

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Report:
    """What a run found and did.

    Attributes:
        n_parts: Files of tweets, each to be a part of the output.
        n_skipped: Parts that were complete before the run.
        n_records: Records of all complete parts, skipped or not.
        n_errors: Those of them that are errors.
        failures: A line for each part that could not be made.
    """

    n_parts: int
    n_skipped: int
    n_records: int
    n_errors: int
    failures: list[str]


@dataclass(frozen=True)
class Job:
    """What is the same for all parts of a folder."""

    model: Path
    folder: Path
    column: str
    min_score: float
    output_format: str


def tag_files(
    client: "Client",
    model: str | Path,
    names: Sequence[str],
    folder: Path,
    *,
    hub: str | Path | None = None,
    column: str = "text",
    min_score: float = 0.0,
    output_format: str = "jsonl",
    force: bool = False,
    progress: bool = False,
) -> Report:
    """Tag files of tweets; each becomes one part of a folder, which appears whole.

    A part that is complete, and whose input is still the file that it was made from, is skipped. A file that cannot be
    tagged does not stop the others. Inputs, folder and model have the same paths on the machines of all workers.

    Args:
        client: Of workers with one thread each.
        model: As for `tweetner.load`; all workers use the revision that it means now.
        names: Files and globs.
        folder: New, empty, or of an earlier run with the same model and options.
        hub: As for `tweetner.load`.
        column: As for `Source`.
        min_score: Entities below this score are left out.
        output_format: `jsonl` or `parquet`.
        force: Delete the parts of an earlier run, and begin anew.
        progress: Show a progress bar on stderr.

    Raises:
        ValueError: As `find_parts`, `check_workers` and `open_manifest`; or there is no such model.
    """
    from tqdm import tqdm

    if not 0 <= min_score <= 1:
        raise ValueError(f"expected a min_score from 0 to 1, got {min_score}")
    job = Job(resolve(model, hub=hub), folder.absolute(), column, min_score, output_format)
    parts = find_parts(names, job.folder, output_format)
    check_workers(client, job.model)
    manifest = open_manifest(job.folder, _settings(job, root_of(names)), force=force)
    waiting = [part for part in parts if not manifest.holds(part)]
    failures = []
    for part, outcome in tqdm(
        _outcomes(client, waiting, job), total=len(waiting), unit=" files", disable=not progress
    ):
        if isinstance(outcome, Tally):
            manifest.add(part, outcome)
        else:
            failures.append(outcome)
    counts = [manifest.parts[part.name] for part in parts if manifest.holds(part)]
    n_records, n_errors = (sum(part[key] for part in counts) for key in ("n_records", "n_errors"))
    return Report(len(parts), len(parts) - len(waiting), n_records, n_errors, failures)


def tag_part(part: Part, job: Job) -> Tally:
    """Make one part, on a worker; one that another worker left half made is begun anew."""
    if not (job.folder / MANIFEST).exists():
        raise ValueError(
            f"expected the folder {job.folder} to be shared by all machines, it is not on this one"
        )
    tagger = tagger_of(job.model)
    path = job.folder / part.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_output(path, job.output_format, force=True) as output:
        return tag_stream(tagger, Source([part.input], job.column), output, min_score=job.min_score)


def _settings(job: Job, root: Path) -> dict[str, object]:
    """What must be the same for all parts of a folder; the model by its contents, wherever it is."""
    files = {
        path.relative_to(job.model).as_posix(): sha256(path)
        for path in job.model.rglob("*")
        if path.is_file()
    }
    return {
        "model": revision_of(files),
        "inputs": str(root),
        "column": job.column,
        "min_score": job.min_score,
        "output_format": job.output_format,
    }


def _outcomes(
    client: "Client", parts: Sequence[Part], job: Job
) -> Iterator[tuple[Part, Tally | str]]:
    """Each part as it is done, with its counts, or with the line that says why it could not be made."""
    from distributed import as_completed

    largest_first = sorted(parts, key=lambda part: part.n_bytes, reverse=True)
    futures = dict(
        zip(client.map(tag_part, largest_first, job=job, pure=False), largest_first, strict=True)
    )
    try:
        for future in as_completed(futures):
            part, error = futures[future], future.exception()
            yield part, _line(error, part.input.name) if error else future.result()
    except CancelledError:
        raise ConnectionError(
            "the scheduler is gone; the same command goes on with what is not complete"
        ) from None


def _line(error: BaseException, name: str) -> str:
    """Why a file could not be tagged, with its name."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason if reason.startswith(name) else f"{name}: {reason}"
