"""Runs on six tweets: repeatable, resumed only as they began, and summarized over seeds."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import Tweet, write_conll
from tweetner.hub import DecoderScores
from tweetner.tagger import load
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    decoders_of,
    load_splits,
    remove_checkpoints,
    seeds_to_resume,
    summarize,
    with_normalize,
)
from tweetner.training.finetuning import run as run_module


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_a_test_split_without_entities_is_scored_all_the_same(
    make: Callable[..., RunConfig],
    tmp_path: Path,
    tiny_tweets: list[Tweet],
    train: Callable[..., SeedResult],
) -> None:
    for name, tweets in (("train", tiny_tweets), ("dev", tiny_tweets), ("test", tiny_tweets[2:3])):
        write_conll(tmp_path / f"{name}.conll", tweets)
    result = train(make(data=str(tmp_path), epochs=1))
    assert result.scores["test"]["bio"].entities["gold"] == 0
    assert math.isfinite(result.f1("test", "bio"))


@pytest.mark.parametrize("model", ["bilstm", "distilbert"])
@pytest.mark.slow
def test_the_same_seed_gives_the_same_files_and_another_seed_others(
    model: str, make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    config = make(model=model)
    first = contents(train(config).folder)
    assert contents(train(config).folder) == first
    other = contents(train(config, seed=2).folder)
    assert {name for name in first if other[name] != first[name]} == {
        "metrics.json",
        "model.safetensors",
    }


def test_a_run_is_resumed_only_as_it_was_begun(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    with pytest.raises(ValueError, match="expected a run to resume, found none"):
        train(make(), resume=True)
    Path("outputs/runs/tiny/seed-1/run_config.json").write_text(
        json.dumps({"epochs": 2} | {"learning_rate": 1.0}), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"got other values of .*learning_rate"):
        train(make(), resume=True)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_run_whose_labels_changed_is_not_resumed(
    make: Callable[..., RunConfig],
    train: Callable[..., SeedResult],
    tiny_tweets: list[Tweet],
    tmp_path: Path,
    split: str,
) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("train", "dev", "test"):
        write_conll(tmp_path / "mine" / f"{name}.conll", tiny_tweets)
    config = make(data="./mine")
    _, splits = load_splits(config)
    home = Path("outputs/runs/tiny/seed-1")
    home.mkdir(parents=True)
    began = asdict(with_normalize(config, splits)) | {"corpus_sha256": splits.hashes}
    (home / "run_config.json").write_text(json.dumps(began), encoding="utf-8")
    swap = {"geo-loc": "person", "person": "geo-loc"}
    swapped = []
    for tweet in tiny_tweets:
        tags = tuple(tag[:2] + swap[tag[2:]] if tag != "O" else tag for tag in tweet.gold)
        swapped.append(replace(tweet, tags=tags))
    write_conll(tmp_path / "mine" / f"{split}.conll", swapped)
    with pytest.raises(ValueError, match=rf"began with other words or tags in {split} of \./mine;"):
        train(config, resume=True)
    assert not list(home.glob("checkpoint-*"))


@pytest.mark.slow
def test_a_run_begun_anew_does_not_go_on_from_an_old_one(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    config = make(epochs=1)
    whole = contents(train(config).folder)
    stale = Path("outputs/runs/tiny/seed-1/checkpoint-99")
    stale.mkdir()
    (stale / "trainer_state.json").write_text("{}")
    assert contents(train(config).folder) == whole
    assert not stale.exists()


def seed_result(seed: int, f1: float) -> SeedResult:
    entities = {"f1": f1, "precision": f1 / 2, "recall": 1.0, "gold": 7}
    scores = DecoderScores("bio", entities, token_macro_non_o={"f1": f1 / 4}, words=26)
    return SeedResult(seed, Path("model"), {"dev": {"bio": scores}}, f1)


def test_a_summary_is_the_mean_over_seeds_and_from_two_on_its_spread() -> None:
    (row,) = summarize([seed_result(1, 0.4), seed_result(2, 0.6)])
    assert (row.f1.mean, row.precision.mean, row.recall.mean) == pytest.approx((0.5, 0.25, 1.0))
    assert row.f1.sd == pytest.approx(math.sqrt(0.02))
    assert (row.split, row.decoder, row.gold, row.words) == ("dev", "bio", 7, 26)
    assert summarize([seed_result(1, 0.4)])[0].f1.sd is None


@pytest.mark.parametrize(
    ("decoder", "expected"),
    [("bio", ("bio", "argmax")), ("argmax", ("argmax", "bio")), ("crf", ("crf",))],
)
def test_scores_are_given_for_the_runs_own_decoder_first(
    decoder: Any, expected: tuple[str, ...]
) -> None:
    assert decoders_of(RunConfig(decoder=decoder)) == expected


@pytest.mark.slow
def test_seeds_that_had_not_begun_begin_anew_and_finished_ones_are_not_trained_again(
    make: Callable[..., RunConfig],
    train: Callable[..., SeedResult],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = make(epochs=1, seeds=(1, 2))
    _, splits = load_splits(config)
    with pytest.raises(
        ValueError, match=r"outputs/runs/tiny: expected a run to resume, found none"
    ):
        seeds_to_resume(config, splits)
    first = train(config, seed=1)
    whole = contents(train(config, seed=2).folder)
    shutil.rmtree("outputs/runs/tiny/seed-2")  # as if the run had ended after the first seed

    assert seeds_to_resume(config, splits) == {1}
    remove_checkpoints(config)
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "fit", lambda *_, **__: pytest.fail("trained again"))
        assert train(config, seed=1, resume=True) == first
    assert contents(train(config, seed=2, resume=False).folder) == whole
    assert seeds_to_resume(replace(config, seeds=(1, 2, 3)), splits) == {1, 2}
    with pytest.raises(ValueError, match="got other values of epochs"):
        seeds_to_resume(replace(config, epochs=2, seeds=(1, 2, 3)), splits)


@pytest.mark.slow
def test_after_its_checkpoints_a_seed_keeps_weights_predictions_and_metrics(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    config = make(epochs=1)
    result = train(config)
    remove_checkpoints(config)
    home = Path("outputs/runs/tiny/seed-1")
    assert {path.name for path in home.iterdir()} == {
        "model",
        "predictions-dev.conll",
        "predictions-test.conll",
        "result.json",
        "run_config.json",
    }
    for split in ("dev", "test"):
        lines = (home / f"predictions-{split}.conll").read_text(encoding="utf-8").splitlines()
        rows = [line.split("\t") for line in lines if line]
        tagger = load(result.folder)
        _, splits = load_splits(config)
        words = [tweet.words for tweet in getattr(splits, split)]
        tagged = [tag for tweet in tagger.tag_words(words) for tag in tweet.tags]
        assert [row[2] for row in rows] == tagged


@pytest.mark.slow
def test_steps_limit_a_training_and_its_model_is_evaluated(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    train(make(max_steps=4, batch_size=2))  # six tweets: an epoch has three steps
    state = json.loads(
        next(Path("outputs/runs/tiny/seed-1").glob("checkpoint-*/trainer_state.json")).read_text()
    )
    assert state["max_steps"] == 4
    assert 0 < state["best_global_step"] <= 4
    with pytest.raises(ValueError, match="config key 'max_steps': expected 0 with folds"):
        make(max_steps=4, folds=2)
