"""The thresholds that a model folder keeps in its `metrics.json`: from which score entities may be accepted unread.

Each row has its own promise, for entities of one decoder: "from this score on, precision is at least the wanted one,
with 90% confidence". The promises are not meant to hold all at once.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tweetner.evaluation.calibration import ScoredEntities
from tweetner.evaluation.curves import Threshold, choose_threshold

WANTED = (0.5, 0.6, 0.7, 0.8, 0.9)
"""The precisions that a threshold is looked for."""

Rows = list[dict[str, Any]]
"""`[{"decoder", "precision", "confidence", "score", "n", "n_right", "on"}]`: a `Threshold`, and where it is proven."""


def prove_thresholds(entities: ScoredEntities, *, decoder: str, on: str) -> Rows:
    """The rows of one decoder.

    Args:
        entities: Of tweets that no other choice used.
        decoder: Whose scores they have.
        on: What these tweets are, for the reader.
    """
    found = [choose_threshold(entities, precision=precision) for precision in WANTED]
    return [{"decoder": decoder, **threshold._replace(on=on)._asdict()} for threshold in found]


def stored_thresholds(folder: Path, decoder: str) -> list[Threshold]:
    """What a model folder keeps for a decoder; nothing where no threshold was looked for."""
    path = folder / "metrics.json"
    rows = json.loads(path.read_text(encoding="utf-8")).get("thresholds", []) if path.is_file() else []
    return [Threshold(*(row[name] for name in Threshold._fields)) for row in rows if row["decoder"] == decoder]


def stored_threshold(folder: Path, precision: float, decoder: str) -> float:
    """The score from which a decoder's entities have a precision.

    Raises:
        ValueError: No threshold is stored for that precision, or none could be proven.
    """
    stored = {threshold.precision: threshold.score for threshold in stored_thresholds(folder, decoder)}
    proven = {wanted: score for wanted, score in stored.items() if score is not None}
    if precision not in proven:
        why = "could not be proven" if precision in stored else "is not stored"
        raise ValueError(
            f"precision {precision:g} {why} for this model with decoder {decoder}; proven: {_listed(list(proven))}"
        )
    return proven[precision]


def _listed(precisions: Sequence[float]) -> str:
    return ", ".join(f"{precision:g}" for precision in precisions) or "none"
