"""The files that a model folder may hold, and the hash of those that it holds."""

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from tweetner.hub.layout import NAME_PART

PUBLISHED_FILES = (
    "*.json",
    "*.safetensors",
    "README.md",
    "vocab.txt",
    "configuration_tweetner.py",
    "modeling_tweetner.py",
    "onnx/*.onnx",
    "onnx/*.onnx_data",
)


def model_files(folder: Path) -> list[str]:
    """List the files of a model folder by relative name, sorted.

    Nothing is skipped silently: pickles, hidden files, other code and other folders are refused.

    Raises:
        ValueError: The folder has no `config.json`, or holds something that may not be published.
    """
    folder = folder.resolve()
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder}: expected a model folder with config.json")
    onnx = folder / "onnx"
    entries = sorted(folder.iterdir())
    if onnx.is_dir() and not onnx.is_symlink():
        entries = [path for path in entries if path != onnx] + sorted(onnx.iterdir())
    refusals = [refusal for path in entries for refusal in _refusals(path, folder)]
    if refusals:
        raise ValueError(
            f"{folder}: cannot publish {', '.join(refusals)}; "
            f"published are {', '.join(PUBLISHED_FILES)}"
        )
    return [path.relative_to(folder).as_posix() for path in entries]


def revision_of(files: Mapping[str, str]) -> str:
    """Hash the sha256 of each file to a revision: 40 hex digits, like a commit."""
    return hashlib.sha1(json.dumps(dict(files), sort_keys=True).encode()).hexdigest()


def _refusals(path: Path, folder: Path) -> list[str]:
    """Name a file or folder that may not be published, with the reason; empty if it may."""
    relative = path.relative_to(folder).as_posix()
    allowed = any(fnmatchcase(relative, pattern) for pattern in _patterns_at(relative))
    if not allowed or not NAME_PART.fullmatch(path.name):
        return [repr(relative)]
    if not path.is_file():
        return [f"{relative!r} (not a file)"]
    if not _stays_inside(path.resolve(), folder):
        return [f"{relative!r} (a link that leads outside)"]
    return []


def _patterns_at(relative: str) -> list[str]:
    """Return the patterns for a file's depth, because the `*` of fnmatch would match a `/`."""
    return [pattern for pattern in PUBLISHED_FILES if pattern.count("/") == relative.count("/")]


def _stays_inside(target: Path, folder: Path) -> bool:
    """Return whether a resolved file lies in the folder or, for a snapshot, in its blobs."""
    in_blobs = folder.parent.name == "snapshots" and target.parent == folder.parent.parent / "blobs"
    return in_blobs or target.is_relative_to(folder)
