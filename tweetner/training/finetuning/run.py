"""Train, calibrate, score and save each seed of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import Trainer

from tweetner.evaluation import Stability
from tweetner.hub import Decoder, DecoderScores, Metrics, Scores
from tweetner.training.config import RunConfig
from tweetner.training.descriptions import describe_calibration, describe_held_out
from tweetner.training.finetuning.calibrate import (
    HeldOutPredictions,
    Predictions,
    fold_temperature,
    predict_dev,
    trained_backend,
)
from tweetner.training.finetuning.data import Splits, with_normalize
from tweetner.training.finetuning.fit import fit
from tweetner.training.finetuning.folds import predict_out_of_fold
from tweetner.training.finetuning.saving import save_forms
from tweetner.training.resuming import check_same_run, remove_folders, start_run

RUNS = Path("outputs/runs")


@dataclass(frozen=True)
class SeedResult:
    """The result of one seed.

    Attributes:
        seed: The seed.
        folder: The finished model folder; see `saving.bio_folder` for a second one beside it.
        scores: The scores in `metrics.json`.
        selection_f1: Entity F1 on the tweets that select the seed, 0 to 1.
    """

    seed: int
    folder: Path
    scores: Scores
    selection_f1: float

    def f1(self, split: str, decoder: str) -> float:
        """Return the entity F1 on a split with a decoder, 0 to 1."""
        return float(self.scores[split][decoder].entities["f1"])


def dev_name(config: RunConfig) -> str:
    """Return the name of the dev scores; with folds they are not the published model's own."""
    return "dev, out of fold" if config.folds else "dev"


def decoders_of(config: RunConfig) -> tuple[Decoder, ...]:
    """Return the decoders that a run is scored with, its own first."""
    if config.decoder == "crf":
        return ("crf",)
    return ("bio", "argmax") if config.decoder == "bio" else ("argmax", "bio")


def train_seed(
    config: RunConfig, seed: int, splits: Splits, *, resume: bool = False
) -> SeedResult | None:
    """Train, calibrate, score and save one seed under `outputs/runs/NAME/seed-SEED`.

    Returns:
        The result, or None in all processes but the first of a distributed run.

    Raises:
        ValueError: See `fit`; or the run to resume has another config.
    """
    config = with_normalize(config, splits)
    folder = RUNS / config.name / f"seed-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if resume:
        check_same_run(config, splits.run_hashes, folder, config.data)
    else:
        start_run(config, splits.run_hashes, folder)
    predictions, epochs = None, None
    if config.folds:
        predictions, epochs = predict_out_of_fold(config, seed, splits, folder, resume=resume)
    trainer = fit(config, seed, splits, folder, resume=resume, epochs=epochs)
    if not trainer.is_world_process_zero():
        return None
    backend = trained_backend(trainer)
    if predictions is None:
        predictions = predict_dev(backend, config.decoder, splits)
    test = Predictions.by(backend, splits.test)
    result = _finish(config, seed, trainer, splits, predictions, test, folder / "model")
    remove_folders(folder, "fold-*")  # gigabytes of checkpoints that nothing needs any more
    return result


def _finish(
    config: RunConfig,
    seed: int,
    trainer: Trainer,
    splits: Splits,
    predictions: HeldOutPredictions,
    test: Predictions,
    folder: Path,
) -> SeedResult:
    """Calibrate and score a trained model, and write its folder."""
    decoders = decoders_of(config)
    temperature = predictions.fit_temperature(config.decoder)
    scores: dict[str, dict[str, DecoderScores]] = {}
    for name, predicted in {dev_name(config): predictions.dev, "test": test}.items():
        scores[name] = {decoder: predicted.scores(decoder, temperature) for decoder in decoders}
    selected = "number of epochs" if config.folds else "checkpoint"
    temperature_on = describe_calibration(splits.dev_sets, selected=selected, n_folds=config.folds)
    thresholds_on = describe_held_out(splits.dev_sets, n_folds=config.folds)
    metrics = Metrics(
        seed=seed,
        data=splits.corpus,
        corpus_sha256=splits.hashes,
        split=config.split,
        temperature=temperature,
        temperature_on=temperature_on,
        scores=scores,
        thresholds=predictions.certify_thresholds(decoders, temperature, thresholds_on),
    )
    model = trainer.accelerator.unwrap_model(trainer.model)
    fold_temperature(model, temperature)
    save_forms(model, trainer.processing_class, config, metrics, folder)
    return SeedResult(seed, folder, scores, predictions.selection_f1)


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
            entities = {r.seed: r.scores[split][decoder].entities for r in results}
            spreads = {}
            for name in ("precision", "recall", "f1"):
                spreads[name] = Stability({seed: found[name] for seed, found in entities.items()})
            row = SummaryRow(
                split, decoder, **spreads, gold=first.entities["gold"], words=first.words
            )
            rows.append(row)
    return rows
