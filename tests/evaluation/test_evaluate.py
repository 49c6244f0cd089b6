import dataclasses
from collections import Counter

import numpy as np
import pytest

from tweetner.corpus import Tweet
from tweetner.evaluation import Counts, EntityScores, TagPairs, evaluate, pairs
from tweetner.evaluation.evaluate import check_all_scored
from tweetner.hub import Threshold
from tweetner.tags import tags_of

TYPES = ("person", "geo-loc")
WORDS = [["in", "New", "York"], ["Ann", "rocks"], ["no", "names"]]
GOLD = [["O", "B-geo-loc", "I-geo-loc"], ["B-person", "O"], ["O", "O"]]
PREDICTED = [["O", "B-geo-loc", "O"], ["B-person", "O"], ["O", "I-person"]]
SCORES = [[0.9, 0.8, 0.6], [0.7, 0.9], [1.0, 0.5]]


def test_without_scores_and_training_what_needs_them_is_left_out() -> None:
    found = evaluate(WORDS, TagPairs(GOLD, PREDICTED), types=TYPES)
    assert (found.n_tweets, found.n_words, found.n_ill_formed) == (3, 7, 1)
    assert (found.confidence, found.token_auc, found.n_in_training, found.robustness) == (
        None,
        None,
        None,
        {},
    )
    assert {group.dimension for group in found.groups} == {
        "case",
        "hashtag in the name",
        "words in the name",
    }
    assert found.scores.micro == Counts(1, 3, 2)
    assert found.strict.micro == Counts(1, 2, 2)


def test_with_everything_every_part_is_there() -> None:
    labels = tags_of(TYPES)
    probabilities = []
    for tags, scores in zip(PREDICTED, SCORES, strict=True):
        rows = np.tile((1 - np.array(scores)[:, None]) / 4, (1, 5))
        rows[np.arange(len(tags)), [labels.index(tag) for tag in tags]] = scores
        probabilities.append(rows)
    found = evaluate(
        WORDS,
        TagPairs(GOLD, PREDICTED),
        types=TYPES,
        word_scores=SCORES,
        scores_before=[[1.0] * len(scores) for scores in SCORES],
        probabilities=probabilities,
        training=[
            Tweet("1", ("Ann", "sings"), ("B-person", "O")),
            Tweet("2", ("Ann", "rocks"), ("B-person", "O")),
        ],
    )
    assert found.n_in_training == 1
    assert found.confidence.calibration.mean_score == pytest.approx((0.8 + 0.7 + 0.5) / 3)
    assert found.confidence.before.mean_score == 1
    assert found.token_auc[0] is not None
    groups = {(group.dimension, group.name): (group.found, group.gold) for group in found.groups}
    assert groups["name in training", "seen"] == (1, 1)
    assert groups["name in training", "unseen"] == (0, 1)


def test_no_tweets_at_all_can_be_evaluated() -> None:
    found = evaluate([], TagPairs([], []), types=TYPES, word_scores=[])
    assert (found.scores.micro.f1, found.intervals["f1"]) == (0, (0, 0, 0))
    assert found.confidence.calibration.ece is None


def test_scores_that_leave_gold_out_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 gold entities to be scored, got 1"):
        check_all_scored(EntityScores({"person": Counts(1, 1, 1)}, "conlleval"), GOLD)


def test_tags_are_checked_once_and_their_entities_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = Counter()

    def counted(name: str):
        function = getattr(pairs, name)

        def count(*arguments):
            calls[name] += 1
            return function(*arguments)

        return count

    for name in ("check_aligned", "tags_to_entities", "strict_entities"):
        monkeypatch.setattr(pairs, name, counted(name))
    evaluate(
        WORDS,
        TagPairs(GOLD, PREDICTED),
        types=TYPES,
        word_scores=SCORES,
        scores_before=SCORES,
        thresholds=[Threshold(0.5, 0.8, 0.9, 40, 36)],
    )
    n_sequences = len(GOLD) + len(PREDICTED)
    assert calls == {
        "check_aligned": 1,
        "tags_to_entities": n_sequences,
        "strict_entities": n_sequences,
    }


def test_the_inputs_are_left_as_they_were() -> None:
    before = [[list(row) for row in side] for side in (WORDS, GOLD, PREDICTED, SCORES)]
    found = evaluate(WORDS, TagPairs(GOLD, PREDICTED), types=TYPES, word_scores=SCORES)
    assert before == [WORDS, GOLD, PREDICTED, SCORES]
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.n_tweets = 0
