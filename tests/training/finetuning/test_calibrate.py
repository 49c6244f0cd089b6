"""Calibration after training."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tweetner.corpus import Tweet, hash_fraction
from tweetner.evaluation import WANTED
from tweetner.tagger import NeuralBackend, Tagger, TorchNetwork, load
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    load_splits,
    publish_best,
)
from tweetner.training.finetuning.calibrate import fold_temperature


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("model", "decoder"), [("distilbert", "bio"), ("distilbert-bilstm", "crf"), ("bilstm", "bio")]
)
def test_a_folded_temperature_keeps_the_tags_and_tempers_the_scores(
    model: str, decoder: Any, model_folder: Callable[[str, str], Path], tiny_tweets: list[Tweet]
) -> None:
    backend = load(model_folder(model, decoder)).backend
    assert isinstance(backend, NeuralBackend)
    assert isinstance(backend.network, TorchNetwork)
    words = [tweet.words for tweet in tiny_tweets]
    before = Tagger(backend, backend.encoder.tokenizer, decoder).tag_words(words)
    fold_temperature(backend.network.model, 3.0)
    after = Tagger(backend, backend.encoder.tokenizer, decoder).tag_words(words)
    assert [tagged.tags for tagged in after] == [tagged.tags for tagged in before]
    mean = [
        np.mean([score for tagged in found for score in tagged.scores]) for found in (before, after)
    ]
    assert mean[1] < mean[0]


@pytest.mark.slow
def test_tweets_that_prove_thresholds_choose_nothing(
    make: Callable[..., RunConfig],
    many_tweets: list[Tweet],
    train: Callable[..., SeedResult],
    write_corpus: Callable[[Path, list[Tweet]], str],
) -> None:
    dev = many_tweets
    right = make(data=write_corpus(Path("right"), dev), threshold_share=0.4)
    wrong_dev = [
        replace(tweet, tags=("B-person",) * len(tweet.words))
        if hash_fraction(tweet, "proving") < 0.4
        else tweet
        for tweet in dev
    ]
    wrong = make(data=write_corpus(Path("wrong"), wrong_dev), threshold_share=0.4)
    results = []
    for config in (right, wrong):
        result = train(config)
        results.append((result, (result.folder / "model.safetensors").read_bytes()))
    (first, weights), (second, other_weights) = results
    assert weights == other_weights  # the temperature is folded into them
    assert first.selection_f1 == second.selection_f1
    assert first.scores["dev"] != second.scores["dev"]


@pytest.mark.slow
def test_a_model_says_what_it_was_calibrated_on_and_which_thresholds_are_proven(
    make: Callable[..., RunConfig],
    many_tweets: list[Tweet],
    train: Callable[..., SeedResult],
    write_corpus: Callable[[Path, list[Tweet]], str],
) -> None:
    config = make(
        data=write_corpus(Path("right"), many_tweets), threshold_share=0.4, epochs=40, patience=0
    )
    _, splits = load_splits(config)
    n_held_out = len(splits.dev_sets.held_out)
    result = train(config)
    ((found, _),) = publish_best(config, [result], splits, hub=None)
    metrics = read(found.path / "metrics.json")
    assert (
        metrics["temperature_on"]
        == f"{36 - n_held_out} tweets of dev, which also selected the checkpoint"
    )
    on = f"{n_held_out} held-out tweets of dev"
    rows = metrics["thresholds"]
    assert [(row["decoder"], row["precision"]) for row in rows] == [
        (d, p) for d in ("bio", "argmax") for p in WANTED
    ]
    assert {row["on"] for row in rows} == {on}
    card = (found.path / "README.md").read_text(encoding="utf-8")
    assert f"Certified on {on}" in card
    assert f"It was fitted on {metrics['temperature_on']}" in card
