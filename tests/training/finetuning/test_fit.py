"""Training one seed: what is learnt, with which rates, and how it is resumed."""

import importlib
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainerCallback

from tweetner.corpus import Tweet
from tweetner.tagger import load
from tweetner.tags import tags_of
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    build,
    head_optimizer,
    load_splits,
    training_arguments,
)
from tweetner.training.finetuning.fit import fit
from tweetner.training.resuming import last_checkpoint

# the module; its package has a function of the same name
fit_module = importlib.import_module("tweetner.training.finetuning.fit")

TYPES = ("geo-loc", "person")
TAGS = tags_of(TYPES)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("model", "decoder"), [("bilstm", "bio"), ("distilbert", "bio"), ("distilbert-bilstm", "crf")]
)
@pytest.mark.slow
def test_six_tweets_are_learnt_by_heart(
    model: str,
    decoder: str,
    make: Callable[..., RunConfig],
    tiny_tweets: list[Tweet],
    train: Callable[..., SeedResult],
) -> None:
    plain = {"schedule": "constant", "dropout": 0.0, "weight_decay": 0.0, "patience": 0}
    config = make(model=model, decoder=decoder, epochs=40, **plain)
    result = train(config)
    assert result.f1("dev", decoder) > 0.95
    assert result.f1("test", decoder) == result.f1("dev", decoder)
    assert load(result.folder).tag_words([tiny_tweets[0].words])[0].tags == list(
        tiny_tweets[0].gold
    )


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.slow
def test_training_moves_every_weight_but_frozen_embeddings(
    freeze: bool, make: Callable[..., RunConfig]
) -> None:
    config = make(model="distilbert-bilstm", decoder="crf", freeze_embeddings=freeze, warmup=0.0)
    trainer = fit(config, 1, load_splits(config)[1], Path("run"), resume=False)
    trained = dict(trainer.model.named_parameters())
    torch.manual_seed(1)
    untrained, _ = build(config, TAGS, [])
    pretrained = {
        name: weight for name, weight in untrained.named_parameters() if name.startswith("encoder.")
    }
    still = {name for name, weight in pretrained.items() if torch.equal(weight, trained[name])}
    assert still == ({"encoder.embeddings.word_embeddings.weight"} if freeze else set())
    assert not any(weight.requires_grad for name, weight in trained.items() if name in still)


def test_head_and_encoder_have_their_own_learning_rates_and_vectors_no_decay(
    make: Callable[..., RunConfig],
) -> None:
    rates = {"learning_rate": 1e-4, "head_learning_rate": 1e-2, "weight_decay": 0.1}
    config = make(model="distilbert-bilstm", decoder="crf", **rates)
    model, _ = build(config, TAGS, [])
    names = {id(weight): name for name, weight in model.named_parameters()}
    groups = head_optimizer(model, config).param_groups
    found = {
        names[id(weight)]: (group["lr"], group["weight_decay"])
        for group in groups
        for weight in group["params"]
    }
    assert found == {
        name: (1e-4 if name.startswith("encoder.") else 1e-2, 0.1 if weight.ndim > 1 else 0.0)
        for name, weight in model.named_parameters()
        if name != "encoder.embeddings.word_embeddings.weight"  # frozen
    }


def test_a_word_level_model_has_one_learning_rate(make: Callable[..., RunConfig]) -> None:
    config = make(learning_rate=1e-4, head_learning_rate=1e-2)
    groups = head_optimizer(build(config, TAGS, [])[0], config).param_groups
    assert {group["lr"] for group in groups} == {1e-4}


def test_without_a_gpu_bf16_runs_on_the_cpu_and_fp16_is_refused(
    make: Callable[..., RunConfig],
) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    arguments = training_arguments(make(precision="bf16"), 1, Path("run"))
    assert arguments.bf16
    assert arguments.device.type == "cpu"
    with pytest.raises(ValueError, match="precision 'fp16' needs a GPU, and there is none"):
        training_arguments(make(precision="fp16"), 1, Path("run"))


class Interrupt(TrainerCallback):
    """Stops a run in the middle of its third epoch, as Ctrl-C would."""

    def on_step_end(self, *arguments: Any, **_: Any) -> None:
        if arguments[1].global_step == 7:
            raise KeyboardInterrupt


@pytest.mark.parametrize("model", ["bilstm", "distilbert"])
@pytest.mark.slow
def test_a_run_that_was_interrupted_and_resumed_ends_with_the_same_weights(
    model: str,
    make: Callable[..., RunConfig],
    monkeypatch: pytest.MonkeyPatch,
    train: Callable[..., SeedResult],
) -> None:
    config = make(model=model, epochs=4)
    whole = contents(train(config).folder)
    with monkeypatch.context() as patch:
        patch.setattr(fit_module, "StopWhenNotFinite", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(config)
    home = Path("outputs/runs/tiny/seed-1")
    saved = {path.name for path in home.glob("checkpoint-*")}
    assert {"checkpoint-3"} <= saved <= {"checkpoint-3", "checkpoint-6"}  # of the best epochs
    (home / "checkpoint-9").mkdir()  # half-written
    assert contents(train(config, resume=True).folder) == whole


def test_the_newest_complete_checkpoint_is_taken_and_a_half_written_one_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert last_checkpoint(tmp_path) is None
    for step in (9, 10, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if step < 100:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    with caplog.at_level(logging.WARNING):
        assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-10"
    warning = f"{tmp_path / 'checkpoint-100'} is incomplete and is skipped"
    assert [record.message for record in caplog.records] == [warning]


@pytest.mark.parametrize("epochs", [2, 10])  # fewer steps than the Trainer logs after, and more
@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_the_run_and_leaves_no_model(
    epochs: int,
    make: Callable[..., RunConfig],
    monkeypatch: pytest.MonkeyPatch,
    train: Callable[..., SeedResult],
) -> None:
    def broken(*arguments: Any, **_: Any) -> tuple[Any, Any]:
        model, tokenizer = build(*arguments)
        model.classifier.weight.data[:] = math.nan
        return model, tokenizer

    monkeypatch.setattr(fit_module, "build", broken)
    with pytest.raises(ValueError, match="is nan; a lower learning_rate may help"):
        train(make(epochs=epochs, patience=0))
    assert not Path("outputs/runs/tiny/seed-1/model").exists()
    assert not Path("outputs/hub").exists()
