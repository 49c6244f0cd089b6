"""Tests of `tweetner trends`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tweetner.cli import main

BUCKET = ("--bucket", "30m")


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A file of 12 hours in which 20 authors mention Westport within 20 minutes."""
    records: list[dict[str, Any]] = []
    for number in range(720):
        names = [f"Town {number % 9}"] if number % 2 else []
        records.append({"id": f"t{number}", "created_at": 60 * number, "author_id": number % 97})
        records[-1]["entities"] = [{"type": "geo-loc", "text": name} for name in names]
    for number in range(20):
        entity = {"type": "geo-loc", "text": "Westport", "score": 0.75}
        record = {"id": f"w{number}", "created_at": 36_000 + 60 * number, "author_id": f"w{number}"}
        records.append({**record, "entities": [entity]})
    records.sort(key=lambda record: record["created_at"])
    path = tmp_path / "tagged.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_decisions_correct_the_counts(
    tagged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rejected = {"text": "in Westport", "entities": [], "reviewer": "ann", "at": "2026-11-02"}
    decisions = tmp_path / "decisions.jsonl"
    lines = [json.dumps({"id": f"w{number}", **rejected}) for number in range(20)]
    decisions.write_text("\n".join(lines))
    output = tmp_path / "trends.jsonl"
    arguments = ["trends", str(tagged), *BUCKET, "--output", str(output), "--null", "2"]
    assert main([*arguments, "--decisions", str(decisions)]) == 0
    assert output.read_text() == ""
    assert "alarms a day in 2 shuffles" in capsys.readouterr().err


def test_the_null_counts_corrected_records(
    tagged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    def shuffled(records: Iterable[dict[str, Any]], _: object, n: int) -> list[float]:
        seen.extend(records)
        return [0.0] * n

    monkeypatch.setattr("tweetner.trends.shuffled_alarms_a_day", shuffled)
    decisions = tmp_path / "decisions.jsonl"
    decision = {"id": "w3", "text": "", "entities": [], "reviewer": "ann", "at": "2026-11-02"}
    decisions.write_text(json.dumps(decision))
    arguments = ["--null", "1", "--decisions", str(decisions)]
    output = str(tmp_path / "trends.jsonl")
    assert main(["trends", str(tagged), *BUCKET, "--output", output, *arguments]) == 0
    (mine,) = [record for record in seen if record["id"] == "w3"]
    assert (mine["entities"], mine["by"]) == ([], "review")


def test_alarms_are_lines_of_json(tagged: Path, tmp_path: Path) -> None:
    output = tmp_path / "trends.jsonl"
    assert main(["trends", str(tagged), *BUCKET, "--output", str(output)]) == 0
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["entity"] for row in rows] == ["Westport"]
    assert list(rows[0]) == [
        "entity",
        "key",
        "types",
        "start",
        "end",
        "status",
        "alarm",
        "authors",
        "expected",
        "ratio",
        "ratio_interval",
        "p",
        "q",
        "mentions",
        "new",
        "onset",
        "forms",
        "examples",
        "doubtful",
    ]
    assert rows[0]["authors"] == 20
    assert rows[0]["mentions"]["true"] == 15


def test_without_an_output_there_is_a_table(
    tagged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trends", str(tagged), *BUCKET, "--null", "3"]) == 0
    printed = capsys.readouterr()
    assert "Westport 1970-01-01 10:00 to 10:30 geo-loc      20" in printed.out
    assert "740 records, 24 final buckets, 1 alarms, 0 buckets still open" in printed.err
    assert "0.00 alarms a day in 3 shuffles, 0.00 at most" in printed.err


def test_csv_and_parquet_hold_the_same_rows(tagged: Path, tmp_path: Path) -> None:
    frames = []
    for ending, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        output = tmp_path / f"trends.{ending}"
        assert main(["trends", str(tagged), *BUCKET, "--all", "--output", str(output)]) == 0
        frames.append(read(output))
    assert len(frames[0]) == len(frames[1]) > 200
    assert frames[0]["entity"].tolist() == frames[1]["entity"].tolist()
    assert frames[0]["ratio_low"].tolist() == frames[1]["ratio_low"].tolist()
    assert frames[0]["alarm"].sum() == 1


def test_the_page_has_a_chart_for_the_trend(tagged: Path, tmp_path: Path) -> None:
    page = tmp_path / "trends.html"
    assert main(["trends", str(tagged), *BUCKET, "--html", str(page)]) == 0
    html = page.read_text(encoding="utf-8")
    assert 'alt="Authors who mention Westport"' in html
    assert html.count("<img ") == 1


def test_a_state_keeps_the_last_buckets_open_and_takes_the_next_file(
    tagged: Path, tmp_path: Path
) -> None:
    whole, output = tmp_path / "whole.jsonl", tmp_path / "trends.jsonl"
    state = ("--state", str(tmp_path / "state"))
    assert main(["trends", str(tagged), *BUCKET, "--all", "--output", str(whole)]) == 0
    lines = tagged.read_text().splitlines(keepends=True)
    options = ["--all", *BUCKET, "--output", str(output), *state, "--resume"]
    for number, part in enumerate((lines[:300], lines[300:500], lines[500:])):
        path = tmp_path / f"part{number}.jsonl"
        path.write_text("".join(part))
        assert main(["trends", str(path), *options]) == 0
        assert whole.read_bytes().startswith(output.read_bytes())
    last = json.loads(whole.read_text().splitlines()[-1])["start"]
    expected = [line for line in whole.read_text().splitlines() if f'"start": "{last}"' not in line]
    assert output.read_text().splitlines() == expected


def test_records_that_are_errors_are_told(tagged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with tagged.open("a") as file:
        file.write('{"id": 1, "error": "tweets.jsonl:1: expected JSON"}\nnonsense\n')
    assert main(["trends", str(tagged), *BUCKET]) == 1
    said = capsys.readouterr().err
    assert "2 records are errors: tweets.jsonl:1: expected JSON; " in said
    assert "tagged.jsonl:742: expected JSON" in said


def test_aliases_and_ignored_entities(
    tagged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aliases, ignored = tmp_path / "aliases.csv", tmp_path / "ignored.txt"
    aliases.write_text("Westport,WP\n")
    ignored.write_text("wp\n")
    files = ["--aliases", str(aliases), "--ignore", str(ignored)]
    assert main(["trends", str(tagged), *BUCKET, *files]) == 0
    assert "0 alarms" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--bucket", "ten"], "expected a duration such as 30s"),
        (["--fdr", "1"], "expected a false discovery rate between 0 and 1"),
        (["--resume"], "--resume: expected --state FILE"),
        (["--null", "-1"], "--null: expected 0 or more, got -1"),
        (["--state", "{folder}/tagged.jsonl"], "tagged.jsonl exists: --resume continues it"),
        (["--state", "{folder}/tagged.jsonl", "--resume"], "expected a state of tweetner trends"),
        (["--output", "{folder}/tagged.jsonl"], "tagged.jsonl exists: --force replaces it"),
        (
            ["--output", "{folder}/a.csv", "--state", "{folder}/s", "--resume"],
            "a.csv: expected a .jsonl file to resume",
        ),
    ],
)
def test_refusals_are_one_line(
    options: list[str], reason: str, tagged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tagged.read_bytes()
    given = [option.format(folder=tagged.parent) for option in options]
    assert main(["trends", str(tagged), *given]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert reason in said
    assert said.count("\n") == 1
    assert tagged.read_bytes() == before
