"""What a run publishes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from seqeval.metrics import f1_score

import tweetner
from tweetner.corpus import Tweet
from tweetner.tags import tags_to_entities
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    load_splits,
    publish_best,
)
from tweetner.training.resuming import last_checkpoint


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


FILES = {
    "README.md",
    "config.json",
    "environment.json",
    "metrics.json",
    "model.safetensors",
    "run_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
}
CODE = {"configuration_tweetner.py", "modeling_tweetner.py"}


@pytest.mark.parametrize(
    ("model", "decoder", "names"),
    [
        ("bilstm", "bio", {"tiny": FILES | CODE}),
        ("distilbert", "bio", {"tiny": FILES, "tiny-bio": FILES | CODE}),
        ("distilbert-bilstm", "crf", {"tiny-crf": FILES | CODE}),
    ],
)
@pytest.mark.slow
def test_what_is_published_is_complete_and_scores_as_its_metrics_say(
    model: str,
    decoder: str,
    names: dict[str, set[str]],
    make: Callable[..., RunConfig],
    tiny_tweets: list[Tweet],
    train: Callable[..., SeedResult],
) -> None:
    config = make(model=model, decoder=decoder, epochs=6, schedule="constant")
    _, splits = load_splits(config)
    result = train(config)
    published = publish_best(config, [result], splits, hub=None)
    assert {found.name for found, _ in published} == {f"tweetner/{name}" for name in names}
    newest = last_checkpoint(Path("outputs/runs/tiny/seed-1"))
    assert newest is not None
    best = read(newest / "trainer_state.json")["best_metric"]  # the Trainer's dev F1 is the model's
    assert best == pytest.approx(result.f1("dev", decoder))
    for found, parity in published:
        assert {path.name for path in found.path.iterdir()} == names[
            found.name.removeprefix("tweetner/")
        ]
        assert (parity.equal, parity.agreement) == (6, 1.0)
        metrics = read(found.path / "metrics.json")
        assert metrics["parity_on_dev"]["equal"] == 6
        for split, by_decoder in metrics["scores"].items():
            for name, scores in by_decoder.items():
                if name == "argmax" and found.name.endswith("-bio"):
                    continue  # said of the weights; the folder itself decodes by bio
                tagged = tweetner.load(found.name, decoder=name).tag_words(
                    [tweet.words for tweet in tiny_tweets]
                )
                tags = [tweet.tags for tweet in tagged]
                f1 = (
                    f1_score([list(tweet.gold) for tweet in tiny_tweets], tags)
                    if any(map(tags_to_entities, tags))
                    else 0.0
                )
                assert scores["entities"]["f1"] == pytest.approx(f1), (split, name)
                assert scores["entities"]["gold"] == sum(
                    len(tags_to_entities(tweet.gold)) for tweet in tiny_tweets
                )
                assert scores["words"] == sum(len(tweet.words) for tweet in tiny_tweets)
                assert scores["tweets"] == 6


@pytest.mark.slow
def test_the_native_model_and_its_bio_form_give_the_same_tags(
    make: Callable[..., RunConfig], tiny_tweets: list[Tweet], train: Callable[..., SeedResult]
) -> None:
    config = make(model="distilbert", epochs=3)
    publish_best(config, [train(config)], load_splits(config)[1], hub="hub")
    native, ours = tweetner.load("tiny", hub="hub"), tweetner.load("tweetner/tiny-bio", hub="hub")
    assert native.decoder == ours.decoder == "bio"
    for a, b in zip(
        *(tagger.tag_words([tweet.words for tweet in tiny_tweets]) for tagger in (native, ours)),
        strict=True,
    ):
        assert (a.tags, a.scores) == (b.tags, pytest.approx(b.scores, abs=1e-4))


@pytest.mark.slow
def test_no_path_of_the_machine_is_published(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    config = make(model="distilbert", epochs=1)
    for found, _ in publish_best(config, [train(config)], load_splits(config)[1], hub=None):
        for path in found.path.iterdir():
            text = path.read_bytes().decode("utf-8", "replace")
            for machine in (config.data, config.encoder, Path.cwd()):
                assert str(machine) not in text, path.name


@pytest.mark.slow
def test_the_best_seed_on_dev_is_published(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    config = make(epochs=1, seeds=(1, 2))
    results = [train(config, seed=seed) for seed in (1, 2)]
    ((found, _),) = publish_best(
        config,
        [results[0], replace(results[1], selection_f1=1.0)],
        load_splits(config)[1],
        hub=None,
    )
    assert read(found.path / "metrics.json")["seed"] == 2
