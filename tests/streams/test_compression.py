"""Compressed inputs are known by their first bytes, and damaged ones are refused."""

import bz2
import gzip
import io
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tweetner.streams import Input, Record, Source
from tweetner.streams.compression import MAGIC, decompressed
from tweetner.streams.formats import format_of
from tweetner.streams.inputs import batches

Read = Callable[..., list[Record]]


def zstd(data: bytes) -> bytes:
    buffer = pa.BufferOutputStream()
    with pa.CompressedOutputStream(buffer, "zstd") as stream:
        stream.write(data)
    return buffer.getvalue().to_pybytes()


COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


@pytest.mark.parametrize("extension", COMPRESS)
@pytest.mark.parametrize("name", ["in.txt.gz", "in.txt.zst", "in.txt", "IN.TXT.XZ"])
def test_the_contents_decide_how_a_file_is_unpacked(read: Read, extension: str, name: str) -> None:
    data = COMPRESS[extension](b"in NYC\n" + b"in LA\n" * 300_000)
    records = read(data, name)
    assert len(records) == 300_001
    assert (records[0].text, records[-1].text) == ("in NYC", "in LA")


@pytest.mark.parametrize("extension", COMPRESS)
def test_parts_that_were_compressed_alone_and_joined_are_all_read(
    read: Read, extension: str
) -> None:
    compress = COMPRESS[extension]
    data = compress(b"in NYC\nin") + compress(b" LA\n")
    assert [record.text for record in read(data, "in.txt")] == ["in NYC", "in LA"]


@pytest.mark.parametrize("extension", COMPRESS)
def test_a_file_that_is_cut_off_gives_what_is_there_and_is_refused(
    extension: str, tmp_path: Path
) -> None:
    data = COMPRESS[extension](os.urandom(300_000).hex().encode() * 2 + b"\n" + b"in NYC\n" * 100)
    (tmp_path / "in.txt").write_bytes(data[: len(data) - 9])
    with pytest.raises(ValueError, match=r"in\.txt: expected \w+, got damaged data: "):
        list(Source([Input(tmp_path / "in.txt", "text")]))


def test_a_damaged_file_is_refused(read: Read) -> None:
    data = bytearray(gzip.compress(b"in NYC\n" * 100))
    data[15] ^= 0xFF
    with pytest.raises(ValueError, match=r"in\.txt: expected gzip, got damaged data: "):
        read(bytes(data), "in.txt")


@pytest.mark.parametrize("text", ["B", "BZ", "BZh\n", "(", "", "BZ\n(x\n"])
def test_a_text_that_begins_like_compressed_data_is_a_text(read: Read, text: str) -> None:
    assert [record.text for record in read(text, "in.txt")] == text.splitlines()


@pytest.mark.parametrize("extension", COMPRESS)
def test_a_compressed_stream_may_arrive_byte_by_byte(extension: str) -> None:
    class Trickle(io.RawIOBase):
        """A stream whose reads return one byte."""

        def __init__(self, data: bytes) -> None:
            self._data = io.BytesIO(data)

        def read(self, size: int = -1) -> bytes:
            return self._data.read(min(size, 1))

    stream = decompressed(Trickle(COMPRESS[extension](b"in NYC\n" * 9)), "x")
    assert b"".join(iter(lambda: stream.read(1000), b"")) == b"in NYC\n" * 9


def test_plain_lines_of_a_pipe_do_not_wait_for_more_bytes() -> None:
    reading, writing = os.pipe()
    source = Source([Input(Path(f"/dev/fd/{reading}"), "text")])
    stream = batches(source, source, 1024)
    os.write(writing, b"B\n")
    assert [record.text for record in next(stream)] == ["B"]
    os.close(writing)
    os.close(reading)


def test_the_extension_before_that_of_the_compression_is_the_format() -> None:
    names = ["a.csv.gz", "a.jsonl.zst", "a.TXT.XZ", "a.gz", "a.tsv.bz2", "a.parquet.gz"]
    assert [format_of(Path(name)) for name in names] == [
        "csv",
        "jsonl",
        "text",
        "jsonl",
        "tsv",
        "parquet",
    ]


def test_no_beginning_is_that_of_another() -> None:
    assert not [(a, b) for a in MAGIC for b in MAGIC if a != b and a.startswith(b)]
