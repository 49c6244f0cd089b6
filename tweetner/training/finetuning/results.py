"""The result of a trained seed, where it is kept, and the scores of several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tweetner.evaluation import Stability
from tweetner.files import read_object
from tweetner.hub import Decoder, ModelFolder, Scores
from tweetner.training.config import RunConfig

RUNS = Path("outputs/runs")

FINAL = "model"
"""The folder of a finished model in the folder of its seed or fold."""

FINISHED = "result.json"
"""The file that a finished seed has."""


@dataclass(frozen=True)
class SeedResult:
    """The result of one seed.

    Attributes:
        seed: The seed; None for a model that combines several.
        folder: The finished model folder; see `saving.bio_folder` for a second one beside it.
        scores: The scores in `metrics.json`.
        selection_f1: Entity F1 on the tweets that select the seed, 0 to 1.
    """

    seed: int | None
    folder: Path
    scores: Scores
    selection_f1: float

    @classmethod
    def load(cls, seed: int, folder: Path) -> Self:
        """Load the result of a finished seed."""
        scores = ModelFolder(folder / FINAL).metrics.scores
        selection_f1 = read_object(folder / FINISHED)["selection_f1"]
        return cls(seed, folder / FINAL, scores, selection_f1)

    def f1(self, split: str, decoder: str) -> float:
        """Return the entity F1 on a split with a decoder, 0 to 1."""
        return float(self.scores[split][decoder].entities["f1"])


def seed_folder(config: RunConfig, seed: int) -> Path:
    """Return the folder in which a seed is trained."""
    return RUNS / config.name / f"seed-{seed}"


def dev_name(config: RunConfig) -> str:
    """Return the name of the dev scores; with folds they are not the published model's own."""
    return "dev, out of fold" if config.folds else "dev"


def decoders_of(config: RunConfig) -> tuple[Decoder, ...]:
    """Return the decoders that a run is scored with, its own first."""
    if config.decoder == "crf":
        return ("crf",)
    return ("bio", "argmax") if config.decoder == "bio" else ("argmax", "bio")


@dataclass(frozen=True)
class SummaryRow:
    """The scores of all seeds on one split with one decoder.

    Attributes:
        split: The split.
        decoder: The decoder.
        precision: Entity precision of each seed, 0 to 1.
        recall: Entity recall of each seed.
        f1: Entity F1 of each seed.
        gold: Number of gold entities.
        words: Number of words.
    """

    split: str
    decoder: str
    precision: Stability
    recall: Stability
    f1: Stability
    gold: int
    words: int


def summarize(results: Sequence[SeedResult]) -> list[SummaryRow]:
    """Summarize the scores of all seeds, one row per split and decoder."""
    rows = []
    for split, by_decoder in results[0].scores.items():
        for decoder, first in by_decoder.items():
            entities = {i: r.scores[split][decoder].entities for i, r in enumerate(results)}
            spreads = {}
            for name in ("precision", "recall", "f1"):
                spreads[name] = Stability({i: found[name] for i, found in entities.items()})
            row = SummaryRow(
                split, decoder, **spreads, gold=first.entities["gold"], words=first.words
            )
            rows.append(row)
    return rows
