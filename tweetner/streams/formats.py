"""The formats of inputs, and the extensions of file names that stand for them."""

from dataclasses import dataclass
from pathlib import Path

EXTENSIONS = {".txt": "text", ".csv": "csv", ".conll": "conll", ".parquet": "parquet"}


@dataclass(frozen=True)
class Input:
    """A file of records, or standard input where there is no path."""

    path: Path | None
    format: str

    @property
    def name(self) -> str:
        return str(self.path) if self.path else "stdin"


def format_of(path: Path | None) -> str:
    """The format that a file's extension means; JSONL is the default."""
    return EXTENSIONS.get(path.suffix.lower(), "jsonl") if path else "jsonl"
