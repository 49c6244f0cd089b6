import json

import numpy as np
import pytest
from scipy.stats import binomtest

from tweetner.corpus import Corpus, Tweet, divide_dev
from tweetner.evaluation import (
    WANTED,
    ScoredEntities,
    TagPairs,
    apply_thresholds,
    choose_threshold,
    exact_interval,
    fit_temperature,
    prove_gate,
    prove_thresholds,
)
from tweetner.evaluation.calibration import MIN_ENTITIES, calibration, scored_entities
from tweetner.evaluation.thresholds import GRID, keep, n_effective
from tweetner.hub import Metrics, Threshold

GOLD = [["B-a", "O"], ["O", "B-a"], ["O", "O"], ["B-b", "I-b"]]
PREDICTED = [["B-a", "O"], ["O", "O"], ["B-a", "O"], ["B-b", "O"]]
SCORES = [[0.99, 0.98], [0.95, 0.6], [0.55, 0.9], [0.7, 0.8]]
ENTITIES = scored_entities(TagPairs(GOLD, PREDICTED), SCORES)


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
def test_the_promise_is_kept_as_often_as_it_says(alike: bool) -> None:
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
def test_scores_that_just_miss_the_wanted_precision_are_hardly_ever_accepted(alike: bool) -> None:
    tries = [
        entities_of(np.random.default_rng(seed), 500, alike=alike, flat=0.795)
        for seed in range(300)
    ]
    assert sum(choose_threshold(entities).score is not None for entities in tries) <= 30


def test_the_chosen_score_passes_the_exact_binomial_test() -> None:
    entities = entities_of(np.random.default_rng(4), 800, alike=False, flat=None)
    chosen = choose_threshold(entities, precision=0.75, confidence=0.95)
    assert chosen.score is not None
    kept = entities.right[entities.scores >= chosen.score]
    assert (chosen.n, chosen.n_right) == (len(kept), kept.sum())
    assert binomtest(chosen.n_right, chosen.n, 0.75, alternative="greater").pvalue <= 0.05


def test_too_few_entities_prove_nothing() -> None:
    assert choose_threshold(surely(MIN_ENTITIES)).score == min(GRID)
    assert choose_threshold(surely(MIN_ENTITIES - 1)).score is None
    assert choose_threshold(surely(0)).score is None


def test_entities_of_few_tweets_prove_less_than_as_many_of_many_tweets() -> None:
    many = surely(60)
    few = ScoredEntities(many.scores, many.right, many.tweets // 15, many.n_gold)
    assert choose_threshold(many).score is not None
    assert choose_threshold(few).score is None


def test_what_a_threshold_keeps() -> None:
    kept = keep(
        ENTITIES, 0.7
    )  # a right one, and a wrong boundary; the invention in tweet 3 is left to a reader
    assert (kept.n, kept.n_right, kept.precision.value, kept.recall) == (2, 1, 0.5, 1 / 3)
    assert (kept.entities, kept.tweets) == pytest.approx((2 / 3, 2 / 3))
    nothing = keep(ENTITIES, 1.0)
    assert (nothing.n, nothing.precision, nothing.tweets) == (0, (0.0, 0.0, 1.0), 0.0)
    assert apply_thresholds([Threshold(None, 0.8, 0.9, 0, 0)], ENTITIES)[0].kept is None


def test_the_interval_of_what_is_kept_counts_alike_entities_of_a_tweet_once() -> None:
    many = surely(60)
    few = ScoredEntities(many.scores, many.right, many.tweets // 15, many.n_gold)
    for entities, alone in ((many, 60), (few, 4)):
        assert n_effective(entities.tweets) == alone
        assert keep(entities, 0.5).precision == (1.0, *exact_interval(alone, alone))


def test_wants_outside_0_to_1_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"expected precision and confidence between 0 and 1, got 1\.0 and 0\.9"
    ):
        choose_threshold(surely(50), precision=1.0)


@pytest.mark.parametrize(("n_right", "n"), [(0, 10), (10, 10), (7, 10), (120, 200)])
def test_exact_intervals_equal_scipy(n_right: int, n: int) -> None:
    expected = binomtest(n_right, n).proportion_ci(0.95, method="exact")
    assert exact_interval(n_right, n) == pytest.approx((expected.low, expected.high))


def test_rows_are_read_as_they_were_proven() -> None:
    entities = ScoredEntities(
        np.full(60, 0.95), np.arange(60) >= 12, np.arange(60), np.ones(60, int)
    )
    rows = prove_thresholds(entities, decoder="bio", on="60 tweets")
    assert [(row.precision, row.score is not None) for row in rows] == [
        *((wanted, True) for wanted in (0.5, 0.6, 0.7)),
        *((wanted, False) for wanted in (0.8, 0.9)),
    ]
    stored = Metrics.from_dict(json.loads(json.dumps(Metrics(thresholds=rows).to_dict())))
    assert stored.thresholds_of("bio") == rows
    assert [(row.precision, row.on) for row in rows] == [(p, "60 tweets") for p in WANTED]


class Source:
    """Tweets with overconfident scores: a logit of z is right with probability sigmoid(z / 2.5)."""

    def __init__(self, seed: int, n_tweets: int) -> None:
        generator = np.random.default_rng(seed)
        self.n_entities = generator.choice([0, 1, 2, 3], n_tweets, p=[0.5, 0.3, 0.15, 0.05])
        self.tweets = np.repeat(np.arange(n_tweets), self.n_entities)
        self.logits = generator.normal(1.5, 4, len(self.tweets))
        self.right = generator.random(len(self.tweets)) < 1 / (1 + np.exp(-self.logits / 2.5))

    def entities(self, temperature: float, numbers: np.ndarray) -> ScoredEntities:
        kept = np.isin(self.tweets, numbers)
        scores = 1 / (1 + np.exp(-self.logits[kept] / temperature))
        return ScoredEntities(scores, self.right[kept], self.tweets[kept], self.n_entities)


@pytest.mark.slow
def test_a_model_calibrated_by_a_part_of_dev_keeps_the_promises_proven_on_the_other() -> None:
    n_trials, n_dev = 100, 1000
    new, all_new = Source(10**6, 20_000), np.arange(20_000)
    dev = [Tweet(str(number), ("tweet", str(number)), ("B-a", "O")) for number in range(n_dev)]
    corpus = Corpus("c", ("a",), {"dev": dev})
    dev_sets = divide_dev(corpus, corpus.splits, split="corpus", share=0.4)
    tempering, proving = (
        np.array([int(t.id) for t in part]) for part in (dev_sets.calibration, dev_sets.held_out)
    )
    found, broken = dict.fromkeys(WANTED, 0), dict.fromkeys(WANTED, 0)
    before, after = ece_of(new.entities(1.0, all_new)), []
    for seed in range(n_trials):
        source = Source(seed, n_dev)
        temperature = fit_temperature(lambda t, source=source: source.entities(t, tempering))
        rows = prove_thresholds(source.entities(temperature, proving), decoder="bio", on="")
        later = new.entities(temperature, all_new)
        after.append(ece_of(later))
        for row in rows:
            if row.score is not None:
                found[row.precision] += 1
                broken[row.precision] += (
                    later.right[later.scores >= row.score].mean() < row.precision
                )
    assert max(after) < before
    assert np.mean(after) < 0.25 * before
    assert all(count <= 0.1 * n_trials for count in broken.values()), broken
    assert all(found[wanted] > 0.5 * n_trials for wanted in (0.5, 0.6, 0.7, 0.8)), found


def ece_of(entities: ScoredEntities) -> float:
    ece = calibration(entities).ece
    assert ece is not None
    return ece


# --- the threshold of a gate ----------------------------------------------------------------------


def gated_tweets(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a gate, and numbers of entities, which are more likely where the score is high."""
    generator = np.random.default_rng(seed)
    scores = generator.random(n)
    n_entities = (generator.random(n) < scores**2) * generator.integers(1, 4, n)
    return scores, n_entities


def test_a_gate_keeps_its_promise_as_often_as_it_says() -> None:
    scores, n_entities = gated_tweets(10**6, 200_000)
    broken = 0
    thresholds = []
    for seed in range(200):
        threshold = prove_gate(*gated_tweets(seed, 400)).threshold
        assert threshold is not None
        thresholds.append(threshold)
        broken += n_entities[scores < threshold].sum() > 0.05 * n_entities.sum()
    assert broken <= 0.1 * 200
    assert np.mean(thresholds) > 0.25  # 5% are lost below about 0.37


def test_the_gates_threshold_is_the_last_one_that_passes_the_exact_test() -> None:
    scores, n_entities = gated_tweets(1, 2000)
    n_entities = np.minimum(n_entities, 1)
    proof = prove_gate(scores, n_entities, max_lost=0.1, confidence=0.95, on="them")
    assert proof.threshold is not None
    below = scores < proof.threshold
    assert (proof.n, proof.n_lost) == (n_entities.sum(), n_entities[below].sum())
    assert (proof.skipped, proof.on) == (below.mean(), "them")
    n_next = int(n_entities[scores < proof.threshold + 0.005].sum())
    assert binomtest(proof.n_lost, proof.n, 0.1, alternative="less").pvalue <= 0.05
    assert binomtest(n_next, proof.n, 0.1, alternative="less").pvalue > 0.05


def test_too_few_entities_prove_no_gate() -> None:
    ones = np.ones(44, int)
    assert prove_gate(ones.astype(float), ones).threshold is None  # 0.95 ** 44 is above 0.1
    assert prove_gate(np.ones(45), np.ones(45, int)).threshold == 0.995
    assert prove_gate(np.zeros(9), np.zeros(9, int)).threshold is None
