from typing import Any

import numpy as np
import pytest

from tweetner.evaluation import TagPairs, check_aligned, check_same_words

GOLD = [["B-movie", "O"], ["O"], ["I-person"]]
PREDICTED = [["B-movie", "I-movie"], ["I-movie"], ["B-person"]]


def test_pairs_have_the_entities_of_each_tweet_in_both_readings() -> None:
    pairs = TagPairs(GOLD, PREDICTED)
    assert (len(pairs), pairs.n_words) == (3, 4)
    assert pairs.entities == [
        ({("movie", 0, 1)}, {("movie", 0, 2)}),
        (set(), {("movie", 0, 1)}),
        ({("person", 0, 1)}, {("person", 0, 1)}),
    ]
    assert [pair.right for pair in pairs.entities] == [set(), set(), {("person", 0, 1)}]
    assert pairs.strict_entities == [
        ({("movie", 0, 1)}, {("movie", 0, 2)}),
        (set(), set()),
        (set(), {("person", 0, 1)}),
    ]


def test_entities_are_read_once() -> None:
    pairs = TagPairs(GOLD, PREDICTED)
    assert pairs.entities is pairs.entities
    assert pairs.strict_entities is pairs.strict_entities


REFUSED = [
    ([["O", "O"]], [["O"]], "tweet 1: expected 2 tags as in gold, got 1"),
    ([["O"], ["O"]], [["O"], ["O", "O"]], "tweet 2: expected 1 tags as in gold, got 2"),
    ([["O"], ["O"]], [["O"]], "tweet 2: expected 2 tweets as in gold, got 1"),
    ([["O"]], [["O"], ["O"]], "tweet 2: expected 1 tweets as in gold, got 2"),
    (["O", "O"], ["O", "O"], "gold, tweet 1: expected a list of tags, got 'O'"),
    ([["O"]], [[3]], "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got int 3"),
    (
        [["O"]],
        [np.array(["O"])],
        "predicted, tweet 1: expected a list of tags, got ndarray array(['O'], dtype='<U1')",
    ),
    (
        np.zeros((2, 2)),
        [["O"]],
        "gold: expected a list of tweets, each a list of tags, got ndarray",
    ),
    ([["O"]], "O", "predicted: expected a list of tweets, each a list of tags, got str"),
    (
        [["O"]],
        [["S-person"]],
        "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'S-person'",
    ),
    ([["o"]], [["O"]], "gold, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'o'"),
    ([["B-"]], [["O"]], "gold, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'B-'"),
]


@pytest.mark.parametrize(("gold", "predicted", "message"), REFUSED)
def test_tags_that_cannot_be_compared_are_refused(gold: Any, predicted: Any, message: str) -> None:
    for refuse in (check_aligned, TagPairs):
        with pytest.raises(ValueError) as error:
            refuse(gold, predicted)
        assert str(error.value) == message


OTHER_WORDS = [
    ([["a", "b"]], [["a", "c"]], "tweet 1, word 2: expected 'b' as in gold, got 'c'"),
    ([["a"], ["b"]], [["b"], ["a"]], "tweet 1, word 1: expected 'a' as in gold, got 'b'"),
    ([["a"], ["b", "c"]], [["a"], ["b"]], "tweet 2: expected 2 words as in gold, got 1"),
    ([["a"], ["b"]], [["a"]], "tweet 2: expected 2 tweets as in gold, got 1"),
    ([["a"]], [["a"], ["b"]], "tweet 2: expected 1 tweets as in gold, got 2"),
]


@pytest.mark.parametrize(("gold", "predicted", "message"), OTHER_WORDS)
def test_predictions_over_other_words_are_refused_at_the_first_difference(
    gold: list[list[str]], predicted: list[list[str]], message: str
) -> None:
    with pytest.raises(ValueError) as error:
        check_same_words(gold, predicted)
    assert str(error.value) == message
