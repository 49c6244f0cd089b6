"""Outputs appear when they are complete, and destroy nothing."""

import os
from pathlib import Path

import pytest

from tweetner.streams import (
    find_inputs,
    open_output,
    output_format_of,
    refuse_inputs_as_output,
)

A, B = b'{"id": "a", "text": "in NYC"}', b'{"id": "b", "text": "in LA"}'


def test_e33_what_would_destroy_something_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(A)
    (tmp_path / "link.jsonl").symlink_to(path)
    os.link(path, tmp_path / "hard.jsonl")
    for name in ("x.jsonl", "link.jsonl", "hard.jsonl"):
        with pytest.raises(ValueError, match="is the input and the output at once"):
            refuse_inputs_as_output(find_inputs([str(path)]), tmp_path / name)
    refuse_inputs_as_output(find_inputs([str(path)]), tmp_path / "new.jsonl")
    (tmp_path / "y.jsonl.part").write_bytes(A)
    with pytest.raises(ValueError, match="is the input and the output at once"):
        refuse_inputs_as_output(find_inputs([str(tmp_path / "y.jsonl.part")]), tmp_path / "y.jsonl")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("there.jsonl", {}, r"there\.jsonl: is there already; --force replaces it"),
        ("there.jsonl", {"resume": True}, r"there\.jsonl: is there already; --force replaces it"),
        (
            "half.jsonl",
            {},
            r"half\.jsonl\.part: is there already; --resume goes on from it, --force begins anew",
        ),
        ("no/out.jsonl", {}, r"out\.jsonl: there is no folder .*no"),
        ("folder", {"force": True}, "expected a file to write, got a folder"),
        ("out.parquet", {"resume": True}, "got Parquet, which cannot be continued"),
    ],
)
def test_e33_an_output_that_cannot_be_is_refused(
    tmp_path: Path, name: str, options: dict, reason: str
) -> None:
    (tmp_path / "there.jsonl").write_text("old")
    (tmp_path / "half.jsonl.part").write_text("old")
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(ValueError, match=reason),
        open_output(tmp_path / name, output_format_of(tmp_path / name), **options),
    ):
        pass
    assert (
        (tmp_path / "there.jsonl").read_text()
        == (tmp_path / "half.jsonl.part").read_text()
        == "old"
    )


def test_e33_an_unwritable_folder_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError), open_output(tmp_path / "out.jsonl", "jsonl"):
        pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("out.csv", "expected an output format of jsonl, parquet, conll, got csv"),
        ("out.txt", "got text"),
    ],
)
def test_e33_an_extension_that_means_an_input_format_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        output_format_of(Path(name))


def test_the_format_is_the_extensions_and_jsonl_by_default() -> None:
    names = ["a.jsonl", "a.ndjson", "a.PARQUET", "a.conll", "a", "a.dat"]
    assert [output_format_of(Path(name)) for name in names] == [
        "jsonl",
        "jsonl",
        "parquet",
        "conll",
        "jsonl",
        "jsonl",
    ]
    assert (output_format_of(None), output_format_of(Path("a.csv"), "conll")) == ("jsonl", "conll")


def test_two_runs_never_write_one_part(tmp_path: Path) -> None:
    first = open_output(tmp_path / "out.jsonl", "jsonl")
    with first as output:
        output.write([{"id": 1, "entities": []}])
        with (
            pytest.raises(ValueError, match="another run is writing it"),
            open_output(tmp_path / "out.jsonl", "jsonl", force=True),
        ):
            pass
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"id": 1, "entities": []}\n'


def test_an_output_is_there_only_when_it_is_complete(tmp_path: Path) -> None:
    def run() -> None:
        with open_output(tmp_path / "out.jsonl", "jsonl", force=True) as output:
            output.write([{"id": 1, "entities": []}])
            assert not (tmp_path / "out.jsonl").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl.part"]


def test_nothing_is_left_of_a_run_that_wrote_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_output(tmp_path / "out.jsonl", "jsonl"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
