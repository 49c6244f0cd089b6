"""Overload: how many tweets a batch takes, and how far the gate rises, by the tweets' age."""

from typing import Protocol

BATCH_SHARE = 1 / 8
"""Share of the longest age that the model may take for a batch; three batches are open at once."""
CALM, FULL = 0.1, 0.5
"""Age, as a share of the longest one, from which the gate rises, and at which it answers all."""
FIRST_BATCH = 16
"""Tweets of the first batch, before the model's speed is known."""
MEMORY = 0.8
"""Weight of the past in the mean speed of the model."""


class Gated(Protocol):
    """A gate: tweets that score below its threshold, of 0 to 1, are not given to the model."""

    threshold: float


class Pace:
    """Chooses the size of the next batch.

    Args:
        batch_size: Tweets of a full batch.
        max_lag: Longest age of an unanswered tweet, in seconds; without one, batches are full.
        gate: The gate that rises with the age, from its own threshold to one that no tweet reaches.

    Raises:
        ValueError: There is a longest age, and no gate to keep it.
    """

    def __init__(self, batch_size: int, max_lag: float | None, gate: Gated | None) -> None:
        if max_lag is not None and gate is None:
            raise ValueError("--max-lag: needs --triage, whose gate answers what cannot wait")
        self._full = batch_size
        self._max_lag = max_lag
        self._gate = gate
        self._floor = gate.threshold if gate else 0.0
        self._model_seconds: float | None = None  # for one tweet

    @property
    def batch_size(self) -> int:
        """Tweets of a batch that the model answers in its share of the longest age."""
        if self._max_lag is None:
            return self._full
        if not self._model_seconds:
            return min(self._full, FIRST_BATCH)
        return max(1, min(self._full, int(self._max_lag * BATCH_SHARE / self._model_seconds)))

    def adjust(self, age: float) -> None:
        """Set the gate for the next batch, whose oldest tweet has this age in seconds."""
        if self._gate is None or self._max_lag is None:
            return
        rise = (age / self._max_lag - CALM) / (FULL - CALM)
        if rise >= 1:
            self._gate.threshold = float("inf")
        else:
            self._gate.threshold = self._floor + max(0.0, rise) * (1 - self._floor)

    def learn(self, n_by_model: int, seconds: float) -> None:
        """Learn how long the model took for its tweets of a batch."""
        if not n_by_model:
            return
        now = seconds / n_by_model
        before = self._model_seconds or now
        self._model_seconds = MEMORY * before + (1 - MEMORY) * now
