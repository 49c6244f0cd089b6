import numpy as np
import pytest
from scipy.stats import binomtest, norm

from tweetner.evaluation import TagPairs, score_entities
from tweetner.evaluation.certainty import (
    bootstrap,
    compare,
    f1_of,
    precision_of,
    recall_of,
    resample,
    tweet_counts,
)
from tweetner.evaluation.evaluate import score_intervals


def random_counts(
    generator: np.random.Generator, shape: tuple[int, ...], recall: float = 0.5
) -> np.ndarray:
    """Counts (..., right, predicted, gold) of tweets with about one entity each."""
    gold = generator.poisson(0.9, shape)
    right = generator.binomial(gold, recall)
    return np.stack([right, right + generator.poisson(0.4, shape), gold], axis=-1)


def test_counts_of_tweets_add_up_to_the_scores() -> None:
    gold = [["B-a", "B-b"], ["O", "O"], ["B-a", "I-a"]]
    predicted = [["B-a", "B-a"], ["O", "B-b"], ["B-a", "O"]]
    sums = tweet_counts(TagPairs(gold, predicted), ["a", "b"]).sum(axis=0)
    scores = score_entities(TagPairs(gold, predicted)).by_type
    assert sums.tolist() == [[c.tp, c.predicted, c.gold] for c in (scores["a"], scores["b"])]


def test_a_type_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError, match="type 'b' is not listed; listed: a"):
        tweet_counts(TagPairs([["O"]], [["B-b"]]), ["a"])


def test_ratios_of_nothing_are_zero() -> None:
    nothing = np.zeros((2, 3))
    assert [measure(nothing).tolist() for measure in (precision_of, recall_of, f1_of)] == [
        [0, 0]
    ] * 3


def test_resampling_counts_equals_scoring_the_drawn_tweets_again() -> None:
    generator = np.random.default_rng(3)
    counts = random_counts(generator, (50, 2))
    draws = np.random.default_rng(7).integers(50, size=(20, 50))
    expected = [counts[rows].sum(axis=0) for rows in draws]
    np.testing.assert_array_equal(resample(counts, n_resamples=20, seed=7), expected)


def test_many_resamples_are_drawn_in_blocks_and_none_is_left_out() -> None:
    sums = resample(np.ones((10, 1, 3), dtype=np.int64), n_resamples=1234, seed=0)
    assert sums.shape == (1234, 1, 3)
    assert (sums == 10).all()


def test_an_interval_holds_its_value_and_has_the_width_that_theory_gives() -> None:
    generator = np.random.default_rng(0)
    n = 2000
    right = generator.binomial(1, 0.3, n)
    counts = np.stack([right, np.ones(n, int), np.ones(n, int)], axis=-1)[:, None]
    [interval] = bootstrap(counts, recall_of)
    half = norm.ppf(0.975) * np.sqrt(interval.value * (1 - interval.value) / n)
    assert interval.value == right.mean()
    assert interval.low == pytest.approx(interval.value - half, abs=0.003)
    assert interval.high == pytest.approx(interval.value + half, abs=0.003)


def test_intervals_contain_the_truth_about_as_often_as_they_say() -> None:
    true_f1 = 2 * 0.9 * 0.5 / (0.9 * 0.5 + 0.4 + 0.9)
    hits = 0
    for seed in range(200):
        counts = random_counts(np.random.default_rng(seed), (200, 1))
        [interval] = bootstrap(counts, f1_of, n_resamples=300, seed=seed)
        hits += interval.low <= true_f1 <= interval.high
    assert 0.90 <= hits / 200 <= 0.985


def test_score_intervals_have_the_values_of_the_scores() -> None:
    gold = [["B-a", "B-b", "O"], ["O", "B-a", "I-a"]] * 20
    predicted = [["B-a", "B-a", "O"], ["O", "B-a", "I-a"]] * 20
    scores = score_entities(TagPairs(gold, predicted), types=["a", "b", "c"])
    types = list(scores.by_type)
    intervals = score_intervals(tweet_counts(TagPairs(gold, predicted), types), types)
    micro = scores.micro
    expected = [
        micro.precision,
        micro.recall,
        micro.f1,
        scores.macro.f1,
        *(c.f1 for c in scores.by_type.values()),
    ]
    assert [interval.value for interval in intervals.values()] == pytest.approx(expected)
    assert list(intervals) == ["precision", "recall", "f1", "macro_f1", "f1:a", "f1:b", "f1:c"]


def test_no_tweets_give_intervals_of_zero() -> None:
    assert bootstrap(np.zeros((0, 1, 3), dtype=np.int64), f1_of) == [(0, 0, 0)]


def test_a_model_is_neither_better_nor_worse_than_itself() -> None:
    counts = random_counts(np.random.default_rng(0), (1, 500, 1))
    assert compare(counts, counts) == [(0, 0, 0, "cannot tell")]


def test_a_clear_difference_is_found_and_turns_round() -> None:
    generator = np.random.default_rng(1)
    gold = generator.poisson(0.9, 1000)
    sides = []
    for recall in (0.7, 0.5):
        right = generator.binomial(gold, recall)
        sides.append(
            np.stack([right, right + generator.poisson(0.4, 1000), gold], axis=-1)[None, :, None]
        )
    [there], [back] = compare(sides[0], sides[1]), compare(sides[1], sides[0])
    assert (there.verdict, back.verdict) == ("better", "worse")
    assert there.low <= there.difference <= there.high
    assert back.difference == pytest.approx(-there.difference)


@pytest.mark.parametrize(("seeds", "spread"), [(1, 0.0), (2, 0.1), (3, 0.0), (3, 0.1)])
def test_equal_recipes_are_told_apart_in_at_most_one_of_ten_trials(
    seeds: int, spread: float
) -> None:
    """Both sides draw their seeds from one recipe, whose recall varies by `spread` over seeds.

    So many trials that the rate itself, not only this count of it, is shown to be at most 10%.
    """
    n_trials, false_alarms = 400, 0
    for trial in range(n_trials):
        generator = np.random.default_rng([trial, seeds])
        gold = generator.poisson(0.9, 200)
        difficulty = generator.beta(0.5, 0.5, 200)  # some names every model finds, some none does
        runs = []
        for _ in range(2 * seeds):
            right = generator.binomial(
                gold, np.clip(difficulty + generator.normal(0, spread), 0.02, 0.98)
            )
            runs.append(
                np.stack([right, right + generator.poisson(0.4, 200), gold], axis=-1)[:, None]
            )
        [found] = compare(
            np.stack(runs[:seeds]), np.stack(runs[seeds:]), n_resamples=300, seed=trial
        )
        false_alarms += found.verdict != "cannot tell"
    assert binomtest(false_alarms, n_trials).proportion_ci(0.95).high <= 0.1


def test_the_spread_of_seeds_widens_the_interval() -> None:
    generator = np.random.default_rng(2)
    gold = generator.poisson(0.9, 400)

    def recipe(recalls: list[float]) -> np.ndarray:
        rights = [
            np.floor(gold * recall + generator.random(400)).astype(int).clip(max=gold)
            for recall in recalls
        ]
        return np.stack([np.stack([right, gold, gold], axis=-1) for right in rights])[:, :, None]

    steady, shaky, other = recipe([0.5, 0.5, 0.5]), recipe([0.3, 0.5, 0.7]), recipe([0.4, 0.4, 0.4])
    [narrow], [wide] = compare(steady, other), compare(shaky, other)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert (narrow.verdict, wide.verdict) == ("better", "cannot tell")


def test_sides_with_other_gold_are_refused() -> None:
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected counts of the same gold"):
        compare(random_counts(generator, (1, 50, 1)), random_counts(generator, (1, 50, 1)))
    with pytest.raises(ValueError, match="expected counts of the same gold"):
        compare(random_counts(generator, (1, 50, 1)), random_counts(generator, (1, 40, 1)))
