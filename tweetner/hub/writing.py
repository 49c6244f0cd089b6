"""Publish a model folder into the hub, and point `main` back at an earlier version.

New files are built in `.staging` and moved into place by renames, in an order that never shows a
reader an incomplete version: blobs, snapshot, tag, `main`, link. So a crash leaves the earlier
version working, and the next publisher deletes the staged files.
"""

import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from errno import EACCES, ENOTDIR
from pathlib import Path

from tweetner.files import sha256
from tweetner.hub.contents import model_files, revision_of
from tweetner.hub.layout import Repo, locate
from tweetner.hub.reading import find_revision, snapshot_problems

LOCK_SECONDS = 300

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """A published version: the model's full name, its revision, its permanent tag, its folder."""

    name: str
    revision: str
    tag: str
    path: Path


def publish(folder: str | Path, name: str, *, hub: str | Path | None = None) -> Published:
    """Copy a finished model folder into the hub as the current version of a model.

    New contents get the next tag `v1`, `v2`, ...; contents that the hub has already become the
    current version again. Publishers of one model wait for each other.

    Args:
        folder: Holds `config.json` and no files but those in `contents.PUBLISHED_FILES`.
        name: `NAME`, which means `tweetner/NAME`, or `ORG/NAME`.
        hub: See `hub_root`.

    Raises:
        ValueError: The name is not valid, or the folder holds a file that may not be published.
        OSError: The hub cannot be written: the disk is full, permission is missing, or another
            publisher holds the lock for too long.
    """
    repo = locate(name, hub)
    folder = Path(folder)
    files = {relative: sha256(folder / relative) for relative in model_files(folder)}
    revision = revision_of(files)
    with _locked(repo):
        if snapshot_problems(repo.snapshot(revision)):
            _store(folder, files, repo, revision)
        return _release(repo, revision)


def check_target(name: str, *, hub: str | Path | None = None) -> None:
    """Check before a long run that `publish` will accept its model.

    Raises:
        ValueError: The name is not valid, or the place of the link is taken by another file.
        OSError: The hub cannot be written.
    """
    repo = locate(name, hub)
    place = next(path for path in (repo.root, *repo.root.parents) if path.exists())
    if not place.is_dir():
        raise NotADirectoryError(ENOTDIR, "expected a folder", str(place))
    if not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(EACCES, "no permission to write it", str(place))
    _check_link(repo)


def rollback(name: str, revision: str, *, hub: str | Path | None = None) -> Published:
    """Make an earlier version the current one again; for `revision` see `open_model`.

    Raises:
        ValueError: There is no such model or revision, or its files are damaged.
        OSError: See `publish`.
    """
    repo = locate(name, hub)
    target = find_revision(repo, revision)
    problems = snapshot_problems(repo.snapshot(target))
    if problems:
        raise ValueError(f"{repo.name}: cannot roll back to {revision}: {problems[0]}")
    with _locked(repo):
        return _release(repo, target)


@contextmanager
def _locked(repo: Repo) -> Iterator[None]:
    """Hold the lock of a model's publishers, with an empty staging folder."""
    import fcntl  # not on Windows, where a hub can still be read

    repo.lock.parent.mkdir(parents=True, exist_ok=True)
    with repo.lock.open("a") as lock:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"{repo.name}: another publisher holds {repo.lock}"
                    ) from None
                time.sleep(0.05)
        if repo.staging.exists():
            shutil.rmtree(repo.staging)
        repo.staging.mkdir(parents=True)
        try:
            yield
        finally:
            shutil.rmtree(repo.staging, ignore_errors=True)


def _store(folder: Path, files: Mapping[str, str], repo: Repo, revision: str) -> None:
    """Add a version, or replace a damaged one; intact blobs are kept."""
    staged = repo.staging / revision
    blobs = []
    for relative, digest in files.items():
        link = staged / relative
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("../" * (2 + relative.count("/")) + f"blobs/{digest}")
        blob = repo.staging / digest
        if not blob.exists() and not _is_intact(repo.blobs / digest):
            _copy(folder / relative, blob)
            blobs.append(blob)
    repo.blobs.mkdir(exist_ok=True)
    repo.snapshots.mkdir(exist_ok=True)
    for blob in blobs:
        blob.replace(repo.blobs / blob.name)
    if repo.snapshot(revision).exists():
        repo.snapshot(revision).rename(repo.staging / "damaged")
    staged.rename(repo.snapshot(revision))


def _is_intact(blob: Path) -> bool:
    return blob.is_file() and sha256(blob) == blob.name


def _copy(source: Path, blob: Path) -> None:
    """Copy a file to its read-only blob, and flush it to the disk."""
    descriptor = os.open(blob, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        shutil.copyfileobj(reader, writer)
        writer.flush()
        os.fsync(descriptor)
    if sha256(blob) != blob.name:
        raise ValueError(f"{source}: changed while it was being published")


def _check_link(repo: Repo) -> None:
    if repo.link and repo.link.exists() and not repo.link.is_symlink():
        raise ValueError(f"{repo.link}: expected a link or nothing")


def _release(repo: Repo, revision: str) -> Published:
    """Give a stored version a tag, unless it has one, and make it the current version."""
    _check_link(repo)
    repo.refs.mkdir(exist_ok=True)
    tag = repo.tag_of(revision)
    if tag is None:
        tag = f"v{1 + max((int(tag[1:]) for tag in repo.tags()), default=0)}"
        _write_reference(repo, tag, revision)
    _write_reference(repo, "main", revision)
    snapshot = repo.snapshot(revision).resolve()
    if repo.link:
        _point_link(repo.link, snapshot)
    logger.info("%s: main is %s, revision %s", repo.name, tag, revision)
    return Published(repo.name, revision, tag, snapshot)


def _write_reference(repo: Repo, reference: str, revision: str) -> None:
    staged = repo.staging / reference
    with staged.open("w") as file:
        file.write(revision)  # without a newline, as Hugging Face reads it
        file.flush()
        os.fsync(file.fileno())
    staged.replace(repo.refs / reference)


def _point_link(link: Path, snapshot: Path) -> None:
    """Replace the link to the current snapshot atomically."""
    link.parent.mkdir(exist_ok=True)
    staged = link.with_name(f".{link.name}")  # in the same file system as the link
    staged.unlink(missing_ok=True)
    staged.symlink_to(os.path.relpath(snapshot, link.parent.resolve()))
    staged.replace(link)
