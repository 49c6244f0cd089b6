import base64
import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import Tweet
from tweetner.evaluation import Evaluation, TagPairs, evaluate, robustness
from tweetner.hub import Threshold
from tweetner.report import Subject, write_report

TYPES = ["person", "geo-loc"]
WORDS = [
    ["in", "New", "York"],
    ["</script><script>", "alert(1)", "</script>"],
    ["no", "names", "&", "https://t.co/x"],
] * 15
THRESHOLDS = [
    Threshold(0.7, 0.8, 0.9, 40, 36, "50 tweets"),
    Threshold(None, 0.9, 0.9, 0, 0, "50 tweets"),
]
SUBJECT = Subject("tweetner/tiny (bio)", "test.conll", 0.8)


def evaluate_fully(pairs: TagPairs, word_scores: list[list[float]]) -> Evaluation:
    """An evaluation that fills every section of the page."""
    first_words, first_tags = WORDS[:3], pairs.gold[:3]
    training = [Tweet("", tuple(w), tuple(g)) for w, g in zip(first_words, first_tags, strict=True)]
    changed = robustness(
        WORDS, pairs.gold, lambda words: [["O"] * len(tweet) for tweet in words], types=TYPES
    )
    return evaluate(
        WORDS,
        pairs,
        types=TYPES,
        word_scores=word_scores,
        scores_before=word_scores,
        training=training,
        thresholds=THRESHOLDS,
        robustness=changed,
    )


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, pairs: TagPairs, word_scores: list[list[float]]
) -> Path:
    """A written report."""
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, SUBJECT, evaluate_fully(pairs, word_scores))
    return folder


def test_a_report_is_these_files(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "errors.csv",
        "evaluation.json",
        "report.html",
        "report.md",
        "types.csv",
    ]


def test_the_page_is_whole_and_fetches_nothing(
    folder: Path, parse_page: Callable[[str], Any]
) -> None:
    page = parse_page((folder / "report.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert len(page.links) == 7
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)


def test_plots_hold_no_reference_to_another_place(folder: Path) -> None:
    charts = re.findall(r'base64,([^"]+)"', (folder / "report.html").read_text(encoding="utf-8"))
    assert len(charts) == 7
    for data in charts:
        svg = base64.b64decode(data).decode()
        assert "<svg" in svg
        assert not re.search(r'href="(?!#|data:)', svg)


def test_tweets_are_escaped(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "script>" not in text
    assert "&lt;/script&gt;&lt;script&gt;" in text


def test_the_same_evaluation_gives_the_same_bytes(
    folder: Path, tmp_path: Path, pairs: TagPairs, word_scores: list[list[float]]
) -> None:
    write_report(tmp_path, SUBJECT, evaluate_fully(pairs, word_scores))
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_json_has_the_counts_and_no_nan(folder: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    values = json.loads(
        (folder / "evaluation.json").read_text(encoding="utf-8"), parse_constant=refuse
    )
    assert values["model"] == "tweetner/tiny (bio)"
    assert values["scores"]["reading"] == "conlleval"
    assert [values["scores"]["micro"][name] for name in ("tp", "fp", "fn", "gold")] == [
        15,
        30,
        15,
        30,
    ]
    assert values["confidence"]["calibration"]["n"] == 45
    proven, not_proven = values["thresholds"]
    assert (proven["score"], proven["here"]["n"], proven["here"]["precision"]["value"]) == (
        0.7,
        15,
        1.0,
    )
    assert (not_proven["score"], not_proven["here"]) == (None, None)
    assert values["confusion"] == [
        ["geo-loc", "geo-loc", 15],
        ["no entity", "person", 30],
        ["person", "no entity", 15],
    ]


def test_an_evaluation_of_nothing_is_valid_json_and_a_page(tmp_path: Path) -> None:
    evaluation = evaluate([["a"]], TagPairs([["O"]], [["O"]]), types=TYPES, word_scores=[[1.0]])
    write_report(tmp_path, Subject("m", "empty.conll"), evaluation)
    values = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert values["scores"]["micro"]["f1"] == 0


def test_every_error_is_in_the_csv(folder: Path) -> None:
    with (folder / "errors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 45
    assert rows[0] == {
        "tweet": "2",
        "category": "missed",
        "gold type": "person",
        "gold": "</script><script>",
        "predicted type": "",
        "predicted": "",
        "score": "0.6",
        "text": "</script><script> alert(1) </script>",
    }


def test_the_guarantee_and_its_check_on_these_tweets_are_on_the_page(folder: Path) -> None:
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert (
        "Entities that score 70.0 or more may be accepted without review: at least 80% of them are "
        "right, with 90% confidence, in tweets like the held-out ones (50 tweets)."
    ) in text
    # of 45 predicted entities the 15 right ones are accepted, each in another one of 45 tweets;
    # there are 30 gold entities
    row = next(line for line in text.splitlines() if line.startswith("| 80% |")).split(" | ")
    assert row[1:3] == ["70.0", "90.0"]
    assert (row[5], row[7:]) == ("100.0", ["15", "10.0", "50.0", "33.3", "33.3 |"])
    assert "| 90% | not proven |" in text
    assert "| all entities | – | – | – | – | 33.3 |" in text


def test_the_markdown_begins_with_the_headline(folder: Path) -> None:
    lines = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# tweetner/tiny (bio)"
    assert lines[4].startswith("- **Entity F1 40.0** 95%: ")
