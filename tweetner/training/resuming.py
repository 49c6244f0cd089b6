"""Resume a run from its checkpoints, but only with the same config and the same data."""

import json
import logging
import shutil
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tweetner.files import write_json

logger = logging.getLogger(__name__)


def start_run(config: Any, hashes: Mapping[str, str], folder: Path) -> None:
    """Remove checkpoints of earlier runs, and write down what the new run is made of.

    Several processes may do so at the same time.

    Args:
        config: The run's config.
        hashes: The content hash of each part of its data.
        folder: The run's folder.
    """
    for pattern in ("checkpoint-*", "fold-*"):
        remove_folders(folder, pattern)
    remove_files(folder, "result.json")
    write_json({**asdict(config), "corpus_sha256": hashes}, folder / "run_config.json")


def was_started(folder: Path) -> bool:
    """Return whether a run was started in a folder."""
    return (folder / "run_config.json").is_file()


def remove_folders(folder: Path, pattern: str) -> None:
    """Remove the folders in `folder` whose names match a pattern."""
    for path in folder.glob(pattern):
        shutil.rmtree(path, ignore_errors=True)


def remove_files(folder: Path, pattern: str) -> None:
    """Remove the files in `folder` whose names match a pattern."""
    for path in folder.glob(pattern):
        path.unlink(missing_ok=True)


def check_same_run(
    config: Any,
    hashes: Mapping[str, str],
    folder: Path,
    data: str,
    *,
    ignore: Collection[str] = (),
) -> None:
    """Refuse to resume a run that started with another config or on other words or tags.

    Args:
        config: The config to resume with.
        hashes: The content hash of each part of its data.
        folder: The run's folder.
        data: The name of the data, for the message.
        ignore: Config keys that may have other values.

    Raises:
        ValueError: There is no run in the folder, or another one.
    """
    path = folder / "run_config.json"
    if not path.is_file():
        raise ValueError(f"{folder}: expected a run to resume, found none")
    before = json.loads(path.read_text(encoding="utf-8"))
    hashes_before = before.get("corpus_sha256", hashes)
    others = [part for part, digest in hashes.items() if hashes_before.get(part) != digest]
    if others:
        raise ValueError(
            f"{folder}: the run to resume began with other words or tags in {', '.join(others)} of "
            f"{data}; restore the files, or start anew without --resume"
        )
    now = json.loads(json.dumps(asdict(config)))
    changed = [key for key in now if key not in ignore and now[key] != before.get(key)]
    if changed:
        raise ValueError(
            f"{folder}: expected the config of the run to resume, got other values of "
            + ", ".join(changed)
        )


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest complete checkpoint; skip incomplete ones with a warning.

    A checkpoint is complete when it has `trainer_state.json`, which the Trainer writes last.
    """
    checkpoints = folder.glob("checkpoint-*")
    for checkpoint in sorted(checkpoints, key=lambda path: -int(path.name.split("-")[1])):
        if (checkpoint / "trainer_state.json").is_file():
            return checkpoint
        logger.warning("%s is incomplete and is skipped", checkpoint)
    return None
