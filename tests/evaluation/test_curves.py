from itertools import pairwise

import numpy as np
import pytest

from tweetner.evaluation import TagPairs, score_entities
from tweetner.evaluation.calibration import scored_entities
from tweetner.evaluation.curves import precision_recall, review_curve

GOLD = [["B-a", "O"], ["O", "B-a"], ["O", "O"], ["B-b", "I-b"]]
PREDICTED = [["B-a", "O"], ["O", "O"], ["B-a", "O"], ["B-b", "O"]]
SCORES = [[0.99, 0.98], [0.95, 0.6], [0.55, 0.9], [0.7, 0.8]]
ENTITIES = scored_entities(TagPairs(GOLD, PREDICTED), SCORES)


def test_precision_and_recall_over_the_score() -> None:
    points = {point.threshold: point for point in precision_recall(ENTITIES)}
    assert points[0.99][1:] == (1, 1.0, 1 / 3)
    assert points[0.7][1:] == (2, 0.5, 1 / 3)
    micro = score_entities(TagPairs(GOLD, PREDICTED)).micro
    assert points[0.0][1:] == (micro.predicted, micro.precision, micro.recall)


def test_the_reader_begins_with_the_most_doubtful_word_even_if_it_is_o() -> None:
    curve = review_curve(ENTITIES, SCORES, n_points=5)
    # read in this order: tweet 3 (0.55, an invention), 2 (0.6, a doubtful O),
    # 4 (0.7, a wrong boundary), 1
    assert [point.share for point in curve] == [0, 0.25, 0.5, 0.75, 1]
    assert [point.recall for point in curve] == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1, 1])
    assert [point.precision for point in curve] == pytest.approx([1 / 3, 1 / 2, 2 / 3, 1, 1])


def test_reading_never_makes_it_worse() -> None:
    generator = np.random.default_rng(0)
    tags = ["O", "O", "O", "B-a", "I-a", "B-b"]
    gold = [generator.choice(tags, 8).tolist() for _ in range(60)]
    predicted = [
        [t if generator.random() < 0.7 else str(generator.choice(tags)) for t in tweet]
        for tweet in gold
    ]
    scores = generator.random((60, 8)).tolist()
    curve = review_curve(scored_entities(TagPairs(gold, predicted), scores), scores)
    assert all(a.recall <= b.recall for a, b in pairwise(curve))
    assert (curve[-1].recall, curve[-1].precision) == (1, 1)
