"""Cross-validation over dev."""

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainerCallback

from tweetner.corpus import Tweet
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    load_splits,
    publish_best,
)
from tweetner.training.finetuning.folds import divide_into_folds

# the module; its package has a function of the same name
fit_module = importlib.import_module("tweetner.training.finetuning.fit")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_dev_tweet_is_in_one_fold_whose_model_never_sees_its_words(
    make: Callable[..., RunConfig],
    tiny_tweets: list[Tweet],
    many_tweets: list[Tweet],
    write_corpus: Callable[[Path, list[Tweet]], str],
) -> None:
    dev = many_tweets
    config = make(
        data=write_corpus(Path("right"), [*dev, *dev[:5], tiny_tweets[0]]),
        folds=3,
        threshold_share=0.4,
    )
    _, splits = load_splits(config)
    assert [tweet.words for tweet in splits.train] == [
        tweet.words for tweet in [*tiny_tweets, *splits.dev]
    ]
    folds = divide_into_folds(splits, 3)
    assert sum(len(fold.dev_sets.calibration) for fold in folds) == len(splits.dev_sets.calibration)
    assert sum(len(fold.dev_sets.held_out) for fold in folds) == len(splits.dev_sets.held_out)
    for fold in folds:
        assert fold.dev_sets.selection == fold.dev_sets.calibration
        mine = {tweet.words for tweet in fold.dev_sets.calibration + fold.dev_sets.held_out}
        rest = [tweet.words for tweet in splits.train if tweet.words not in mine]
        assert [tweet.words for tweet in fold.train] == rest
        assert 0 < len(mine) < 36


def test_more_folds_than_dev_has_tweets_with_entities_are_refused(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    with pytest.raises(
        ValueError,
        match="config key 'folds': expected fewer, got 7, of which one has no entity",
    ):
        train(make(folds=7))


@pytest.mark.parametrize(("model", "decoder"), [("bilstm", "bio"), ("distilbert-bilstm", "crf")])
@pytest.mark.slow
def test_with_folds_dev_is_trained_on_and_answered_by_models_that_never_saw_it(
    model: str,
    decoder: str,
    make: Callable[..., RunConfig],
    many_tweets: list[Tweet],
    train: Callable[..., SeedResult],
    write_corpus: Callable[[Path, list[Tweet]], str],
) -> None:
    data = write_corpus(Path("right"), many_tweets)
    config = make(model=model, decoder=decoder, data=data, folds=2, threshold_share=0.4, epochs=4)
    _, splits = load_splits(config)
    result = train(config)
    ((found, _),) = publish_best(config, [result], splits, hub=None)
    metrics = read(found.path / "metrics.json")
    scores = metrics["scores"]["dev, out of fold"][decoder]
    assert (scores["tweets"], scores["entities"]["gold"]) == (36, 6 * 9)
    assert list(metrics["scores"]) == ["dev, out of fold", "test"]
    assert metrics["temperature_on"].endswith(
        "which also selected the number of epochs, tagged out of fold by 2 other models"
    )
    assert metrics["thresholds"][0]["on"].endswith(
        "out of fold by 2 other models, so the stated precision is approximate"
    )
    card = (found.path / "README.md").read_text(encoding="utf-8")
    assert "on train and dev of right; seed 1." in card
    assert re.search(r"^\| train and dev +\| 42 +\|", card, re.MULTILINE)
    left = {path.name for path in Path("outputs/runs/tiny/seed-1").glob("fold-*/*")}
    assert left == {"model"}  # no checkpoint


class InterruptSecondFold(TrainerCallback):
    """Stops a run in the second fold."""

    def on_step_end(self, *arguments: Any, **_: Any) -> None:
        if "fold-2" in arguments[0].output_dir and arguments[1].global_step == 20:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_with_folds_is_resumed_to_the_same_model(
    make: Callable[..., RunConfig],
    monkeypatch: pytest.MonkeyPatch,
    many_tweets: list[Tweet],
    train: Callable[..., SeedResult],
    write_corpus: Callable[[Path, list[Tweet]], str],
) -> None:
    config = make(
        data=write_corpus(Path("right"), many_tweets), folds=2, threshold_share=0.4, epochs=3
    )
    whole = contents(train(config).folder)
    with monkeypatch.context() as patch:
        patch.setattr(fit_module, "StopWhenNotFinite", InterruptSecondFold)
        with pytest.raises(KeyboardInterrupt):
            train(config)
    assert {path.name for path in Path("outputs/runs/tiny/seed-1").glob("fold-*")} == {
        "fold-1",
        "fold-2",
    }
    assert contents(train(config, resume=True).folder) == whole
