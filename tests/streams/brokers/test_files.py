"""Files that grow are read line by line, and the position is kept."""

from pathlib import Path

import pytest

from tweetner.streams.brokers import Letter, Reader, open_reader, open_writer, parse_address


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "in.jsonl"


def follow(path: Path, position: Path | None = None) -> Reader:
    return open_reader(parse_address(str(path)), is_followed=True, position=position)


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_line_is_read_when_it_is_complete(path: Path) -> None:
    add(path, b"one\ntw")
    reader = follow(path)
    assert [message.value for message in reader.poll(9, 0)] == [b"one\n"]
    assert reader.poll(9, 0) == []
    add(path, b"o\nthree\nfour\n")
    found = reader.poll(2, 0)
    assert [message.value for message in found] == [b"two\n", b"three\n"]
    assert [message.offset for message in found] == [4, 8]
    assert [message.value for message in reader.poll(2, 0)] == [b"four\n"]
    assert not reader.is_finished
    reader.close()


def test_a_file_that_is_not_followed_ends_with_its_last_line(path: Path) -> None:
    add(path, b"one\ntwo")
    reader = open_reader(parse_address(str(path)))
    assert [message.value for message in reader.poll(9, 0)] == [b"one\n", b"two"]
    assert reader.poll(9, 0) == []
    assert reader.is_finished
    reader.close()


def test_reading_goes_on_after_the_last_committed_line(path: Path, tmp_path: Path) -> None:
    position = tmp_path / "position"
    add(path, b"one\ntwo\nthree\n")
    reader = follow(path, position)
    reader.commit(reader.poll(2, 0))
    reader.poll(1, 0)
    reader.close()
    reader = follow(path, position)
    assert [message.value for message in reader.poll(9, 0)] == [b"three\n"]
    reader.close()


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_file_that_is_replaced_or_cut_is_finished_and_the_new_one_read_from_its_start(
    path: Path, tmp_path: Path, is_replaced: bool
) -> None:
    position = tmp_path / "position"
    add(path, b"one\ntwo\n")
    reader = follow(path, position)
    reader.commit(reader.poll(9, 0))
    if is_replaced:
        path.rename(tmp_path / "old.jsonl")
        add(path, b"three\n")
    else:
        path.write_bytes(b"three\n")
    assert reader.poll(9, 0) == []
    assert reader.is_finished
    reader.close()
    reader = follow(path, position)
    assert [message.value for message in reader.poll(9, 0)] == [b"three\n"]
    reader.close()


def test_letters_are_added_as_lines_and_dead_ones_as_objects(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    for value in (b'{"id": 1}', b'{"id": 2}\n'):
        writer = open_writer(parse_address(str(path)))
        writer.write([Letter(value)])
        writer.close()
    writer = open_writer(parse_address(str(path)))
    writer.write([Letter(b"\xffpoison\n", None, {"reason": "no JSON"})])
    writer.close()
    assert path.read_bytes() == (
        b'{"id": 1}\n{"id": 2}\n{"reason": "no JSON", "value": "\\udcffpoison"}\n'
    )
