import pytest

from tweetner.evaluation import TagPairs, check_same_words

GOLD = [["B-movie", "O"], ["O"], ["I-person"]]
PREDICTED = [["B-movie", "I-movie"], ["I-movie"], ["B-person"]]


def test_pairs_have_the_entities_of_each_tweet_in_both_readings():
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


def test_entities_are_read_once():
    pairs = TagPairs(GOLD, PREDICTED)
    assert pairs.entities is pairs.entities
    assert pairs.strict_entities is pairs.strict_entities


def test_tags_that_do_not_line_up_are_no_pairs():
    with pytest.raises(ValueError, match="tweet 3: expected 3 tweets as in gold, got 2"):
        TagPairs(GOLD, PREDICTED[:2])


OTHER_WORDS = [
    ([["a", "b"]], [["a", "c"]], "tweet 1, word 2: expected 'b' as in gold, got 'c'"),
    ([["a"], ["b"]], [["b"], ["a"]], "tweet 1, word 1: expected 'a' as in gold, got 'b'"),
    ([["a"], ["b", "c"]], [["a"], ["b"]], "tweet 2: expected 2 words as in gold, got 1"),
    ([["a"], ["b"]], [["a"]], "tweet 2: expected 2 tweets as in gold, got 1"),
    ([["a"]], [["a"], ["b"]], "tweet 2: expected 1 tweets as in gold, got 2"),
]


@pytest.mark.parametrize(("gold", "predicted", "message"), OTHER_WORDS)
def test_predictions_over_other_words_are_refused_at_the_first_difference(gold, predicted, message):
    with pytest.raises(ValueError) as error:
        check_same_words(gold, predicted)
    assert str(error.value) == message
