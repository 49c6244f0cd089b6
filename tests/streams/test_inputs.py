"""Inputs are found or refused, and records are grouped as they arrive."""

import os
import threading
from pathlib import Path

import pytest

from tweetner.streams import (
    Input,
    Source,
    find_inputs,
)
from tweetner.streams.inputs import batches


def test_e32_a_slow_producer_gets_its_answers_before_it_goes_on() -> None:
    reading, writing = os.pipe()
    source = Source([Input(Path(f"/dev/fd/{reading}"), "text")])
    stream = batches(source, source, 1024)
    os.write(writing, b"one\ntwo\nthr")
    assert [record.text for record in next(stream)] == ["one", "two"]
    threading.Timer(0.05, os.write, (writing, b"ee\n")).start()
    assert next(stream) == []  # which lets the tagger answer what it has
    assert [record.text for record in next(stream)] == ["three"]
    os.close(writing)
    assert list(stream) == [[]]
    os.close(reading)


@pytest.mark.parametrize(
    ("names", "format_", "reason"),
    [
        (["no.jsonl"], None, r"no\.jsonl: no such file"),
        (["no*.jsonl"], None, r"no\*\.jsonl: no such file"),
        (["."], None, "expected a file, got a folder"),
        (["-", "-"], None, "expected standard input once"),
        (
            ["/dev/null"],
            "parquet",
            "/dev/null: expected Parquet from a file, got a pipe or a device",
        ),
        ([], "parquet", "stdin: expected Parquet from a file, got a pipe or a device"),
    ],
)
def test_inputs_that_cannot_be_are_refused(
    names: list[str], format_: str | None, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        find_inputs(names, format_)
