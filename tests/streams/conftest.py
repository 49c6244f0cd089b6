"""Fixtures for streams: a file of bytes is read into records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.streams import Record, RecordOptions, Source, find_inputs

Read = Callable[..., list[Record]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(data, name, **options)`: the records of a file; the name's extension is its format."""

    def read_file(data: bytes | str, name: str = "in.jsonl", **options: Any) -> list[Record]:
        path = tmp_path / name
        path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
        return list(Source(find_inputs([str(path)]), RecordOptions(**options)))

    return read_file
