import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.evaluation import TagPairs, compare_recipes
from tweetner.report import write_comparison

TYPES = ["person", "geo-loc"]


@pytest.fixture(scope="module")
def nothing_found(pairs: TagPairs) -> TagPairs:
    """The predictions of "always O"."""
    return TagPairs(pairs.gold, [["O"] * len(tweet) for tweet in pairs.gold])


def test_a_comparison_page_says_who_is_better(
    tmp_path: Path, pairs: TagPairs, nothing_found: TagPairs, parse_page: Callable[[str], Any]
) -> None:
    found = compare_recipes(("new", "old"), [pairs], [nothing_found], TYPES)
    assert found.sentence.startswith("new is better than old (+40.0 F1, 95%: +")
    parse_page(write_comparison(tmp_path, "test.conll", found).read_text(encoding="utf-8"))
    text = (tmp_path / "comparison.md").read_text(encoding="utf-8")
    assert "on test.conll: 45 tweets, 30 gold entities." in text
    assert "| all types | 40.0 | 0.0 | 40.0 |" in text


def test_a_comparison_is_these_files_with_the_same_figures(
    tmp_path: Path, pairs: TagPairs, nothing_found: TagPairs
) -> None:
    names = ("</script><b>", "old")
    found = compare_recipes(names, [pairs, nothing_found], [pairs] * 3, [*TYPES, "movie"])
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
    with (tmp_path / "comparison.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["type"] for row in rows] == ["all types", "person", "geo-loc", "movie"]
    assert [float(row["95% low"]) for row in rows] == [row["low"] for row in values["rows"]]
    assert "</script>" not in (tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_equal_sides_cannot_be_told_apart(pairs: TagPairs) -> None:
    found = compare_recipes(("a", "b"), [pairs] * 2, [pairs] * 3, TYPES)
    assert found.sentence == "Cannot tell whether a or b is better (+0.0 F1, 95%: +0.0 to +0.0)."
