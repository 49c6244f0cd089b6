"""What an output folder holds: the model and options that made its parts, and which of them are complete."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tweetner.files import write_json
from tweetner.streams import Tally
from tweetner.streams.cluster.parts import Part

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The manifest of a folder, which stands in its `manifest.json` at any time.

    Attributes:
        folder: The output folder.
        settings: What all parts are made with.
        parts: Of each complete part, the size and time of its input, and how many records and errors it had.
    """

    folder: Path
    settings: Mapping[str, Any]
    parts: dict[str, dict[str, int]]

    def holds(self, part: Part) -> bool:
        """Whether a part is complete, and its input is still the file that it was made from."""
        made = self.parts.get(part.name, {})
        same = (made.get("n_bytes"), made.get("modified")) == (part.n_bytes, part.modified)
        return same and (self.folder / part.name).exists()

    def add(self, part: Part, tally: Tally) -> None:
        self.parts[part.name] = {
            "n_bytes": part.n_bytes,
            "modified": part.modified,
            "n_records": tally.n_records,
            "n_errors": tally.n_errors,
        }
        self.write()

    def write(self) -> None:
        """Replace the file by the present state, whole."""
        write_json({**self.settings, "parts": self.parts}, self.folder / MANIFEST)


def open_manifest(folder: Path, settings: Mapping[str, Any], *, force: bool) -> Manifest:
    """The manifest of a folder that an earlier run began with the same settings, or a new one.

    Args:
        folder: Is made where there is none.
        settings: What the parts are to be made with.
        force: Delete the parts of an earlier run, whatever made them, and begin anew.

    Raises:
        ValueError: An earlier run had other settings; or the folder holds files and no manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = _read(folder)
    parts = earlier.pop("parts", {})
    changed = [key for key in settings if earlier and earlier.get(key) != settings[key]]
    if changed and not force:
        was, is_ = (
            ", ".join(f"{key} {side.get(key)!r}" for key in changed) for side in (earlier, settings)
        )
        raise ValueError(
            f"{folder}: was made with {was}, got {is_}; give another folder, or --force to begin anew"
        )
    if force:
        for name in parts:
            (folder / name).unlink(missing_ok=True)
    manifest = Manifest(folder, settings, {} if force else parts)
    manifest.write()
    return manifest


def _read(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.exists():
        if any(folder.iterdir()):
            raise ValueError(
                f"{folder}: expected a new or empty folder, or one with {MANIFEST}, got other files"
            )
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: expected the manifest of an earlier run: {error}") from None
