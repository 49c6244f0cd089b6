"""Tests of the live check of a promised precision, by simulation with known answers."""

import numpy as np
import pytest
from scipy.stats import binomtest

from tweetner.review import audit


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
    assert str(audit([], 0.7)) == "promised precision 70%: nothing has been audited yet"
    assert str(audit([False] * 30, 0.7)).startswith("warning: the promise of 70% no longer holds")
