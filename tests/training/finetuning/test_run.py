"""Runs on six tweets: exact, repeatable, resumable, calibrated, and published as scored."""

import json
import logging
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import datasets
import numpy as np
import pytest
import torch
from seqeval.metrics import f1_score
from transformers import TrainerCallback

import tweetner
from tweetner.corpus import DevSets, Tweet, hash_fraction, write_conll
from tweetner.evaluation import WANTED
from tweetner.hub import DecoderScores
from tweetner.tagger import NeuralBackend, Tagger, TorchNetwork, load
from tweetner.tags import tags_of, tags_to_entities
from tweetner.tokenization import UNOBSERVED, SubwordEncoder, Windows
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    TweetTrainer,
    build,
    decoders_of,
    encode_dataset,
    head_optimizer,
    load_splits,
    longest_first,
    publish_best,
    subword_loss,
    summarize,
    train_seed,
    training_arguments,
)
from tweetner.training.finetuning import fit as fit_module
from tweetner.training.finetuning.finish import fold_temperature
from tweetner.training.finetuning.fit import fit, last_checkpoint
from tweetner.training.finetuning.folds import folds_of
from tweetner.training.finetuning.loss import INNER, label_inner_subwords
from tweetner.training.finetuning.trainer import GroupedByLength, StopWhenNotFinite
from tweetner.training.parsing import config_from

ROOT = Path(__file__).parents[3]
TYPES = ("geo-loc", "person")
TAGS = tags_of(TYPES)
TINY: dict[str, Any] = {
    "name": "tiny",
    "model": "bilstm",
    "types": TYPES,
    "seeds": (1,),
    "embedding_size": 8,
    "lstm_size": 8,
    "min_count": 1,
    "max_subwords": 64,
    "epochs": 2,
    "batch_size": 2,
    "learning_rate": 2e-2,
    "head_learning_rate": 2e-2,
    "dropout": 0.1,
    "threshold_share": 0.0,  # all six tweets choose
}
SIX = [
    Tweet(str(i), tuple(words.split()), tuple(tags.split()))
    for i, (words, tags) in enumerate(
        [
            ("just landed in New York", "O O O B-geo-loc I-geo-loc"),
            ("@ann meets Tom Hanks in Berlin !", "O O B-person I-person O B-geo-loc O"),
            ("so tired lol", "O O O"),
            ("Ann and Bob :)", "B-person O B-person O"),
            ("http://t.co/x Paris Berlin", "O B-geo-loc B-geo-loc"),
            ("Bob loves New York", "B-person O B-geo-loc I-geo-loc"),
        ]
    )
]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same six tweets as train, dev and test: what a model can learn by heart."""
    folder = tmp_path_factory.mktemp("corpus")
    for split in ("train", "dev", "test"):
        write_conll(folder / f"{split}.conll", SIX)
    return folder


@pytest.fixture
def make(
    corpus: Path, encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunConfig]:
    """`make(key=value)`: a tiny run's config; the run writes to a folder of the test."""
    monkeypatch.chdir(tmp_path)

    def config(**changed: Any) -> RunConfig:
        return config_from(
            RunConfig, TINY | {"data": str(corpus), "encoder": str(encoder_folder)} | changed
        )

    return config


def train(config: RunConfig, *, seed: int = 1, resume: bool = False) -> SeedResult:
    result = train_seed(config, seed, load_splits(config)[1], resume=resume)
    assert result is not None
    return result


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


# --- data -----------------------------------------------------------------------------------------


def test_a_run_reads_the_three_splits_of_its_corpus(make: Callable[..., RunConfig]) -> None:
    corpus, splits = load_splits(make())
    assert corpus.types == TYPES
    for tweets in (splits.train, splits.dev, splits.test):
        assert [(tweet.words, tweet.tags) for tweet in tweets] == [
            (tweet.words, tweet.tags) for tweet in SIX
        ]
    assert splits.dev_sets == DevSets(splits.dev, splits.dev, [], "dev")


@pytest.mark.parametrize(
    ("split", "tweets", "message"),
    [
        ("dev", SIX[2:3], "dev has no entity, so there is nothing to learn or to choose by"),
        ("train", SIX[2:3], "train has no entity"),
        ("test", None, "expected splits train, dev and test with tweets, test has none"),
    ],
)
def test_a_corpus_that_no_run_can_use_is_refused(
    split: str,
    tweets: list[Tweet] | None,
    message: str,
    make: Callable[..., RunConfig],
    tmp_path: Path,
) -> None:
    for name in ("train", "dev", "test"):
        if name != split:
            write_conll(tmp_path / f"{name}.conll", SIX)
        elif tweets is not None:
            write_conll(tmp_path / f"{name}.conll", tweets)
    with pytest.raises(ValueError, match=message):
        load_splits(make(data=str(tmp_path)))


@pytest.mark.slow
def test_a_test_split_without_entities_is_scored_all_the_same(
    make: Callable[..., RunConfig], tmp_path: Path
) -> None:
    for name, tweets in (("train", SIX), ("dev", SIX), ("test", SIX[2:3])):
        write_conll(tmp_path / f"{name}.conll", tweets)
    result = train(make(data=str(tmp_path), epochs=1))
    assert result.scores["test"]["bio"].entities["gold"] == 0
    assert math.isfinite(result.f1("test", "bio"))


def test_a_dataset_holds_a_label_for_each_word_longest_tweets_first(
    make: Callable[..., RunConfig], list_windows: Callable[[Windows], list[Any]]
) -> None:
    config = make()
    _, tokenizer = build(config, TAGS, [tweet.words for tweet in SIX])
    dataset, windows = encode_dataset(SIX, SubwordEncoder(tokenizer.backend_tokenizer, 64), TAGS)
    lengths = [len(ids) for ids in dataset["input_ids"]]
    assert lengths == sorted(lengths, reverse=True)
    listed = list_windows(windows)
    rows = [listed[i] for i in longest_first(windows)]
    assert [window.input_ids for window in rows] == list(dataset["input_ids"])
    for window, labels in zip(rows, dataset["labels"], strict=True):
        assert [TAGS[label] for label in labels if label != UNOBSERVED] == list(
            SIX[window.tweet].gold
        )


# --- the loss of native classifiers ---------------------------------------------------------------


def test_inner_subwords_go_on_as_the_inside_of_their_word() -> None:
    windows = Windows(
        tweets=np.array([0, 1]),
        input_ids=np.array([2, 10, 11, 12, 13, 14, 15, 3, 2, 3]),
        bounds=np.array([0, 8, 10]),
        positions=np.array([1, 3, 4]),
        words=np.array([0, 1, 2]),
        unit_bounds=np.array([0, 3, 3]),
        answered=np.array([True, True, False]),
    )
    aligned = np.array([UNOBSERVED, 1, UNOBSERVED, 0, *[UNOBSERVED] * 6])
    # B-geo-loc and its inside; O without one; the third word belongs to another window;
    # a window without words
    expected = [-100, 1, INNER - 2, 0, -100, -100, -100, -100, -100, -100]
    assert label_inner_subwords(windows, aligned, n_after=1).tolist() == expected


def test_the_loss_weighs_inner_subwords_and_divides_by_all_labels() -> None:
    logits = torch.randn(1, 5, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[-100, 1, INNER - 2, 0, -100]])
    nll = -logits.log_softmax(-1)[0]
    expected = (nll[1, 1] + 0.3 * nll[2, 2] + nll[3, 0]) / 3
    outputs = type("Outputs", (), {"logits": logits})
    torch.testing.assert_close(subword_loss(0.3)(outputs, labels), expected)
    torch.testing.assert_close(
        subword_loss(0.3)(outputs, labels, num_items_in_batch=6), expected / 2
    )


# --- learning -------------------------------------------------------------------------------------


def test_grouped_rows_are_each_drawn_once_in_steps_of_like_length_and_of_no_order() -> None:
    lengths = [i * 37 % 100 for i in range(1002)]
    sampler = GroupedByLength(lengths, 4, seed=7)
    first = list(sampler)
    assert sorted(first) == list(range(1002))
    whole = [[lengths[row] for row in first[i : i + 4]] for i in range(0, 1000, 4)]
    assert sum(max(step) - min(step) for step in whole) / len(whole) < 3
    means = np.array([sum(step) / 4 for step in whole])
    assert (
        abs(np.corrcoef(means[:-1], means[1:])[0, 1]) < 0.2
    )  # what a step is like says nothing of the next
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first == list(GroupedByLength(lengths, 4, seed=7))


@pytest.mark.parametrize(("accumulation", "divisor"), [(1, 4.0), (2, 8.0), (3, 12.0), (4, 12.0)])
@pytest.mark.parametrize("by_length", [True, False])
def test_in_grouped_steps_each_word_weighs_the_same(
    by_length: bool,
    accumulation: int,
    divisor: float,
    make: Callable[..., RunConfig],
    tmp_path: Path,
) -> None:
    rows = [
        {"input_ids": [2, *[5] * n, 3], "labels": [-100, *[0] * n, -100]}
        for n in (1, 3, 1, 3, 1, 3)
    ]
    config = make(group_by_length=by_length, accumulation=accumulation)
    arguments = training_arguments(config, 1, tmp_path, choose=False)
    dataset = datasets.Dataset.from_list(rows)
    model = torch.nn.Linear(1, 1)
    trainer = TweetTrainer(
        model, arguments, train_dataset=dataset, compute_loss_func=subword_loss(0.3)
    )
    batches = [{"labels": torch.tensor([row["labels"]])} for row in rows[:accumulation]]
    taken, n_labels = trainer.get_batch_samples(iter(batches), accumulation, torch.device("cpu"))
    assert taken == batches
    own = sum(len(row["labels"]) - 2 for row in rows[:accumulation])
    assert float(n_labels) == (
        divisor if by_length else own
    )  # a mean step of two rows each holds four labels


@pytest.mark.parametrize(
    ("model", "decoder"), [("bilstm", "bio"), ("distilbert", "bio"), ("distilbert-bilstm", "crf")]
)
@pytest.mark.slow
def test_six_tweets_are_learnt_by_heart(
    model: str, decoder: str, make: Callable[..., RunConfig]
) -> None:
    plain = {"schedule": "constant", "dropout": 0.0, "weight_decay": 0.0, "patience": 0}
    config = make(model=model, decoder=decoder, epochs=40, **plain)
    result = train(config)
    assert result.f1("dev", decoder) > 0.95
    assert result.f1("test", decoder) == result.f1("dev", decoder)
    assert load(result.folder).tag_words([SIX[0].words])[0].tags == list(SIX[0].gold)


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.slow
def test_training_moves_every_weight_but_frozen_embeddings(
    freeze: bool, make: Callable[..., RunConfig]
) -> None:
    config = make(model="distilbert-bilstm", decoder="crf", freeze_embeddings=freeze, warmup=0.0)
    trainer = fit(config, 1, TAGS, load_splits(config)[1], Path("run"), resume=False)
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


def test_half_precision_without_a_gpu_is_refused(make: Callable[..., RunConfig]) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    for precision in ("bf16", "fp16"):
        with pytest.raises(
            ValueError, match=f"precision '{precision}' needs a GPU, and there is none"
        ):
            training_arguments(make(precision=precision), 1, Path("run"))


# --- the same again -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["bilstm", "distilbert"])
@pytest.mark.slow
def test_the_same_seed_gives_the_same_files_and_another_seed_others(
    model: str, make: Callable[..., RunConfig]
) -> None:
    config = make(model=model)
    first = contents(train(config).folder)
    assert contents(train(config).folder) == first
    other = contents(train(config, seed=2).folder)
    assert {name for name in first if other[name] != first[name]} == {
        "metrics.json",
        "model.safetensors",
    }


class Interrupt(TrainerCallback):
    """Stops a run in the middle of its third epoch, as Ctrl-C would."""

    def on_step_end(self, *arguments: Any, **_: Any) -> None:
        if arguments[1].global_step == 7:
            raise KeyboardInterrupt


@pytest.mark.parametrize("model", ["bilstm", "distilbert"])
@pytest.mark.slow
def test_a_run_that_was_interrupted_and_resumed_ends_with_the_same_weights(
    model: str, make: Callable[..., RunConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make(model=model, epochs=4)
    whole = contents(train(config).folder)
    with monkeypatch.context() as patch:
        patch.setattr(fit_module, "StopWhenNotFinite", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(config)
    home = Path("outputs/runs/tiny/seed-1")
    assert sorted(path.name for path in home.glob("checkpoint-*")) == [
        "checkpoint-3",
        "checkpoint-6",
    ]
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
    warning = f"{tmp_path / 'checkpoint-100'} is incomplete and is passed over"
    assert [record.message for record in caplog.records] == [warning]


def test_a_run_is_resumed_only_as_it_was_begun(make: Callable[..., RunConfig]) -> None:
    with pytest.raises(ValueError, match="there is no run to resume"):
        train(make(), resume=True)
    Path("outputs/runs/tiny/seed-1/run_config.json").write_text(
        json.dumps({"epochs": 2} | {"learning_rate": 1.0}), encoding="utf-8"
    )
    with pytest.raises(ValueError, match=r"the run to resume has other values of .*learning_rate"):
        train(make(), resume=True)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_run_whose_labels_changed_is_not_resumed(
    make: Callable[..., RunConfig], tmp_path: Path, split: str
) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("train", "dev", "test"):
        write_conll(tmp_path / "mine" / f"{name}.conll", SIX)
    config = make(data="./mine")
    _, splits = load_splits(config)
    home = Path("outputs/runs/tiny/seed-1")
    home.mkdir(parents=True)
    began = asdict(config) | {"corpus_sha256": splits.hashes}
    (home / "run_config.json").write_text(json.dumps(began), encoding="utf-8")
    swap = {"geo-loc": "person", "person": "geo-loc"}
    swapped = [
        replace(
            t, tags=tuple(tag[:2] + swap.get(tag[2:], "") if tag != "O" else tag for tag in t.gold)
        )
        for t in SIX
    ]
    write_conll(tmp_path / "mine" / f"{split}.conll", swapped)
    with pytest.raises(ValueError, match=rf"began with other words or tags in {split} of \./mine;"):
        train(config, resume=True)
    assert not list(home.glob("checkpoint-*"))


@pytest.mark.slow
def test_a_run_begun_anew_does_not_go_on_from_an_old_one(make: Callable[..., RunConfig]) -> None:
    config = make(epochs=1)
    whole = contents(train(config).folder)
    stale = Path("outputs/runs/tiny/seed-1/checkpoint-99")
    stale.mkdir()
    (stale / "trainer_state.json").write_text("{}")
    assert contents(train(config).folder) == whole
    assert not stale.exists()


# --- a loss that is no number ---------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [2, 10])  # fewer steps than the Trainer logs after, and more
@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_the_run_and_leaves_no_model(
    epochs: int, make: Callable[..., RunConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any, **_: Any) -> tuple[Any, Any]:
        model, tokenizer = build(*arguments)
        model.classifier.weight.data[:] = math.nan
        return model, tokenizer

    monkeypatch.setattr(fit_module, "build", broken)
    with pytest.raises(
        ValueError, match="is nan; a lower learning_rate or precision fp32 may help"
    ):
        train(make(epochs=epochs, patience=0))
    assert not Path("outputs/runs/tiny/seed-1/model").exists()
    assert not Path("outputs/hub").exists()


@pytest.mark.parametrize(
    "logs", [{"loss": math.nan}, {"loss": math.inf}, {"loss": 1.0, "grad_norm": math.nan}]
)
def test_every_logged_value_that_is_no_number_stops_the_run(logs: dict[str, float]) -> None:
    state = type("State", (), {"global_step": 10})
    with pytest.raises(ValueError, match="step 10: "):
        StopWhenNotFinite().on_log(None, state, None, logs=logs)
    StopWhenNotFinite().on_log(None, state, None, logs={"loss": 1.0, "grad_norm": 2.0, "epoch": 1})


# --- calibration ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "decoder"), [("distilbert", "bio"), ("distilbert-bilstm", "crf"), ("bilstm", "bio")]
)
def test_a_folded_temperature_keeps_the_tags_and_tempers_the_scores(
    model: str, decoder: Any, model_folder: Callable[[str, str], Path]
) -> None:
    backend = load(model_folder(model, decoder)).backend
    assert isinstance(backend, NeuralBackend)
    assert isinstance(backend.network, TorchNetwork)
    words = [tweet.words for tweet in SIX]
    before = Tagger(backend, backend.encoder.tokenizer, decoder).tag_words(words)
    fold_temperature(backend.network.model, 3.0)
    after = Tagger(backend, backend.encoder.tokenizer, decoder).tag_words(words)
    assert [tagged.tags for tagged in after] == [tagged.tags for tagged in before]
    mean = [
        np.mean([score for tagged in found for score in tagged.scores]) for found in (before, after)
    ]
    assert mean[1] < mean[0]


def thirty_six() -> list[Tweet]:
    """The six tweets six times, with other first words: enough for a dev that is divided."""
    return [
        replace(tweet, words=(word, *tweet.words), tags=("O", *tweet.gold))
        for word in "abcdef"
        for tweet in SIX
    ]


def write_corpus(folder: Path, dev: list[Tweet]) -> str:
    folder.mkdir()
    for split, tweets in (("train", SIX), ("dev", dev), ("test", SIX)):
        write_conll(folder / f"{split}.conll", tweets)
    return f"./{folder}"


@pytest.mark.slow
def test_tweets_that_prove_thresholds_choose_nothing(make: Callable[..., RunConfig]) -> None:
    dev = thirty_six()
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
    assert first.choice == second.choice
    assert first.scores["dev"] != second.scores["dev"]


@pytest.mark.slow
def test_a_model_says_what_it_was_calibrated_on_and_which_thresholds_are_proven(
    make: Callable[..., RunConfig],
) -> None:
    config = make(
        data=write_corpus(Path("right"), thirty_six()), threshold_share=0.4, epochs=40, patience=0
    )
    _, splits = load_splits(config)
    n_proving = len(splits.dev_sets.held_out)
    result = train(config)
    ((found, _),) = publish_best(config, [result], splits, hub=None)
    metrics = read(found.path / "metrics.json")
    assert (
        metrics["temperature_on"]
        == f"{36 - n_proving} tweets of dev that also chose the checkpoint"
    )
    on = f"{n_proving} tweets of dev that nothing was chosen by"
    rows = metrics["thresholds"]
    assert [(row["decoder"], row["precision"]) for row in rows] == [
        (d, p) for d in ("bio", "argmax") for p in WANTED
    ]
    assert {row["on"] for row in rows} == {on}
    card = (found.path / "README.md").read_text(encoding="utf-8")
    assert f"Certified on {on}" in card
    assert f"It was fitted on {metrics['temperature_on']}" in card


# --- folds ----------------------------------------------------------------------------------------


def test_every_dev_tweet_is_in_one_fold_whose_model_never_sees_its_words(
    make: Callable[..., RunConfig],
) -> None:
    dev = thirty_six()
    config = make(
        data=write_corpus(Path("right"), [*dev, *dev[:5], SIX[0]]), folds=3, threshold_share=0.4
    )
    _, splits = load_splits(config)
    assert [tweet.words for tweet in splits.train] == [tweet.words for tweet in [*SIX, *splits.dev]]
    folds = folds_of(splits, 3)
    assert sum(len(fold.dev_sets.calibration) for fold in folds) == len(splits.dev_sets.calibration)
    assert sum(len(fold.dev_sets.held_out) for fold in folds) == len(splits.dev_sets.held_out)
    for fold in folds:
        assert fold.dev_sets.selection == fold.dev_sets.calibration
        mine = {tweet.words for tweet in fold.dev_sets.calibration + fold.dev_sets.held_out}
        rest = [tweet.words for tweet in splits.train if tweet.words not in mine]
        assert [tweet.words for tweet in fold.train] == rest
        assert 0 < len(mine) < 36


def test_more_folds_than_dev_has_tweets_with_entities_are_refused(
    make: Callable[..., RunConfig],
) -> None:
    with pytest.raises(
        ValueError, match="config key 'folds': of 7 folds, one has no entity to choose by"
    ):
        train(make(folds=7))


@pytest.mark.parametrize(("model", "decoder"), [("bilstm", "bio"), ("distilbert-bilstm", "crf")])
@pytest.mark.slow
def test_with_folds_dev_is_trained_on_and_answered_by_models_that_never_saw_it(
    model: str, decoder: str, make: Callable[..., RunConfig]
) -> None:
    data = write_corpus(Path("right"), thirty_six())
    config = make(model=model, decoder=decoder, data=data, folds=2, threshold_share=0.4, epochs=4)
    _, splits = load_splits(config)
    result = train(config)
    ((found, _),) = publish_best(config, [result], splits, hub=None)
    metrics = read(found.path / "metrics.json")
    scores = metrics["scores"]["dev, out of fold"][decoder]
    assert (scores["tweets"], scores["entities"]["gold"]) == (36, 6 * 9)
    assert list(metrics["scores"]) == ["dev, out of fold", "test"]
    assert metrics["temperature_on"].endswith(
        "that also chose the epochs, answered out of fold by 2 other models"
    )
    assert metrics["thresholds"][0]["on"].endswith(
        "out of fold by 2 other models, so the promise is approximate"
    )
    card = (found.path / "README.md").read_text(encoding="utf-8")
    assert "on train and dev of right; seed 1." in card
    assert re.search(r"^\| train and dev +\| 42 +\|", card, re.MULTILINE)
    assert sorted(path.name for path in Path("outputs/runs/tiny/seed-1").glob("fold-*")) == []


class InterruptSecondFold(TrainerCallback):
    """Stops a run in the second fold."""

    def on_step_end(self, *arguments: Any, **_: Any) -> None:
        if "fold-2" in arguments[0].output_dir and arguments[1].global_step == 20:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_with_folds_is_resumed_to_the_same_model(
    make: Callable[..., RunConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make(
        data=write_corpus(Path("right"), thirty_six()), folds=2, threshold_share=0.4, epochs=3
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


# --- what is published ----------------------------------------------------------------------------


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
    model: str, decoder: str, names: dict[str, set[str]], make: Callable[..., RunConfig]
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
                    [tweet.words for tweet in SIX]
                )
                tags = [tweet.tags for tweet in tagged]
                f1 = (
                    f1_score([list(tweet.gold) for tweet in SIX], tags)
                    if any(map(tags_to_entities, tags))
                    else 0.0
                )
                assert scores["entities"]["f1"] == pytest.approx(f1), (split, name)
                assert scores["entities"]["gold"] == sum(
                    len(tags_to_entities(tweet.gold)) for tweet in SIX
                )
                assert scores["words"] == sum(len(tweet.words) for tweet in SIX)
                assert scores["tweets"] == 6


@pytest.mark.slow
def test_the_native_model_and_its_bio_form_give_the_same_tags(
    make: Callable[..., RunConfig],
) -> None:
    config = make(model="distilbert", epochs=3)
    publish_best(config, [train(config)], load_splits(config)[1], hub="hub")
    native, ours = tweetner.load("tiny", hub="hub"), tweetner.load("tweetner/tiny-bio", hub="hub")
    assert native.decoder == ours.decoder == "bio"
    for a, b in zip(
        *(tagger.tag_words([tweet.words for tweet in SIX]) for tagger in (native, ours)),
        strict=True,
    ):
        assert (a.tags, a.scores) == (b.tags, pytest.approx(b.scores, abs=1e-4))


@pytest.mark.slow
def test_no_path_of_the_machine_is_published(make: Callable[..., RunConfig]) -> None:
    config = make(model="distilbert", epochs=1)
    for found, _ in publish_best(config, [train(config)], load_splits(config)[1], hub=None):
        for path in found.path.iterdir():
            text = path.read_bytes().decode("utf-8", "replace")
            for machine in (config.data, config.encoder, Path.cwd()):
                assert str(machine) not in text, path.name


@pytest.mark.slow
def test_the_best_seed_on_dev_is_published(make: Callable[..., RunConfig]) -> None:
    config = make(epochs=1, seeds=(1, 2))
    results = [train(config, seed=seed) for seed in (1, 2)]
    ((found, _),) = publish_best(
        config, [results[0], replace(results[1], choice=1.0)], load_splits(config)[1], hub=None
    )
    assert read(found.path / "metrics.json")["seed"] == 2


@pytest.mark.slow
def test_training_goes_on_from_a_published_model(make: Callable[..., RunConfig]) -> None:
    start = str(train(make(epochs=1)).folder.resolve())
    model, tokenizer = build(make(start=start), TAGS, [])
    backend = load(start).backend
    assert isinstance(backend, NeuralBackend)
    assert isinstance(backend.network, TorchNetwork)
    assert backend.encoder.tokenizer.get_vocab() == tokenizer.get_vocab()
    weights = backend.network.model.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())
    with pytest.raises(ValueError, match="expected labels"):
        build(make(start=start), tags_of(["movie"]), [])
    with pytest.raises(ValueError, match="was not trained with decoder 'crf'"):
        build(make(start=start, decoder="crf"), TAGS, [])


# --- summaries ------------------------------------------------------------------------------------


def seed_result(seed: int, f1: float) -> SeedResult:
    entities = {"f1": f1, "precision": f1 / 2, "recall": 1.0, "gold": 7}
    scores = DecoderScores("bio", entities, token_macro_non_o={"f1": f1 / 4}, words=26)
    return SeedResult(seed, Path("model"), {"dev": {"bio": scores}}, f1)


def test_a_summary_is_the_mean_over_seeds_and_from_two_on_its_spread() -> None:
    (row,) = summarize([seed_result(1, 0.4), seed_result(2, 0.6)])
    assert row["seeds"] == 2
    assert (row["f1"], row["precision"], row["token_macro_f1"]) == pytest.approx((0.5, 0.25, 0.125))
    assert row["f1_sd"] == pytest.approx(math.sqrt(0.02))
    assert (row["split"], row["decoder"], row["gold"], row["words"]) == ("dev", "bio", 7, 26)
    assert summarize([seed_result(1, 0.4)])[0]["f1_sd"] is None


@pytest.mark.parametrize(
    ("decoder", "expected"),
    [("bio", ("bio", "argmax")), ("argmax", ("argmax", "bio")), ("crf", ("crf",))],
)
def test_scores_are_given_for_the_runs_own_decoder_first(
    decoder: Any, expected: tuple[str, ...]
) -> None:
    assert decoders_of(RunConfig(decoder=decoder)) == expected


# --- the script -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finetune(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("scripts/finetune.py")


SIZES = ["--embedding_size", "8", "--lstm_size", "8", "--epochs", "1", "--batch_size", "32"]
OPTIONS = ["--name", "quick", "--model", "bilstm", *SIZES]


@pytest.mark.slow
def test_the_script_trains_on_the_sample_and_what_it_publishes_tags(
    finetune: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finetune.main([*OPTIONS, "--data", "sample", "--seeds", "1", "2", "--hub", "hub"]) == 0
    printed = capsys.readouterr().out
    assert "quick v1, revision " in printed
    assert "dev              bio" in printed
    assert "test             argmax" in printed
    assert isinstance(tweetner.load("quick", hub="hub")("just landed in Berlin"), list)
    assert sorted(path.name for path in Path("outputs/runs/quick").iterdir()) == [
        "seed-1",
        "seed-2",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "error: config key 'epochs': expected a number above 0, got 0\n"),
        (
            ["--data", "nowhere"],
            "error: nowhere: expected wnut16, sample, or an existing folder or file\n",
        ),
        (
            ["--config", "none.yaml"],
            "error: none.yaml: expected a config file, got No such file or directory\n",
        ),
    ],
)
def test_the_script_ends_with_status_2_and_one_line(
    options: list[str],
    message: str,
    finetune: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finetune.main(options) == 2
    assert capsys.readouterr().err == message
    assert list(tmp_path.iterdir()) == []


def test_strict_refuses_splits_that_share_tweets(
    finetune: ModuleType, make: Callable[..., RunConfig], capsys: pytest.CaptureFixture[str]
) -> None:
    config = make()
    options = ["--data", config.data, "--types", *TYPES, "--strict", "true"]
    assert finetune.main([*OPTIONS, *options]) == 2
    assert "train and evaluation splits share tweets" in capsys.readouterr().err
    assert not Path("outputs").exists()


@pytest.mark.slow
def test_two_processes_train_one_model_and_count_every_dev_tweet_once(
    corpus: Path, tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        "2",
    ]
    options = [
        *OPTIONS,
        "--data",
        str(corpus),
        "--types",
        *TYPES,
        "--seeds",
        "1",
        "--batch_size",
        "2",
        "--threshold_share",
        "0",
    ]
    environment = {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    finished = subprocess.run(
        [*command, str(ROOT / "scripts" / "finetune.py"), *options],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert finished.stdout.count("quick v1, revision ") == 1  # one process speaks and publishes
    (checkpoint,) = (tmp_path / "outputs/runs/quick/seed-1").glob("checkpoint-*")
    assert checkpoint.name == "checkpoint-2"  # six tweets, two processes, two tweets each
    metrics = read(tmp_path / "outputs/models/quick/metrics.json")
    dev = metrics["scores"]["dev"]["bio"]
    assert (dev["words"], dev["entities"]["gold"]) == (26, 9)
    evaluated = read(checkpoint / "trainer_state.json")["log_history"][-1]
    assert evaluated["eval_gold"] == 9
    assert evaluated["eval_f1"] == pytest.approx(
        dev["entities"]["f1"]
    )  # by two processes, and by one


def test_a_name_that_is_none_is_refused_before_anything_is_written(
    finetune: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert finetune.main([*OPTIONS, "--data", "sample", "--name", "../../../x"]) == 2
    assert "expected a model name" in capsys.readouterr().err
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
