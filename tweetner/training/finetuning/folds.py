"""Cross-validation over dev: every dev tweet is predicted by a model that was not trained on it."""

from dataclasses import replace
from pathlib import Path
from statistics import mean

from tweetner.corpus import DevSets, Tweet, hash_fraction
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.calibrate import HeldOutPredictions, Trained
from tweetner.training.finetuning.data import Splits
from tweetner.training.finetuning.fit import fit
from tweetner.training.finetuning.saving import save_parts
from tweetner.training.finetuning.silver import Teacher


def predict_out_of_fold(
    config: RunConfig,
    seed: int,
    splits: Splits,
    folder: Path,
    *,
    resume: bool,
    teacher: Teacher | None = None,
) -> tuple[HeldOutPredictions | None, int]:
    """Train one model per fold of dev, on train and the other folds, and let it predict its fold.

    Only dev is divided, and every model is trained on all of train: dev resembles the tweets that
    the published model will meet more than train does, and the models differ little from the
    published one. The calibration tweets of a fold select its checkpoint; the held-out ones do not.
    The fold's model is kept in `fold-N/model`.

    Args:
        config: The run's config.
        seed: The seed.
        splits: The splits, with dev in train.
        folder: The folder of the seed; each fold has a folder in it.
        resume: Continue an interrupted run.
        teacher: What tags the unlabelled tweets that the models also learn from.

    Returns:
        The predictions, or None in all processes but the first of a distributed run; and the mean
        over folds of the best number of epochs.

    Raises:
        ValueError: A fold has no entity to select by; or see `fit`.
    """
    # without early stopping a complete fold has no epoch left to train when the run is resumed
    fold_config = replace(config, patience=0)
    predictions, best_epochs = [], []
    for number, fold in enumerate(divide_into_folds(splits, config.folds), start=1):
        part = fold_name(number)
        silver = teacher.silver(part) if teacher else None
        trainer = fit(fold_config, seed, fold, folder / part, resume=resume, silver=silver)
        best_share = trainer.state.best_global_step / trainer.state.max_steps
        best_epochs.append(round(config.epochs * best_share))
        if trainer.is_world_process_zero():
            trained = Trained.by(trainer)
            predictions.append(HeldOutPredictions.by(trained, fold))
            save_parts(trained, folder / part / "model")
    n_epochs = max(1, round(mean(best_epochs)))
    return HeldOutPredictions.concatenated(predictions) if predictions else None, n_epochs


def fold_name(number: int) -> str:
    """Return the name of a fold's folder; the first fold has number 1."""
    return f"fold-{number}"


def divide_into_folds(splits: Splits, n_folds: int) -> list[Splits]:
    """Return the splits of each fold: its own dev tweets, and all other tweets as train.

    A tweet's fold depends on its words alone, so equal tweets are in the same fold. A tweet of
    train that equals one of the fold is left out as well.

    Raises:
        ValueError: A fold has no entity to select by.
    """
    return [_fold(splits, number, n_folds) for number in range(n_folds)]


def _fold(splits: Splits, number: int, n_folds: int) -> Splits:
    def is_here(tweet: Tweet) -> bool:
        return int(n_folds * hash_fraction(tweet, "fold")) == number

    calibration = [tweet for tweet in splits.dev_sets.calibration if is_here(tweet)]
    held_out = [tweet for tweet in splits.dev_sets.held_out if is_here(tweet)]
    if not any(tweet.has_entity for tweet in calibration):
        raise ValueError(
            f"config key 'folds': expected fewer, got {n_folds}, "
            "of which one has no entity to select a checkpoint by"
        )
    words_of_fold = {tweet.words for tweet in splits.dev if is_here(tweet)}
    train = [tweet for tweet in splits.train if tweet.words not in words_of_fold]
    dev_sets = DevSets(calibration, calibration, held_out, "dev")
    return replace(splits, train=train, dev=calibration + held_out, dev_sets=dev_sets)
