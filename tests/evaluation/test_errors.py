from collections import Counter
from pathlib import Path

import pytest

from tweetner.evaluation import NONE, TagPairs, score_entities, write_predictions
from tweetner.evaluation.errors import confusion, list_errors
from tweetner.evaluation.matching import count_matches

WORDS = [["New", "York", "rocks"], ["Up", "is", "fun"], ["so", "what", "#yes"]]
GOLD = [["B-geo-loc", "I-geo-loc", "O"], ["B-movie", "O", "O"], ["O", "O", "O"]]
PREDICTED = [["B-geo-loc", "O", "O"], ["B-tvshow", "O", "O"], ["O", "O", "I-person"]]
SCORES = [[0.9, 0.7, 1.0], [0.4, 1.0, 1.0], [1.0, 1.0, 0.6]]


def test_every_error_has_its_tweet_entities_score_and_category() -> None:
    assert [error[:5] for error in list_errors(WORDS, TagPairs(GOLD, PREDICTED), SCORES)] == [
        (0, "wrong boundary", ("geo-loc", 0, 2), ("geo-loc", 0, 1), 0.9),
        (1, "wrong type", ("movie", 0, 1), ("tvshow", 0, 1), 0.4),
        (2, "invented", None, ("person", 2, 3), 0.6),
    ]


def test_a_missed_entity_scores_as_the_tags_on_its_words() -> None:
    [error] = list_errors(WORDS[:1], TagPairs(GOLD[:1], [["O", "O", "O"]]), [[0.9, 0.7, 1.0]])
    assert (error.category, error.predicted, error.score) == ("missed", None, pytest.approx(0.8))


def test_without_scores_errors_have_none() -> None:
    assert {error.score for error in list_errors(WORDS, TagPairs(GOLD, PREDICTED))} == {None}


def test_errors_and_right_entities_are_all_there_is() -> None:
    matches = count_matches(TagPairs(GOLD, PREDICTED))
    assert (
        len(list_errors(WORDS, TagPairs(GOLD, PREDICTED)))
        == matches.gold + matches.invented - matches.right
    )
    assert list_errors(WORDS, TagPairs(GOLD, GOLD)) == []


def test_confusion_pairs_types_of_overlapping_entities() -> None:
    assert confusion(TagPairs(GOLD, PREDICTED)) == Counter(
        {("geo-loc", "geo-loc"): 1, ("movie", "tvshow"): 1, (NONE, "person"): 1}
    )
    assert confusion(TagPairs([["B-a"]], [["O"]])) == Counter({("a", NONE): 1})


def test_predictions_are_written_as_conlleval_reads_them_and_read_back(tmp_path: Path) -> None:
    from tweetner.corpus import read_conll

    path = tmp_path / "predictions.conll"
    write_predictions(path, WORDS[:2], TagPairs(GOLD[:2], PREDICTED[:2]))
    assert path.read_bytes() == (
        b"New\tB-geo-loc\tB-geo-loc\nYork\tI-geo-loc\tO\nrocks\tO\tO\n\nUp\tB-movie\tB-tvshow\nis\tO\tO\nfun\tO\tO\n\n"
    )
    read = [list(tweet.gold) for tweet in read_conll(path)]
    assert score_entities(TagPairs(GOLD[:2], read)) == score_entities(
        TagPairs(GOLD[:2], PREDICTED[:2])
    )
