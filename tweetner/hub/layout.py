"""The layout of the hub: names of models, and the folders, references and links of a model."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

NAME_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?")
REVISION = re.compile(r"[0-9a-f]{40}")
TAG = re.compile(r"v[1-9][0-9]*")


def hub_root(hub: str | Path | None = None) -> Path:
    """Return the hub's folder: the argument, else `$TWEETNER_HUB`, else `outputs/hub`."""
    return Path(hub or os.environ.get("TWEETNER_HUB") or "outputs/hub").expanduser()


def full_name(name: str) -> str:
    """Check a model's name, and prefix it with `tweetner/` if it has no organisation.

    >>> full_name("bilstm-wnut16"), full_name("acme/ner")
    ('tweetner/bilstm-wnut16', 'acme/ner')

    Raises:
        ValueError: The name is not valid on the Hugging Face hub.
    """
    parts = name.split("/")
    well_formed = len(parts) <= 2 and all(NAME_PART.fullmatch(part) for part in parts)
    if not well_formed or "--" in name or ".." in name or name.endswith(".git"):
        raise ValueError(
            "expected a model name NAME or ORG/NAME, each 1 to 96 ASCII letters, digits, '.', '_' "
            "and single '-' that begins and ends with a letter or digit, "
            f"got {name[:100]!r}"
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
        """The folder where a publisher builds new files before moving them into place."""
        return self.folder / ".staging"

    @property
    def lock(self) -> Path:
        """The file that a publisher locks, in the folder where Hugging Face's tools lock too."""
        return self.root / ".locks" / f"{self.folder.name}.lock"

    @property
    def link(self) -> Path | None:
        """The link to the current version: `models/NAME` or `models/ORG--NAME` beside the hub.

        Only a hub folder called `hub` has links, so that two hubs never share them and any other
        hub writes nothing outside itself.
        """
        if self.root.name != "hub":
            return None
        name = self.name.removeprefix("tweetner/").replace("/", "--")
        return self.root.parent / "models" / name

    def snapshot(self, revision: str) -> Path:
        """Return the folder of a version, which need not exist.

        Raises:
            ValueError: The revision is not 40 hex digits; a file in `refs` may be damaged.
        """
        if not REVISION.fullmatch(revision):
            raise ValueError(
                f"{self.name}: expected a revision of 40 hex digits, got {revision[:100]!r}"
            )
        return self.snapshots / revision

    def revisions(self) -> list[str]:
        """List the revisions of all stored versions."""
        if not self.snapshots.is_dir():
            return []
        return sorted(path.name for path in self.snapshots.iterdir())

    def references(self) -> dict[str, str]:
        """Return the revision of `main` and of each tag."""
        if not self.refs.is_dir():
            return {}
        return {
            path.name: path.read_text(errors="replace")
            for path in sorted(self.refs.iterdir())
            if path.is_file()
        }

    def tags(self) -> dict[str, str]:
        """Return the revision of each tag, oldest tag first."""
        references = self.references()
        tags = sorted(filter(TAG.fullmatch, references), key=lambda tag: int(tag[1:]))
        return {tag: references[tag] for tag in tags}

    def tag_of(self, revision: str) -> str | None:
        """Return the first tag of a revision, or None."""
        return next((tag for tag, tagged in self.tags().items() if tagged == revision), None)


def locate(name: str, hub: str | Path | None) -> Repo:
    """Return the folder of a model, which need not exist, after checking its name."""
    return Repo(hub_root(hub), full_name(name))
