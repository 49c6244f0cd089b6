from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from tweetner.trends.model import (
    KAPPAS,
    Dispersion,
    expected_band,
    is_doubtful,
    probability,
    ratio_interval,
    size_of,
    tail_probability,
    true_mentions,
)


def test_probabilities_are_those_of_scipys_negative_binomial() -> None:
    counts = np.array([0, 1, 5, 40])
    expected = np.array([0.3, 2.0, 2.0, 10.0])
    size = size_of(0.2, np.array([0.5, 3.0, 40.0, 1e6]))
    chance = size / (size + expected)
    np.testing.assert_allclose(
        tail_probability(counts, expected, size), nbinom.sf(counts - 1, size, chance), rtol=1e-9
    )
    np.testing.assert_allclose(
        probability(counts, expected, size), nbinom.pmf(counts, size, chance), rtol=1e-9
    )


@pytest.mark.parametrize("kappa", [0.0, 0.1, 0.3])
def test_the_dispersion_of_past_counts_is_found(kappa: float) -> None:
    draw = np.random.default_rng(3)
    dispersion = Dispersion()
    assert dispersion.kappa == KAPPAS[-1]
    expected = np.geomspace(0.1, 50, 400)
    strength = np.full(400, 1e6)
    for _ in range(200):
        noise = draw.gamma(1 / kappa, kappa, 400) if kappa else np.ones(400)
        dispersion.add(draw.poisson(expected * noise), expected, strength, decay=0.99)
    assert kappa <= dispersion.kappa <= 1.35 * kappa + 0.02


def test_the_interval_of_the_ratio_covers_the_true_ratio() -> None:
    draw = np.random.default_rng(4)
    hits = 0
    for _ in range(1_000):
        ratio, usual, past = draw.choice([1, 3, 10]), draw.lognormal(1, 1), 30
        strength = 0.5 + draw.poisson(past * usual)
        _, low, high = ratio_interval(
            draw.poisson(ratio * usual), strength / past, float(strength), 0.0
        )
        hits += low <= ratio <= high
    assert 920 <= hits <= 985


def test_over_dispersion_widens_the_interval() -> None:
    ratio, low, high = ratio_interval(30, 10.0, 200.0, 0.0)
    wide_ratio, wide_low, wide_high = ratio_interval(30, 10.0, 200.0, 0.3)
    assert ratio == wide_ratio == 3.05
    assert wide_low < low < ratio < high < wide_high


def test_true_mentions_by_enumerating_all_outcomes() -> None:
    scores = np.array([0.9, 0.2, 0.5, 0.6, 0.95])
    mass = np.zeros(6)
    for outcome in product([0, 1], repeat=5):
        mass[sum(outcome)] += np.prod(np.where(outcome, scores, 1 - scores))
    cumulative = np.cumsum(mass)
    low, high = np.argmax(cumulative >= 0.025), np.argmax(cumulative >= 0.975)
    mean, *interval = true_mentions(scores)
    assert mean == pytest.approx(3.15)
    assert interval == [low, high]


def test_equal_scores_give_the_binomial_interval_also_where_they_are_many() -> None:
    for n in (200, 2_000):
        mean, low, high = true_mentions(np.full(n, 0.3))
        assert mean == pytest.approx(0.3 * n)
        assert low == pytest.approx(binom.ppf(0.025, n, 0.3), abs=1)
        assert high == pytest.approx(binom.ppf(0.975, n, 0.3), abs=1)


def test_certain_mentions_have_no_doubt() -> None:
    assert true_mentions(np.ones(4)) == (4.0, 4, 4)
    assert true_mentions(np.zeros(4)) == (0.0, 0, 0)


def test_the_band_holds_95_percent() -> None:
    expected, size = np.array([4.0]), np.array([5.0])
    low, high = expected_band(expected, size)
    chance = size / (size + expected)
    inside = nbinom.cdf(high, size, chance) - nbinom.cdf(low - 1, size, chance)
    assert 0.95 <= inside[0] <= 0.99


def test_mentions_that_are_less_certain_than_usual_are_doubtful() -> None:
    overall = np.array([1_000, 700.0, 500.0])  # mean 0.7, variance 0.01
    assert is_doubtful(np.full(10, 0.6), 100, 70.0, overall)
    assert not is_doubtful(np.full(10, 0.68), 100, 70.0, overall)
    assert not is_doubtful(np.full(10, 0.6), 100, 60.0, overall)  # its usual certainty
    assert is_doubtful(np.full(10, 0.5), 0, 0.0, overall)  # an entity without a past
    assert not is_doubtful(np.full(10, 0.1), 0, 0.0, np.zeros(3))
