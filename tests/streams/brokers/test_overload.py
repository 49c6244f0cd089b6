"""The gate rises and batches shrink so that no tweet waits longer than it may: a simulation."""

from collections import deque
from dataclasses import dataclass
from statistics import quantiles

import numpy as np
import pytest

from tweetner.streams.brokers import Pace
from tweetner.streams.brokers.answering import MAX_OPEN

MODEL_SECONDS = 0.005
GATE_SECONDS = 0.0001
BATCH_SECONDS = 0.003


@dataclass
class Gate:
    threshold: float


def simulate(
    pace: Pace, gate: Gate, rates: list[tuple[float, float]], *, skew: float
) -> list[tuple[float, float, bool]]:
    """Return the arrival, the age at its answer and whether the gate answered, for each tweet.

    Tweets arrive at the rates given, as pairs of seconds and tweets a second. A batch is read when
    there is room, as `Stream` does; its gate's threshold is that at its reading.
    """
    draw = np.random.default_rng(5)
    starts = np.cumsum([0.0, *(seconds for seconds, _ in rates)])
    parts = []
    for (seconds, rate), start in zip(rates, starts[:-1], strict=True):
        parts.append(start + np.sort(draw.uniform(0, seconds, round(seconds * rate))))
    arrivals = deque(np.concatenate(parts).tolist())
    answered = []
    finished: deque[float] = deque([0.0] * MAX_OPEN)  # when each open batch is answered
    now = 0.0
    while arrivals:
        now = max(now, finished.popleft(), arrivals[0])
        pace.adjust(now - arrivals[0])
        batch = []
        while arrivals and arrivals[0] <= now and len(batch) < pace.batch_size:
            batch.append(arrivals.popleft())
        by_gate = draw.uniform(0, 1, len(batch)) ** skew < gate.threshold
        n_by_model = int((~by_gate).sum())
        seconds = BATCH_SECONDS + len(batch) * GATE_SECONDS + n_by_model * MODEL_SECONDS
        end = max(now, finished[-1]) + seconds
        finished.append(end)
        pace.learn(n_by_model, seconds)
        for arrived, is_by_gate in zip(batch, by_gate.tolist(), strict=True):
            answered.append((arrived, end - arrived, is_by_gate))
    return answered


@pytest.mark.parametrize("skew", [0.3, 1.0, 4.0])
def test_three_times_the_bearable_load_is_answered_in_time_and_the_share_falls_again(
    skew: float,
) -> None:
    gate = Gate(0.1)
    floor = 0.1 ** (1 / skew)
    bearable = 1 / (MODEL_SECONDS * (1 - floor))
    rates = [(20.0, bearable / 2), (60.0, 3 * bearable), (20.0, bearable / 2)]
    answered = simulate(Pace(1024, 2.0, gate), gate, rates, skew=skew)

    assert len(answered) == sum(round(seconds * rate) for seconds, rate in rates)
    overloaded = [age for arrived, age, _ in answered if 20 <= arrived < 80]
    assert quantiles(overloaded, n=20)[-1] < 2
    assert max(age for _, age, _ in answered) < 3

    def share(start: float, end: float) -> float:
        found = [by_gate for arrived, _, by_gate in answered if start <= arrived < end]
        return sum(found) / len(found)

    assert share(5, 20) == pytest.approx(floor, abs=0.05)
    assert share(25, 80) > (2 + floor) / 3 - 0.05  # at least what the model cannot bear
    assert share(85, 100) == pytest.approx(floor, abs=0.05)
    assert gate.threshold == 0.1


def test_without_a_longest_age_batches_are_full_and_the_gate_stays() -> None:
    gate = Gate(0.1)
    pace = Pace(1024, None, gate)
    pace.learn(10, 100.0)
    pace.adjust(1e6)
    assert (pace.batch_size, gate.threshold) == (1024, 0.1)


def test_the_gate_never_falls_below_its_own_threshold_and_can_answer_every_tweet() -> None:
    gate = Gate(0.3)
    pace = Pace(1024, 2.0, gate)
    thresholds = []
    for age in (0.0, 0.2, 0.4, 0.6, 0.9, 1.0, 100.0):
        pace.adjust(age)
        thresholds.append(gate.threshold)
    assert thresholds == sorted(thresholds)
    assert thresholds[:2] == [0.3, 0.3]
    assert 0.3 < thresholds[2] < thresholds[4] < 1 < thresholds[5]


def test_a_longest_age_needs_a_gate() -> None:
    with pytest.raises(ValueError, match="--max-lag: needs --triage"):
        Pace(1024, 2.0, None)
