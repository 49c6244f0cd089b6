"""Tests of the sequential checks, by simulation with known answers."""

import numpy as np
import pytest

from tweetner.evaluation import confidence_sequence, evidence_against


@pytest.mark.parametrize("promised", [0.5, 0.6, 0.7, 0.8, 0.9])
def test_a_precision_ten_points_below_the_promise_is_noticed(promised: float) -> None:
    generator = np.random.default_rng(1)
    streams = generator.random((300, 300)) < promised - 0.1
    noticed = [evidence_against(stream.tolist(), promised) >= 10 for stream in streams]
    assert np.mean(noticed) > 0.87


def test_the_confidence_sequence_holds_at_all_sizes_at_once() -> None:
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        n_right = np.cumsum(generator.random(200) < 0.7)
        ends = [confidence_sequence(int(n_right[n - 1]), n) for n in range(10, 201, 10)]
        covered += all(low <= 0.7 <= high for low, high in ends)
    assert covered / 200 >= 0.93
