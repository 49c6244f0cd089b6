"""Train, calibrate, score and save each seed of a run."""

from dataclasses import replace
from pathlib import Path

from accelerate import PartialState

from tweetner.files import write_json
from tweetner.hub import DecoderScores, Metrics
from tweetner.training.config import RunConfig
from tweetner.training.descriptions import describe_calibration, describe_held_out
from tweetner.training.finetuning.calibrate import (
    HeldOutPredictions,
    Predictions,
    Trained,
    fold_temperature,
)
from tweetner.training.finetuning.combine import (
    average_probabilities,
    average_weights,
    choose_o_bias,
    load_members,
    raise_o,
)
from tweetner.training.finetuning.data import Splits, with_normalize
from tweetner.training.finetuning.fit import fit
from tweetner.training.finetuning.folds import divide_into_folds, fold_name, predict_out_of_fold
from tweetner.training.finetuning.results import (
    FINAL,
    FINISHED,
    RUNS,
    SeedResult,
    decoders_of,
    dev_name,
    seed_folder,
)
from tweetner.training.finetuning.saving import save_forms
from tweetner.training.finetuning.silver import Teacher
from tweetner.training.resuming import (
    check_same_run,
    remove_files,
    remove_folders,
    start_run,
    was_started,
)

COMBINING = ("seeds", "combine", "unlabelled", "silver", "student_epochs")
"""The config keys that a seed's training does not depend on."""


def seeds_to_resume(config: RunConfig, splits: Splits) -> set[int]:
    """Return the seeds of a run that have begun; the others of the config begin anew.

    All are checked before one of them is trained. Call it in every process before the first one
    trains.

    Raises:
        ValueError: No seed has begun, or one began with another config, other words or other tags.
    """
    config = with_normalize(config, splits)
    folders = {seed: seed_folder(config, seed) for seed in config.seeds}
    begun = {seed for seed, folder in folders.items() if was_started(folder)}
    if not begun:
        raise ValueError(f"{RUNS / config.name}: expected a run to resume, found none")
    for seed in sorted(begun):
        check_same_run(config, splits.run_hashes, folders[seed], config.data, ignore=COMBINING)
    return begun


def remove_checkpoints(config: RunConfig) -> None:
    """Remove the Trainer's checkpoints of a run's seeds; their results stay."""
    folders = [seed_folder(config, seed) for seed in config.seeds]
    for folder in [*folders, RUNS / config.name / config.combine]:
        remove_folders(folder, "checkpoint-*")


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
    folder = seed_folder(config, seed)
    return _train(config, seed, splits, folder, resume=resume, ignore=COMBINING)


def combine_seeds(config: RunConfig, splits: Splits, *, resume: bool = False) -> SeedResult | None:
    """Make one model of all seeds as `config.combine` says, calibrate, score and save it.

    With folds, the models of each fold are combined in the same way to calibrate.

    Returns:
        The result, or None in all processes but the first of a distributed run.

    Raises:
        ValueError: See `fit`; or the seeds' models cannot be combined.
    """
    config = with_normalize(config, splits)
    folder = RUNS / config.name / config.combine
    if config.combine == "student":
        return _train_student(config, splits, folder, resume=resume)
    if not PartialState().is_main_process:
        return None
    merge = average_weights if config.combine == "soup" else average_probabilities
    held_out = []
    for number, fold in enumerate(divide_into_folds(splits, config.folds), start=1):
        combined = merge(_members(config, fold_name(number)))
        held_out.append(HeldOutPredictions.by(combined, fold))
    combined = merge(_members(config, FINAL))
    if not config.folds:
        held_out = [HeldOutPredictions.by(combined, splits)]
    predictions = HeldOutPredictions.concatenated(held_out)
    if config.combine == "soup":
        bias = choose_o_bias(predictions.calibration, config.decoder)
        raise_o(combined.model, bias)
        predictions = predictions.with_o_raised(bias)
    return _finish(config, None, combined, splits, predictions, folder)


def _train_student(
    config: RunConfig, splits: Splits, folder: Path, *, resume: bool
) -> SeedResult | None:
    """Train a model on train and on unlabelled tweets that the ensemble of all seeds tags."""
    resume = resume and was_started(folder)

    def load(part: str) -> Trained:
        return average_probabilities(_members(config, part))

    teacher = Teacher(config, splits, folder, load)
    if not resume:
        remove_files(folder, "silver-*")
    return _train(config, config.seeds[0], splits, folder, resume=resume, teacher=teacher)


def _train(
    config: RunConfig,
    seed: int,
    splits: Splits,
    folder: Path,
    *,
    resume: bool,
    ignore: tuple[str, ...] = (),
    teacher: Teacher | None = None,
) -> SeedResult | None:
    """Train, calibrate, score and save one model; a finished one is only loaded to be resumed."""
    folder.mkdir(parents=True, exist_ok=True)
    if resume:
        check_same_run(config, splits.run_hashes, folder, config.data, ignore=ignore)
        if (folder / FINISHED).is_file():
            return SeedResult.load(seed, folder) if PartialState().is_main_process else None
    else:
        start_run(config, splits.run_hashes, folder)
    if teacher:
        config = replace(config, epochs=config.student_epochs)
    predictions, epochs = None, None
    if config.folds:
        predictions, epochs = predict_out_of_fold(
            config, seed, splits, folder, resume=resume, teacher=teacher
        )
    silver = teacher.silver(FINAL) if teacher else None
    trainer = fit(config, seed, splits, folder, resume=resume, epochs=epochs, silver=silver)
    if not trainer.is_world_process_zero():
        return None
    trained = Trained.by(trainer)
    if predictions is None:
        predictions = HeldOutPredictions.by(trained, splits)
    result = _finish(config, seed, trained, splits, predictions, folder)
    remove_folders(folder, "fold-*/checkpoint-*")  # gigabytes that nothing needs any more
    return result


def _members(config: RunConfig, part: str) -> list[Trained]:
    """Load the models of all seeds: those of a fold, or the final ones."""
    folders = []
    for seed in config.seeds:
        folder = seed_folder(config, seed)
        folders.append(folder / FINAL if part == FINAL else folder / part / FINAL)
    return load_members(folders)


def _finish(
    config: RunConfig,
    seed: int | None,
    trained: Trained,
    splits: Splits,
    predictions: HeldOutPredictions,
    folder: Path,
) -> SeedResult:
    """Calibrate and score a trained model, and write its folder."""
    decoders = decoders_of(config)
    temperature = predictions.fit_temperature(config.decoder)
    test = Predictions.by(trained.backend, splits.test)
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
    fold_temperature(trained.model, temperature)
    save_forms(trained.model, trained.tokenizer, config, metrics, folder / FINAL)
    selection_f1 = predictions.selection.f1(config.decoder)
    for name, predicted in {"dev": predictions.dev, "test": test}.items():
        predicted.write(folder / f"predictions-{name}.conll", config.decoder)
    write_json({"selection_f1": selection_f1}, folder / FINISHED)
    return SeedResult(seed, folder / FINAL, scores, selection_f1)
