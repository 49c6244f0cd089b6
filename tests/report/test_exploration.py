import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pytest

from tests.tiny_corpus import CORPUS, PARIS, PARIS_HILTON, TYPES, UNTAGGED, tweet
from tweetner.corpus import Corpus, Tweet, explore
from tweetner.report import write_exploration
from tweetner.report.exploration import exploration_page


def test_the_page_holds_everything_in_itself_and_escapes_what_comes_in(tmp_path: Path) -> None:
    nasty = Tweet(
        "9", ("<script>alert(1)</script>", "$a$", "😀"), ("B-person", "B-person", "B-geo-loc")
    )
    twice = Tweet("8", nasty.words, ("O", "O", "B-person"))
    corpus = Corpus("<b>", TYPES, {**CORPUS.splits, "test": [nasty, twice, PARIS]})
    write_exploration(tmp_path, explore(corpus))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["facts.json", "report.html"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b> " not in page
    assert "&lt;script&gt;alert(1)" in page
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert len(sources) == 10
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)


def test_the_json_has_the_facts(tmp_path: Path) -> None:
    facts = explore(CORPUS)
    write_exploration(tmp_path, facts)
    read = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(asdict(facts)))
    assert read["splits"]["train"]["tags"] == {
        "O": 7,
        "B-geo-loc": 2,
        "B-person": 1,
        "I-geo-loc": 1,
    }
    assert read["audit"]["comparisons"][0]["unseen"] == 1


@pytest.mark.parametrize(
    "splits",
    [
        {"mine": [PARIS]},
        {"train": [tweet("a b", "O O")], "test": [tweet("c", "O")]},
        {
            "train": [PARIS, PARIS_HILTON],
            "one": [PARIS],
            "two": [PARIS],
            "three": [UNTAGGED],
            "four": [PARIS],
        },
    ],
    ids=["one split", "no entity", "many splits"],
)
def test_any_corpus_has_a_page(splits: dict[str, list[Tweet]]) -> None:
    assert "What to know first" in exploration_page(explore(Corpus("any", TYPES, splits))).to_html()


@pytest.mark.slow
def test_the_command_writes_the_page_of_the_sample(
    load_script: Callable[[str], ModuleType], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = load_script("scripts/explore.py")
    assert script.main(["--data", "sample", "--output", str(tmp_path / "eda")]) == 0
    assert "entities" in capsys.readouterr().out
    assert (tmp_path / "eda" / "report.html").is_file()
    assert script.main(["--data", "nowhere.conll", "--output", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "none").exists()
