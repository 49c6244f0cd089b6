"""Where things stand in the hub: names of models, and the folders, references and links of one model."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

NAME_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
REVISION = re.compile(r"[0-9a-f]{40}")
TAG = re.compile(r"v[1-9][0-9]*")


def hub_root(hub: str | Path | None = None) -> Path:
    """The hub's folder: the argument, else `$TWEETNER_HUB`, else `outputs/hub`."""
    return Path(hub or os.environ.get("TWEETNER_HUB") or "outputs/hub").expanduser()


def full_name(name: str) -> str:
    """Check a model's name and give it its organisation.

    >>> full_name("bilstm-wnut16"), full_name("acme/ner")
    ('tweetner/bilstm-wnut16', 'acme/ner')

    Raises:
        ValueError: The Hugging Face hub would not take the name either, or it could leave the hub's folder.
    """
    parts = name.split("/")
    well_formed = len(parts) <= 2 and all(NAME_PART.fullmatch(part) for part in parts)
    if not well_formed or "--" in name or ".." in name or name.endswith(".git"):
        raise ValueError(
            "expected a model name NAME or ORG/NAME, each 1 to 96 ASCII letters, digits, '.', '_' and single '-' "
            f"that begins and ends with a letter or digit, got {name[:100]!r}"
        )
    return name if len(parts) == 2 else f"tweetner/{name}"


@dataclass(frozen=True)
class Repo:
    """The folder of one model in the hub."""

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        return self.root / f"models--{self.name.replace('/', '--')}"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    @property
    def snapshots(self) -> Path:
        return self.folder / "snapshots"

    @property
    def refs(self) -> Path:
        return self.folder / "refs"

    @property
    def staging(self) -> Path:
        """Where a publisher builds what it then moves into place."""
        return self.folder / ".staging"

    @property
    def lock(self) -> Path:
        """The file that a publisher locks; `.locks` is the folder that Hugging Face's own tools use and skip."""
        return self.root / ".locks" / f"{self.folder.name}.lock"

    @property
    def link(self) -> Path | None:
        """`models/NAME` (or `models/ORG--NAME`) beside a hub folder called `hub`; any other hub has no links.

        So two hubs never share a folder of links, and a hub elsewhere writes nothing outside itself.
        """
        if self.root.name != "hub":
            return None
        return self.root.parent / "models" / self.name.removeprefix("tweetner/").replace("/", "--")

    def snapshot(self, revision: str) -> Path:
        """The folder of a version, which need not exist.

        Raises:
            ValueError: The revision is not 40 hex digits, as when a file in `refs` was changed by hand.
        """
        if not REVISION.fullmatch(revision):
            raise ValueError(
                f"{self.name}: expected a revision of 40 hex digits, got {revision[:100]!r}"
            )
        return self.snapshots / revision

    def revisions(self) -> list[str]:
        """The versions that are here, current or not."""
        return (
            sorted(path.name for path in self.snapshots.iterdir())
            if self.snapshots.is_dir()
            else []
        )

    def references(self) -> dict[str, str]:
        """What `main` and each tag mean: name → revision."""
        if not self.refs.is_dir():
            return {}
        return {
            path.name: path.read_text(errors="replace")
            for path in sorted(self.refs.iterdir())
            if path.is_file()
        }

    def tags(self) -> dict[str, str]:
        """Tag → revision, oldest first."""
        references = self.references()
        return {
            tag: references[tag]
            for tag in sorted(filter(TAG.fullmatch, references), key=lambda tag: int(tag[1:]))
        }

    def tag_of(self, revision: str) -> str | None:
        """The first tag that means a revision."""
        return next((tag for tag, tagged in self.tags().items() if tagged == revision), None)


def locate(name: str, hub: str | Path | None) -> Repo:
    """The folder of a model by its checked name, which need not exist."""
    return Repo(hub_root(hub), full_name(name))
