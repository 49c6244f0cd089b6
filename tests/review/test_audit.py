"""Tests of the live check of a promised precision, by simulation with known answers."""

import numpy as np
import pytest
from scipy.stats import binomtest

from tweetner.review import audit, confidence_sequence, evidence_against


@pytest.mark.parametrize("promised", [0.5, 0.6, 0.7, 0.8, 0.9])
def test_a_precision_ten_points_below_the_promise_is_noticed(promised: float) -> None:
    generator = np.random.default_rng(1)
    streams = generator.random((300, 300)) < promised - 0.1
    noticed = [evidence_against(stream.tolist(), promised) >= 10 for stream in streams]
    assert np.mean(noticed) > 0.87


@pytest.mark.parametrize("promised", [0.5, 0.7, 0.9])
def test_a_promise_that_holds_rarely_warns_however_often_it_is_looked_at(promised: float) -> None:
    generator = np.random.default_rng(2)
    streams = generator.random((300, 1500)) < promised
    warned = [audit(stream.tolist(), promised).broken for stream in streams]
    assert np.mean(warned) < 0.14


def test_the_interval_is_the_exact_one() -> None:
    expected = binomtest(41, 60).proportion_ci(0.95, method="exact")
    found = audit([True] * 41 + [False] * 19, 0.7).interval
    assert found == pytest.approx((expected.low, expected.high))


def test_the_confidence_sequence_holds_at_all_sizes_at_once() -> None:
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        n_right = np.cumsum(generator.random(200) < 0.7)
        ends = [confidence_sequence(int(n_right[n - 1]), n) for n in range(10, 201, 10)]
        covered += all(low <= 0.7 <= high for low, high in ends)
    assert covered / 200 >= 0.93


def test_the_confidence_sequence_is_wider_than_the_fixed_interval() -> None:
    found = audit([True, True, False] * 20, 0.7)
    assert found.sequence[0] < found.interval[0]
    assert found.sequence[1] > found.interval[1]


def test_without_audited_entities_nothing_is_said() -> None:
    found = audit([], 0.7)
    assert (found.n, found.interval, found.sequence, found.broken) == (0, (0, 1), (0, 1), False)


def test_a_finding_is_a_sentence() -> None:
    assert str(audit([True] * 9 + [False], 0.7)) == (
        "promised precision 70%: 9 of 10 audited entities are right (95%: 55 to 100%)"
    )
    assert str(audit([False] * 30, 0.7)).startswith("warning: the promise of 70% no longer holds")
