"""Find, list and verify published models."""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tweetner.files import atomic_write, sha256
from tweetner.hub.contents import revision_of
from tweetner.hub.folder import ModelFolder
from tweetner.hub.layout import Repo, hub_root, locate

ABBREVIATED_REVISION = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class ModelSummary:
    """A model of the hub; `tag`, `n_files` and `n_bytes` describe the current revision."""

    name: str
    revision: str
    tag: str | None
    tags: dict[str, str]
    n_files: int
    n_bytes: int


def open_model(
    name_or_path: str | Path, *, revision: str = "main", hub: str | Path | None = None
) -> ModelFolder:
    """Open a model by its name in the hub, or by the path of its folder.

    A name can mean another version at any time; the folder returned never changes.

    Args:
        name_or_path: `NAME`, `ORG/NAME`, or the path of a folder with `config.json`: a `Path`, or
            a string that begins with `/` or `.`.
        revision: `main`, a tag such as `v2`, or the first 7 to 40 hex digits of a revision. Not
            for a path.
        hub: See `hub_root`.

    Raises:
        ValueError: There is no such model or revision (the message lists those that exist), it
            lies outside the hub, or its config is damaged.
    """
    if isinstance(name_or_path, Path) or is_path(name_or_path):
        if revision != "main":
            raise ValueError(f"{name_or_path}: a path has no revisions, got revision {revision!r}")
        return ModelFolder(name_or_path)
    if not is_published(name_or_path, hub=hub):
        check_no_folder(name_or_path)
    try:
        repo = locate(name_or_path, hub)
    except ValueError as error:
        raise ValueError(f"{error}; a path begins with '/' or '.'") from None
    snapshot = repo.snapshot(find_revision(repo, revision)).resolve()
    if not snapshot.is_relative_to(repo.root.resolve()):
        raise ValueError(f"{repo.name}: revision {revision} leads outside the hub {repo.root}")
    if not (snapshot / "config.json").is_file():
        raise ValueError(f"{repo.name}: revision {revision} is damaged, its config.json is missing")
    return ModelFolder(snapshot)


def is_path(name_or_path: str) -> bool:
    """Return whether a model is given by its path, which begins with `/` or `.`."""
    return name_or_path.startswith(("/", "."))


def check_no_folder(name: str) -> None:
    """Refuse the path of a folder that is not written as a path.

    Raises:
        ValueError: There is such a folder.
    """
    if not is_path(name) and os.path.isdir(name):  # noqa: PTH112 - False for what is no path
        raise ValueError(f"{name}: expected a name, got a folder: write it as ./{name}")


def is_published(name: str, *, hub: str | Path | None = None) -> bool:
    """Return whether the hub has a model of this name."""
    try:
        return "main" in locate(name, hub).references()
    except ValueError:  # no name of a model
        return False


def copy_model(
    name_or_path: str | Path,
    folder: Path,
    *,
    revision: str = "main",
    hub: str | Path | None = None,
) -> None:
    """Copy a model's files into a new folder, which has no links and can be moved anywhere.

    Raises:
        ValueError: See `open_model`; or the folder exists.
    """
    source = resolve(name_or_path, revision=revision, hub=hub)
    if folder.exists() or folder.is_symlink():
        raise ValueError(f"{folder}: expected a folder that does not exist yet")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder) as staged:
        shutil.copytree(source, staged, copy_function=shutil.copyfile)


def resolve(
    name_or_path: str | Path, *, revision: str = "main", hub: str | Path | None = None
) -> Path:
    """Return the folder of a model; see `open_model`."""
    return open_model(name_or_path, revision=revision, hub=hub).path


def list_models(hub: str | Path | None = None) -> list[ModelSummary]:
    """List the published models, sorted by name."""
    models = []
    for repo in _repos(hub_root(hub)):
        revision = repo.references()["main"]
        sizes = [
            path.stat().st_size for path in repo.snapshot(revision).rglob("*") if path.is_file()
        ]
        summary = ModelSummary(
            name=repo.name,
            revision=revision,
            tag=repo.tag_of(revision),
            tags=repo.tags(),
            n_files=len(sizes),
            n_bytes=sum(sizes),
        )
        models.append(summary)
    return models


def verify(name: str, *, revision: str | None = None, hub: str | Path | None = None) -> list[str]:
    """Compare a model's files with their hashes, and return one line for each problem.

    Args:
        name: `NAME` or `ORG/NAME`.
        revision: See `open_model`; by default all revisions and references are checked.
        hub: See `hub_root`.

    Raises:
        ValueError: There is no such model or revision.
    """
    repo = locate(name, hub)
    if revision is not None:
        return snapshot_problems(repo.snapshot(find_revision(repo, revision)))
    if not repo.folder.is_dir():
        raise _no_model(repo)
    references = repo.references()
    revisions = repo.revisions()
    problems = [] if "main" in references else ["refs/main: missing"]
    for reference, target in references.items():
        if target not in revisions:
            problems.append(f"refs/{reference}: snapshot {target[:100]!r} is missing")
    return problems + [
        problem for name in revisions for problem in snapshot_problems(repo.snapshots / name)
    ]


def find_revision(repo: Repo, revision: str) -> str:
    """Return the full revision of `main`, a tag, or the first 7 to 40 digits of a revision.

    Raises:
        ValueError: There is no such model or revision, or several revisions begin so.
    """
    references = repo.references()
    if "main" not in references:
        raise _no_model(repo)
    if revision in references:
        return references[revision]
    matches = []
    if ABBREVIATED_REVISION.fullmatch(revision):
        matches = [candidate for candidate in repo.revisions() if candidate.startswith(revision)]
    if len(matches) > 1:
        raise ValueError(f"{repo.name}: revision {revision} is ambiguous: {', '.join(matches)}")
    if not matches:
        known = ", ".join(
            f"{reference} ({target[:12]})" for reference, target in references.items()
        )
        raise ValueError(f"{repo.name} has no revision {revision[:100]!r}; there are: {known}")
    return matches[0]


def snapshot_problems(snapshot: Path) -> list[str]:
    """Check one version, and return one line for each problem."""
    if not snapshot.is_dir() or snapshot.is_symlink():
        return [f"snapshots/{snapshot.name}: missing"]
    problems = []
    files = {}
    blobs = (snapshot.parent.parent / "blobs").resolve()
    for path in sorted(snapshot.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        relative = path.relative_to(snapshot).as_posix()
        if not path.is_file():
            problems.append(f"snapshots/{snapshot.name}/{relative}: its blob is missing")
        elif not path.is_symlink() or path.resolve().parent != blobs:
            problems.append(f"snapshots/{snapshot.name}/{relative}: expected a link into blobs")
        elif sha256(path) != path.resolve().name:
            problems.append(
                f"snapshots/{snapshot.name}/{relative}: contents do not match their hash"
            )
        else:
            files[relative] = path.resolve().name
    if not problems and revision_of(files) != snapshot.name:
        problems.append(
            f"snapshots/{snapshot.name}: a file was removed, added or renamed: "
            "the revision does not match the files"
        )
    return problems


def _repos(root: Path) -> list[Repo]:
    """Return the models in a hub that have a current version, sorted by name."""
    folders = [folder.name.removeprefix("models--") for folder in root.glob("models--*--*")]
    names = sorted(folder.replace("--", "/") for folder in folders)
    repos = [Repo(root, name) for name in names]
    return [repo for repo in repos if "main" in repo.references()]


def _no_model(repo: Repo) -> ValueError:
    names = ", ".join(other.name for other in _repos(repo.root)) or "none"
    return ValueError(
        f"no model {repo.name} in {repo.root.absolute()}; there are: {names}; another hub is named "
        "by --hub or TWEETNER_HUB, a model's folder by a path that begins with '/' or '.'"
    )
