"""Out-of-fold answers: where dev is trained on, models that each left out a part of it answer for that part."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean

from tweetner.corpus import DevSets, hash_fraction
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.calibrate import Answers, Evidence, backend_of
from tweetner.training.finetuning.data import Splits
from tweetner.training.finetuning.fit import fit


def out_of_fold(
    config: RunConfig,
    seed: int,
    labels: Sequence[str],
    splits: Splits,
    folder: Path,
    *,
    resume: bool,
) -> tuple[Evidence | None, int]:
    """Train a model for each fold of dev, on train and the other folds.

    Only dev is parted, and train is in every model: dev is nearer than train to the tweets that the
    published model will meet, and the models that answer for it are nearly that model. A fold's own
    tweets choose its checkpoint, but for those that are kept back to prove thresholds.

    Returns:
        The evidence, None in all processes but the first of a distributed run; and the number of
        epochs that was best for a fold, on average.

    Raises:
        ValueError: A fold has no entity to choose by; or see `fit`.
    """
    steady = replace(config, patience=0)  # resumed, a complete fold has no epoch left to train
    tempering, proving, epochs = [], [], []
    for number, fold in enumerate(folds_of(splits, config.folds), start=1):
        trainer = fit(steady, seed, labels, fold, folder / f"fold-{number}", resume=resume)
        epochs.append(
            round(config.epochs * trainer.state.best_global_step / trainer.state.max_steps)
        )
        if trainer.is_world_process_zero():
            backend = backend_of(trainer)
            tempering.append(Answers.by(backend, fold.dev_sets.calibration))
            proving.append(Answers.by(backend, fold.dev_sets.held_out))
    n_epochs = max(1, round(mean(epochs)))
    if not tempering:
        return None, n_epochs
    choosing = Answers.joined(tempering)
    choice = choosing.scores(config.decoder, 1.0).entities["f1"]
    return Evidence(
        Answers.joined(tempering + proving), choosing, Answers.joined(proving), choice
    ), n_epochs


def folds_of(splits: Splits, n_folds: int) -> list[Splits]:
    """For each fold the tweets that its model trains on, and its own tweets, which that model never sees.

    A tweet's fold depends on its words alone, so equal tweets are in the same one, those of train
    too.

    Raises:
        ValueError: A fold has no entity to choose by.
    """
    folds = []
    for fold in range(n_folds):
        mine = {
            tweet.words
            for tweet in splits.dev
            if int(n_folds * hash_fraction(tweet, "fold")) == fold
        }
        tempering, proving = (
            [tweet for tweet in tweets if tweet.words in mine]
            for tweets in (splits.dev_sets.calibration, splits.dev_sets.held_out)
        )
        if all(tag == "O" for tweet in tempering for tag in tweet.gold):
            raise ValueError(
                f"config key 'folds': of {n_folds} folds, one has no entity to choose by: expected fewer"
            )
        train = [tweet for tweet in splits.train if tweet.words not in mine]
        folds.append(
            replace(splits, train=train, dev_sets=DevSets(tempering, tempering, proving, "dev"))
        )
    return folds
