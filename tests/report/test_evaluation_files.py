import base64
import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from tweetner.corpus import Tweet
from tweetner.evaluation import (
    Evaluation,
    Interval,
    TagPairs,
    apply_thresholds,
    compare_recipes,
    evaluate,
    robustness,
)
from tweetner.evaluation.calibration import scored_entities
from tweetner.hub import Threshold
from tweetner.report import Subject, Table, acceptance_text, write_comparison, write_report
from tweetner.report.pages import marked
from tweetner.report.tables import shown

TYPES = ["person", "geo-loc"]
WORDS = [
    ["in", "New", "York"],
    ["</script><script>", "alert(1)", "</script>"],
    ["no", "names", "&", "https://t.co/x"],
] * 15
GOLD = [["O", "B-geo-loc", "I-geo-loc"], ["B-person", "O", "O"], ["O", "O", "O", "O"]] * 15
PREDICTED = [
    ["O", "B-geo-loc", "I-geo-loc"],
    ["O", "B-person", "O"],
    ["O", "O", "O", "I-person"],
] * 15
SCORES = [[0.9, 0.8, 0.7], [0.6, 0.5, 0.99], [1.0, 0.98, 0.9, 0.4]] * 15
PAIRS = TagPairs(GOLD, PREDICTED)
NOTHING_FOUND = TagPairs(GOLD, [["O"] * len(tweet) for tweet in GOLD])
THRESHOLDS = [
    Threshold(0.7, 0.8, 0.9, 40, 36, "50 tweets"),
    Threshold(None, 0.9, 0.9, 0, 0, "50 tweets"),
]
SUBJECT = Subject("tweetner/tiny (bio)", "test.conll", 0.8)
VOID = {"meta", "link", "img", "br"}


def full_evaluation() -> Evaluation:
    return evaluate(
        WORDS,
        TagPairs(GOLD, PREDICTED),
        types=TYPES,
        word_scores=SCORES,
        scores_before=SCORES,
        training=[Tweet("", tuple(w), tuple(g)) for w, g in zip(WORDS[:3], GOLD[:3], strict=True)],
        thresholds=THRESHOLDS,
        robustness=robustness(
            WORDS, GOLD, lambda words: [["O"] * len(tweet) for tweet in words], types=TYPES
        ),
    )


class Nesting(HTMLParser):
    """Reads a page, notes what it links to, and fails on a tag that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_report(folder, SUBJECT, full_evaluation())
    return folder


def test_a_report_is_these_files(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "errors.csv",
        "evaluation.json",
        "report.html",
        "report.md",
        "types.csv",
    ]


def test_the_page_is_whole_and_fetches_nothing(folder):
    page = Nesting()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "script" not in page.tags
    assert len(page.links) == 7
    assert all(link.startswith("data:image/svg+xml;base64,") for link in page.links)


def test_plots_hold_no_reference_to_another_place(folder):
    for data in re.findall(
        r'base64,([^"]+)"', (folder / "report.html").read_text(encoding="utf-8")
    ):
        svg = base64.b64decode(data).decode()
        assert "<svg" in svg
        assert not re.search(r'href="(?!#|data:)', svg)


def test_tweets_are_escaped(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "script>" not in text
    assert "&lt;/script&gt;&lt;script&gt;" in text
    assert (
        marked(["a", "<b>"], range(1, 2), range(1, 2))
        == 'a <mark class="gold predicted">&lt;b&gt;</mark>'
    )


def test_the_same_evaluation_gives_the_same_bytes(folder, tmp_path):
    write_report(tmp_path, SUBJECT, full_evaluation())
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_json_has_the_counts_and_no_nan(folder):
    def refuse(constant):
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


def test_an_evaluation_of_nothing_is_valid_json_and_a_page(tmp_path):
    write_report(
        tmp_path,
        Subject("m", "empty.conll"),
        evaluate([["a"]], TagPairs([["O"]], [["O"]]), types=TYPES, word_scores=[[1.0]]),
    )
    assert (
        json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))["scores"]["micro"][
            "f1"
        ]
        == 0
    )


def test_every_error_is_in_the_csv(folder):
    rows = list(csv.DictReader(io.StringIO((folder / "errors.csv").read_text(encoding="utf-8"))))
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


def test_the_promise_and_what_became_of_it_are_on_the_page(folder):
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert (
        "Entities that score 70.0 or more may be accepted unread: at least 80% of them are right, with 90% confidence, "
        "in tweets like those of the calibration (50 tweets)."
    ) in text
    # of 45 entities the 15 right ones are accepted, one in each of 15 of the 45 tweets; 30 gold entities
    row = next(line for line in text.splitlines() if line.startswith("| 80% |")).split(" | ")
    assert row[1:3] == ["70.0", "90.0"]
    assert (row[5], row[7:]) == ("100.0", ["15", "10.0", "50.0", "33.3", "33.3 |"])
    assert "| 90% | not proven |" in text
    assert "| all entities | – | – | – | – | 33.3 |" in text


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (
            (0.5, None),
            "A precision of 90% could not be proven for any score on 50 tweets. Entities that score 50.0",
        ),
        (
            (None, None),
            "could not be proven for any score on 50 tweets. Nothing should be accepted unread.",
        ),
        ((None, 0.9), "Entities that score 90.0 or more may be accepted unread: at least 90%"),
    ],
)
def test_what_is_not_proven_is_said_beside_what_is(scores, said):
    thresholds = [
        Threshold(s, p, 0.9, 40, 39, "50 tweets") for s, p in zip(scores, (0.8, 0.9), strict=True)
    ]
    assert said in acceptance_text(apply_thresholds(thresholds, scored_entities(PAIRS, SCORES)), 0.9)


def test_the_markdown_begins_with_the_headline(folder):
    lines = (folder / "report.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# tweetner/tiny (bio)"
    assert lines[4].startswith("- **Entity F1 40.0** 95%: ")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0.12345, "12.3"),
        (-0.0001, "0.0"),
        (1234, "1,234"),
        (None, "–"),
        (Interval(0.5, 0.4, 0.6), "40.0 to 60.0"),
        ("a", "a"),
    ],
)
def test_cells_for_people(cell, expected):
    assert shown(cell) == expected


def test_a_table_as_markdown_csv_and_html():
    table = Table("T", ["a|b", "F1"], [["x|y", Interval(0.5, 0.25, 0.75)], ["<z>", None]])
    assert table.to_markdown().splitlines()[2:] == [
        "| a\\|b | F1 |",
        "| --- | ---: |",
        "| x\\|y | 25.0 to 75.0 |",
        "| <z> | – |",
    ]
    assert table.to_csv() == "a|b,F1 low,F1 high\nx|y,0.25,0.75\n<z>,,\n"
    assert "<td>&lt;z&gt;</td>" in table.to_html()


def test_a_comparison_page_says_who_is_better(tmp_path):
    found = compare_recipes(("new", "old"), [PAIRS], [NOTHING_FOUND], TYPES)
    assert found.sentence.startswith("new is better than old (+40.0 F1, 95%: +")
    page = Nesting()
    page.feed(write_comparison(tmp_path, "test.conll", found).read_text(encoding="utf-8"))
    assert page.open == []
    assert "on test.conll: 45 tweets, 30 gold entities." in (tmp_path / "comparison.md").read_text(
        encoding="utf-8"
    )
    assert "| all types | 40.0 | 0.0 | 40.0 |" in (tmp_path / "comparison.md").read_text(
        encoding="utf-8"
    )


def test_a_comparison_is_these_files_with_the_same_figures(tmp_path):
    names = ("</script><b>", "old")
    found = compare_recipes(names, [PAIRS, NOTHING_FOUND], [PAIRS] * 3, [*TYPES, "movie"])
    write_comparison(tmp_path, "test.conll", found)
    assert {path.name for path in tmp_path.iterdir()} == {
        f"comparison.{form}" for form in ("html", "md", "json", "csv")
    }
    values = json.loads(
        (tmp_path / "comparison.json").read_text(encoding="utf-8"), parse_constant=pytest.fail
    )
    assert (values["n_tweets"], values["a"], values["b"]) == (45, "</script><b>", "old")
    first, *_, nobody_has_it = values["rows"]
    assert (first["type"], first["gold"], first["f1_a"], first["f1_b"]) == (
        "all types",
        30,
        [0.4, 0],
        [0.4] * 3,
    )
    assert [nobody_has_it[name] for name in ("type", "gold", "difference", "verdict")] == [
        "movie",
        0,
        0,
        "cannot tell",
    ]
    rows = list(
        csv.DictReader(io.StringIO((tmp_path / "comparison.csv").read_text(encoding="utf-8")))
    )
    assert [row["type"] for row in rows] == ["all types", "person", "geo-loc", "movie"]
    assert [float(row["95% low"]) for row in rows] == [row["low"] for row in values["rows"]]
    assert "</script>" not in (tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_equal_sides_cannot_be_told_apart():
    found = compare_recipes(("a", "b"), [PAIRS] * 2, [PAIRS] * 3, TYPES)
    assert found.sentence == "Cannot tell whether a or b is better (+0.0 F1, 95%: +0.0 to +0.0)."
