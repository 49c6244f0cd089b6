from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binomtest

from tweetner.evaluation import (
    ScoredEntities,
    Threshold,
    apply_thresholds,
    choose_threshold,
    exact_interval,
    score_entities,
)
from tweetner.evaluation.calibration import MIN_ENTITIES, scored_entities
from tweetner.evaluation.curves import precision_recall, review_curve
from tweetner.evaluation.thresholds import GRID, keep, n_alone

GOLD = [["B-a", "O"], ["O", "B-a"], ["O", "O"], ["B-b", "I-b"]]
PREDICTED = [["B-a", "O"], ["O", "O"], ["B-a", "O"], ["B-b", "O"]]
SCORES = [[0.99, 0.98], [0.95, 0.6], [0.55, 0.9], [0.7, 0.8]]
ENTITIES = scored_entities(GOLD, PREDICTED, SCORES)


def test_precision_and_recall_over_the_score():
    points = {point.threshold: point for point in precision_recall(ENTITIES)}
    assert points[0.99][1:] == (1, 1.0, 1 / 3)
    assert points[0.7][1:] == (2, 0.5, 1 / 3)
    micro = score_entities(GOLD, PREDICTED).micro
    assert points[0.0][1:] == (micro.predicted, micro.precision, micro.recall)


def test_the_reader_begins_with_the_most_doubtful_word_even_if_it_is_o():
    curve = review_curve(ENTITIES, SCORES, n_points=5)
    # read in this order: tweet 3 (0.55, an invention), 2 (0.6, a doubtful O), 4 (0.7, a wrong boundary), 1
    assert [point.share for point in curve] == [0, 0.25, 0.5, 0.75, 1]
    assert [point.recall for point in curve] == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1, 1])
    assert [point.precision for point in curve] == pytest.approx([1 / 3, 1 / 2, 2 / 3, 1, 1])


def test_reading_never_makes_it_worse():
    generator = np.random.default_rng(0)
    tags = ["O", "O", "O", "B-a", "I-a", "B-b"]
    gold = [generator.choice(tags, 8).tolist() for _ in range(60)]
    predicted = [
        [t if generator.random() < 0.7 else str(generator.choice(tags)) for t in tweet]
        for tweet in gold
    ]
    scores = generator.random((60, 8)).tolist()
    curve = review_curve(scored_entities(gold, predicted, scores), scores)
    assert all(a.recall <= b.recall for a, b in pairwise(curve))
    assert (curve[-1].recall, curve[-1].precision) == (1, 1)


def entities_of(
    generator: np.random.Generator, n_tweets: int, *, alike: bool, flat: float | None
) -> ScoredEntities:
    """Predicted entities with precision rising from 0.35 to 0.97 with the score, or `flat`.

    `alike`: those of one tweet stand or fall together.
    """
    n_entities = generator.choice([0, 1, 2, 3], n_tweets, p=[0.5, 0.3, 0.15, 0.05])
    tweets = np.repeat(np.arange(n_tweets), n_entities)
    scores = generator.beta(2, 1, len(tweets))
    luck = generator.random(n_tweets)[tweets] if alike else generator.random(len(tweets))
    return ScoredEntities(scores, luck < (flat or 0.35 + 0.62 * scores), tweets, n_entities)


def surely(n: int) -> ScoredEntities:
    """So many right entities, one a tweet, all with a high score."""
    return ScoredEntities(np.full(n, 0.95), np.ones(n, bool), np.arange(n), np.ones(n, int))


@pytest.mark.parametrize("alike", [False, True])
def test_the_promise_is_kept_as_often_as_it_says(alike):
    n_trials, found, broken = 300, 0, 0
    later = entities_of(np.random.default_rng(10**6), 200_000, alike=alike, flat=None)
    for seed in range(n_trials):
        threshold = choose_threshold(
            entities_of(np.random.default_rng(seed), 500, alike=alike, flat=None)
        )
        if threshold.score is not None:
            found += 1
            broken += later.right[later.scores >= threshold.score].mean() < 0.8
    assert broken <= 0.1 * n_trials
    assert found >= 0.7 * n_trials


@pytest.mark.parametrize("alike", [False, True])
def test_scores_that_just_miss_the_wanted_precision_are_hardly_ever_accepted(alike):
    tries = [
        entities_of(np.random.default_rng(seed), 500, alike=alike, flat=0.795)
        for seed in range(300)
    ]
    assert sum(choose_threshold(entities).score is not None for entities in tries) <= 30


def test_the_chosen_score_passes_the_exact_binomial_test():
    entities = entities_of(np.random.default_rng(4), 800, alike=False, flat=None)
    chosen = choose_threshold(entities, precision=0.75, confidence=0.95)
    assert chosen.score is not None
    kept = entities.right[entities.scores >= chosen.score]
    assert (chosen.n, chosen.n_right) == (len(kept), kept.sum())
    assert binomtest(chosen.n_right, chosen.n, 0.75, alternative="greater").pvalue <= 0.05


def test_too_few_entities_prove_nothing():
    assert choose_threshold(surely(MIN_ENTITIES)).score == min(GRID)
    assert choose_threshold(surely(MIN_ENTITIES - 1)).score is None
    assert choose_threshold(surely(0)).score is None


def test_entities_of_few_tweets_prove_less_than_as_many_of_many_tweets():
    many = surely(60)
    few = ScoredEntities(many.scores, many.right, many.tweets // 15, many.n_gold)
    assert choose_threshold(many).score is not None
    assert choose_threshold(few).score is None


def test_what_a_threshold_keeps():
    kept = keep(
        ENTITIES, 0.7
    )  # a right one, and a wrong boundary; the invention in tweet 3 is left to a reader
    assert (kept.n, kept.n_right, kept.precision.value, kept.recall) == (2, 1, 0.5, 1 / 3)
    assert (kept.entities, kept.tweets) == pytest.approx((2 / 3, 2 / 3))
    nothing = keep(ENTITIES, 1.0)
    assert (nothing.n, nothing.precision, nothing.tweets) == (0, (0.0, 0.0, 1.0), 0.0)
    assert apply_thresholds([Threshold(None, 0.8, 0.9, 0, 0)], ENTITIES)[0].kept is None


def test_the_interval_of_what_is_kept_counts_alike_entities_of_a_tweet_once():
    many = surely(60)
    few = ScoredEntities(many.scores, many.right, many.tweets // 15, many.n_gold)
    for entities, alone in ((many, 60), (few, 4)):
        assert n_alone(entities.tweets) == alone
        assert keep(entities, 0.5).precision == (1.0, *exact_interval(alone, alone))


def test_wants_outside_0_to_1_are_refused():
    with pytest.raises(
        ValueError, match=r"expected precision and confidence between 0 and 1, got 1\.0 and 0\.9"
    ):
        choose_threshold(surely(50), precision=1.0)


@pytest.mark.parametrize(("n_right", "n"), [(0, 10), (10, 10), (7, 10), (120, 200)])
def test_exact_intervals_equal_scipy(n_right, n):
    expected = binomtest(n_right, n).proportion_ci(0.95, method="exact")
    assert exact_interval(n_right, n) == pytest.approx((expected.low, expected.high))
