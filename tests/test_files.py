"""Files are read plainly, written whole or not at all, and hashed; JSON is strict."""

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from tweetner.files import (
    atomic_write,
    decode_lines,
    error_place,
    open_plain,
    parse_array,
    parse_object,
    sha256,
    write_json,
)


def test_lines_end_at_lf_and_crlf_alone_and_a_bom_is_dropped() -> None:
    lines = [b"\xef\xbb\xbfa\r\n", b"b\x0cc\n", "d\u2028e".encode()]
    assert list(decode_lines(lines, "f")) == [(1, "a"), (2, "b\x0cc"), (3, "d\u2028e")]


def test_a_byte_that_is_not_utf_8_is_named_with_its_offset_in_the_file() -> None:
    with pytest.raises(ValueError, match=r"^f:2: expected UTF-8, got other bytes at byte 7$"):
        list(decode_lines([b"\xef\xbb\xbfab\n", b"c\xe9\n"], "f"))


def test_folders_pipes_and_compressed_files_are_not_plain(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(b"text"))
    os.mkfifo(tmp_path / "fifo")
    for name, got in (("", "a folder"), ("f.gz", "a gzip file"), ("fifo", "a pipe or a device")):
        with pytest.raises(ValueError, match=f"got {got}"):
            open_plain(tmp_path / name)


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with atomic_write(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    with pytest.raises(OSError, match="full"), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise OSError("disk full")
    assert [part.name for part in tmp_path.iterdir()] == ["f"]
    assert path.read_text() == "new"


def test_a_folder_replaces_a_folder_and_a_file_replaces_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name in ("old", "new"):
        with atomic_write(folder) as temporary:
            temporary.mkdir()
            (temporary / name).touch()
    with pytest.raises(OSError), atomic_write(folder) as temporary:
        temporary.write_text("a file")
    assert [str(part.relative_to(tmp_path)) for part in tmp_path.rglob("*")] == [
        "folder",
        "folder/new",
    ]


def test_json_is_readable_repeatable_and_without_nan(tmp_path: Path) -> None:
    write_json({"b": 1, "a": "é"}, tmp_path / "f.json")
    assert (tmp_path / "f.json").read_text(encoding="utf-8") == '{\n  "b": 1,\n  "a": "é"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "f.json")
    assert json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["b"] == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1]", "expected an object, got an array"),
        ('{"a": 1, "a": 2}', "expected each key once, got a key twice in one object"),
        ('{"a": NaN}', "expected JSON, got NaN"),
        ('{"a": 1e999}', "expected numbers that a float holds, got 1e999"),
        ('{"a": 1e-999}', "expected numbers that a float holds, got 1e-999"),
        ('{"a": 1', "expected JSON: Expecting ',' delimiter at column 8"),
    ],
)
def test_an_object_in_which_something_would_be_lost_is_refused(line: str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse_object(line)
    assert str(refusal.value) == message


def test_an_array_holds_objects_alone() -> None:
    assert parse_array('[{"a": 1}, {}]') == [{"a": 1}, {}]
    with pytest.raises(ValueError, match="expected an array of objects, got a number in it"):
        parse_array("[{}, 1]")
    with pytest.raises(
        ValueError, match="expected JSON: Expecting ':' delimiter at line 2, column"
    ):
        parse_array('[{},\n{"a" 1}]')


def test_a_refusal_begins_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^f:3: no$"), error_place("f:3"):
        raise ValueError("no")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    content = b"tweet" * 100_000
    (tmp_path / "f").write_bytes(content)
    assert sha256(tmp_path / "f") == sha256(content) == hashlib.sha256(content).hexdigest()
