"""Calibration after training."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import Trainer

from tweetner.corpus import Tweet, hash_fraction
from tweetner.evaluation import WANTED, scores_of
from tweetner.tagger import Emitted, NeuralBackend, Tagger, TorchNetwork, load
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    load_splits,
    publish_best,
    train_seed,
)
from tweetner.training.finetuning import run as run_module
from tweetner.training.finetuning.calibrate import fold_temperature
from tweetner.training.finetuning.fit import fit


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


@pytest.mark.slow
def test_scores_after_a_training_in_mixed_precision_are_those_of_the_published_model(
    make: Callable[..., RunConfig],
    many_tweets: list[Tweet],
    write_corpus: Callable[[Path, list[Tweet]], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trainers: list[Trainer] = []

    def fit_and_keep(*args: Any, **options: Any) -> Trainer:
        trainers.append(fit(*args, **options))
        return trainers[-1]

    monkeypatch.setattr(run_module, "fit", fit_and_keep)
    data = write_corpus(Path("six"), many_tweets)
    config = make(model="distilbert", precision="bf16", data=data, threshold_share=0.4)
    _, splits = load_splits(config)
    result = train_seed(config, 1, splits)
    assert result is not None

    words = [tweet.words for tweet in splits.test]
    in_training = TorchNetwork(trainers[0].model.eval())
    tagger = load(result.folder, backend="torch", device="cpu")
    assert isinstance(tagger.backend, NeuralBackend)
    tokenizer = tagger.backend.encoder.tokenizer
    half = NeuralBackend(in_training, tokenizer, 64)
    mixed = Emitted.by(half, words).emitted.scores
    full = Emitted.by(tagger.backend, words).emitted.scores
    assert np.abs(mixed - full).max() > 1e-4  # the training was in another precision

    for decoder in ("bio", "argmax"):
        tagger = load(result.folder, decoder=decoder, backend="torch", device="cpu")
        for split, tweets in (("dev", splits.dev), ("test", splits.test)):
            tagged = tagger.tag_words([tweet.words for tweet in tweets], probabilities=True)
            expected = scores_of(tagged, tweets, labels=tagger.labels, decoder=decoder)
            found = result.scores[split][decoder]
            assert found.entities == expected.entities
            assert found.token_roc_auc == pytest.approx(expected.token_roc_auc, abs=1e-9)
            assert found.token_pr_auc == pytest.approx(expected.token_pr_auc, abs=1e-9)
