"""Tests of offsets of other programs, and of the fit of entities to words."""

from pathlib import Path

import pytest

from tweetner.corpus import fit_to_words, load_tweets
from tweetner.corpus.spans import code_points
from tweetner.tags import Entity

WORDS = [(0, 2), (3, 6), (7, 11)]
ENTITY = {"type": "x", "start": 3, "end": 6}


@pytest.mark.parametrize("text", ["NYC", "😀 NYC", "a😀😀b NYC", "𝓝 NYC 😀"])
def test_utf16_offsets_are_recognised(text: str) -> None:
    start = text.index("NYC")
    right = Entity("x", start, start + 3)
    n_units = len(text[:start].encode("utf-16-le")) // 2
    assert code_points(text, [right], ["NYC"]) == [right]
    assert code_points(text, [Entity("x", n_units, n_units + 3)], ["NYC"]) == [right]


def test_offsets_inside_a_surrogate_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="expected offsets in code points or UTF-16 units"):
        code_points("😀😀 NYC", [Entity("x", 1, 4)], ["NYC"])


def test_entities_are_brought_onto_words_in_order() -> None:
    entities = [ENTITY, {"type": "y", "start": 0, "end": 2}]
    assert fit_to_words(entities, WORDS, "refuse") == ([Entity("y", 0, 1), Entity("x", 1, 2)], 0)


def test_an_entity_inside_a_word_is_refused_grown_or_skipped() -> None:
    inside = [ENTITY | {"start": 4}]
    with pytest.raises(ValueError, match="begins or ends inside a word or on white space"):
        fit_to_words(inside, WORDS, "refuse")
    assert fit_to_words(inside, WORDS, "snap") == ([Entity("x", 1, 2)], 1)
    assert fit_to_words(inside, WORDS, "skip") is None


def test_an_entity_of_white_space_cannot_be_grown() -> None:
    with pytest.raises(ValueError, match="on white space"):
        fit_to_words([ENTITY | {"start": 2, "end": 3}], WORDS, "snap")


def test_a_corpus_says_how_many_entities_it_grew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "my.jsonl"
    path.write_text(
        '{"text": "in NYCity", "label": [[3, 6, "geo-loc"]]}\n{"text": "a", "label": []}'
    )
    with pytest.raises(ValueError, match=r"my.jsonl:1: tweet .* inside a word"):
        load_tweets(str(path))
    first, _ = load_tweets(str(path), inside_words="snap")
    assert first.gold == ("O", "B-geo-loc")
    assert len(load_tweets(str(path), inside_words="skip")) == 1
    assert [record.message.split(": ")[1] for record in caplog.records] == [
        "1 entities were grown to whole words",
        "1 tweets were left out",
    ]
