"""The formats of inputs, and the file extensions that stand for them."""

from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = {
    ".txt": "text",
    ".csv": "csv",
    ".tsv": "tsv",
    ".conll": "conll",
    ".parquet": "parquet",
}
COMPRESSED_EXTENSIONS = {".gz", ".bz2", ".xz", ".zst", ".zstd"}


@dataclass(frozen=True)
class Input:
    """A file of records, or standard input if there is no path."""

    path: Path | None
    format: str

    @property
    def name(self) -> str:
        """The name of the input in messages."""
        return str(self.path) if self.path else "stdin"


def uncompressed(path: Path) -> Path:
    """Return the path that a compressed file has when it is unpacked: `a.csv` for `a.csv.gz`."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED_EXTENSIONS else path


def format_of(path: Path | None) -> str:
    """Return the format that a file's extension stands for; the default is JSONL."""
    return EXTENSIONS.get(uncompressed(path).suffix.lower(), "jsonl") if path else "jsonl"
