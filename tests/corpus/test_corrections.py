"""Tests of reviewers' decisions as training tweets."""

from typing import Any

import pytest

from tweetner.corpus import Corpus, Tweet, merge_corrections

NYC = {"type": "geo-loc", "start": 3, "end": 6}


def corpus() -> Corpus:
    train = Tweet("train-1", ("in", "NYC"), ("O", "B-geo-loc"))
    dev = Tweet("dev-1", ("Dev", "NYC", "!"), ("O", "B-geo-loc", "O"))
    test = Tweet("test-1", ("test",), ("O",))
    return Corpus("tiny", ("geo-loc", "person"), {"train": [train], "dev": [dev], "test": [test]})


def record(id_: int, text: str, *entities: dict[str, Any], reviewer: str = "ann") -> dict[str, Any]:
    return {"id": id_, "text": text, "entities": list(entities), "reviewer": reviewer}


def merged(*records: dict[str, Any]) -> Any:
    return merge_corrections(records, corpus(), corpus().splits["train"])


def test_a_new_tweet_is_added_with_its_own_words() -> None:
    words = [[0, 2], [3, 6], [6, 7]]
    found = merged(record(7, "to NYC!", NYC) | {"words": words})
    assert found.tweets == [Tweet("7", ("to", "NYC", "!"), ("O", "B-geo-loc", "O"))]
    assert found.lines() == ["1 corrections are trained on, 0 were known"]


@pytest.mark.parametrize("text", ["Dev NYC!", "dev nyc !", "test"])
def test_a_tweet_of_dev_or_test_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no tweet of an evaluation split, got 7 \((dev|test)\)"):
        merged(record(7, text))


def test_a_tweet_of_train_is_known_or_a_conflict_in_which_train_stands() -> None:
    assert merged(record(7, "in NYC", NYC)).n_known == 1
    found = merged(record(8, "in NYC"))
    assert (found.tweets, found.n_known, found.conflicts) == ([], 0, ["8"])
    assert found.lines()[1] == "train contradicts, and stands: 8"


def test_tweets_that_reviewers_decided_differently_are_left_out_and_listed() -> None:
    found = merged(
        record(7, "to NYC", NYC), record(7, "to NYC", reviewer="bob"), record(8, "hello")
    )
    assert [tweet.id for tweet in found.tweets] == ["8"]
    assert found.disagreements == ["7"]
    assert found.lines()[1] == "reviewers disagree, left out: 7"


def test_a_text_counts_once_and_an_id_may_have_two_texts() -> None:
    copies = [record(7, "to NYC", NYC), record(8, "to NYC", NYC)]
    found = merged(*copies, record(7, "hello"))
    assert [tweet.words for tweet in found.tweets] == [("to", "NYC"), ("hello",)]
    assert merged(*copies, record(9, "to NYC")).disagreements == ["9"]


def test_a_reviewers_last_decision_counts() -> None:
    found = merged(record(7, "to NYC"), record(7, "to NYC", NYC))
    assert [tweet.gold for tweet in found.tweets] == [("O", "B-geo-loc")]


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="corrections: tweet '7': unknown type 'film'"):
        merged(record(7, "to NYC", NYC | {"type": "film"}))


def test_an_entity_inside_a_word_and_a_decision_without_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"corrections: tweet '7': entity .* inside a word"):
        merged(record(7, "to NYCity", NYC))
    with pytest.raises(ValueError, match=r"corrections: expected an id .*, got null"):
        merged({"text": "to NYC", "entities": []})
