"""One model of several seeds: averaged weights, averaged probabilities, or a student."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import tweetner
from tweetner.corpus import Tweet
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    Splits,
    combine_seeds,
    load_splits,
    publish_best,
    train_seed,
)
from tweetner.training.finetuning.calibrate import Predictions
from tweetner.training.finetuning.combine import (
    O_BIASES,
    average_probabilities,
    average_weights,
    choose_o_bias,
    load_members,
)
from tweetner.training.finetuning.silver import Silver

NATIVE: dict[str, Any] = {
    "model": "distilbert",
    "seeds": (1, 2),
    "folds": 1,
    "epochs": 4,
    "student_epochs": 2,
    "schedule": "constant",
    "threshold_share": 0.4,
}
TEXTS = [
    "flying to Berlin tomorrow",
    "Bob Hanks is in New York again",
    "nothing to see here",
    "@ann loves Paris",
    "a Bob loves New York",  # a tweet of dev
]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def train_all(
    make: Callable[..., RunConfig],
    many_tweets: list[Tweet],
    write_corpus: Callable[[Path, list[Tweet]], str],
) -> Callable[..., tuple[RunConfig, Splits, SeedResult]]:
    """`train_all(combine)` trains two seeds and combines them."""

    def train(combine: str, *, resume: bool = False, **changed: Any) -> Any:
        if not Path("right").exists():
            write_corpus(Path("right"), many_tweets)
            Path("tweets.txt").write_text("\n".join(TEXTS), encoding="utf-8")
        values = NATIVE | {"data": "./right", "combine": combine, "unlabelled": ("tweets.txt",)}
        config = make(**values | changed)
        _, splits = load_splits(config)
        for seed in config.seeds:
            train_seed(config, seed, splits, resume=resume)
        return config, splits, combine_seeds(config, splits, resume=resume)

    return train


def test_averaged_weights_are_the_mean_of_each_weight(
    model_folder: Callable[[str, str], Path],
) -> None:
    folder = model_folder("distilbert", "argmax")
    first, second = load_members([folder, folder])
    torch.nn.init.normal_(second.model.classifier.weight)
    before = [
        {name: weights.numpy().copy() for name, weights in member.model.state_dict().items()}
        for member in (first, second)
    ]
    soup = average_weights([first, second])
    for name, weights in soup.model.state_dict().items():
        expected = np.mean([before[0][name], before[1][name]], axis=0)
        np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_an_ensemble_of_native_models_averages_what_the_taggers_say(
    model_folder: Callable[[str, str], Path], tiny_tweets: list[Tweet]
) -> None:
    folder = model_folder("distilbert", "argmax")
    members = load_members([folder, folder])
    torch.nn.init.normal_(members[1].model.classifier.weight)
    words = [tweet.words for tweet in tiny_tweets]
    probabilities = []
    for member in [*members, average_probabilities(members)]:
        scores = Predictions.by(member.backend, tiny_tweets).parts[0][0].emitted.scores
        probabilities.append(torch.from_numpy(scores).softmax(-1).numpy())
    np.testing.assert_allclose(probabilities[2], np.mean(probabilities[:2], axis=0), atol=1e-6)
    assert len(probabilities[2]) == sum(map(len, words))


def test_the_bias_of_o_has_the_best_f1_of_all_and_is_the_smallest_such(
    model_folder: Callable[[str, str], Path], tiny_tweets: list[Tweet]
) -> None:
    (member,) = load_members([model_folder("distilbert", "argmax")])
    predictions = Predictions.by(member.backend, tiny_tweets)
    f1 = {bias: predictions.with_o_raised(bias).f1("bio") for bias in O_BIASES.tolist()}
    best = min(bias for bias in f1 if f1[bias] == max(f1.values()))
    assert choose_o_bias(predictions, "bio") == best
    raised = predictions.with_o_raised(100.0).tag("bio", 1.0)
    assert {tag for tweet in raised for tag in tweet.tags} == {"O"}


def test_silver_holds_the_teachers_probabilities_of_each_word(
    model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    (teacher,) = load_members([model_folder("distilbert", "argmax")])
    tweets = [["@nina", "in", "Berlin", "\u200d"], ["hello"]]
    silver = Silver.by(teacher, tweets)
    silver.save(tmp_path / "silver.safetensors")
    loaded = Silver.load(tmp_path / "silver.safetensors")
    assert (loaded.tweets, loaded.rows) == (tweets, silver.rows)
    torch.testing.assert_close(loaded.probabilities, silver.probabilities)
    torch.testing.assert_close(silver.probabilities.sum(1), torch.ones(len(silver.probabilities)))
    encoder = teacher.backend.encoder
    numbers = []
    for labels in silver.encode(encoder, inner=False)["labels"]:
        numbers.append([number - 5 for number in labels if number >= 0])
    assert sorted(numbers) == [[0, 1, 2], [3]]  # a joiner has no subwords
    assert silver.rows == [[0, 1, 2, -100], [3]]


@pytest.mark.slow
def test_a_soup_is_published_as_a_native_model_and_calibrated_without_dev(
    train_all: Callable[..., tuple[RunConfig, Splits, SeedResult]],
) -> None:
    config, splits, soup = train_all("soup")
    weights = [
        load_file(f"outputs/runs/tiny/seed-{seed}/model/model.safetensors") for seed in (1, 2)
    ]
    name = "distilbert.embeddings.position_embeddings.weight"
    expected = np.mean([weight[name] for weight in weights], axis=0)
    np.testing.assert_allclose(
        load_file(soup.folder / "model.safetensors")[name], expected, rtol=1e-6
    )
    published = publish_best(config, [soup], splits, hub=None)
    assert [found.name for found, _ in published] == [
        "tweetner/tiny-soup",
        "tweetner/tiny-soup-bio",
    ]
    for found, parity in published:
        assert parity.agreement == 1.0
        metrics = read(found.path / "metrics.json")
        assert list(metrics["scores"]) == ["dev, out of fold", "test"]
        assert "seed" not in metrics
        assert metrics["thresholds"][0]["on"].endswith(
            "by another model, which was not trained on dev, so the stated precision is approximate"
        )
        card = (found.path / "README.md").read_text(encoding="utf-8")
        assert "its weights are the average of those of 2 seeds (1, 2)." in card
        assert "--seeds 1 2 --combine soup" in card


@pytest.mark.slow
def test_an_ensemble_is_published_as_one_model_of_finished_seeds(
    train_all: Callable[..., tuple[RunConfig, Splits, SeedResult]], tiny_tweets: list[Tweet]
) -> None:
    train_all("soup")
    before = Path("outputs/runs/tiny/seed-2/model/model.safetensors").stat().st_mtime_ns
    config, splits, ensemble = train_all("ensemble", resume=True)
    assert Path("outputs/runs/tiny/seed-2/model/model.safetensors").stat().st_mtime_ns == before
    ((found, parity),) = publish_best(config, [ensemble], splits, hub=None)
    assert (found.name, parity.agreement) == ("tweetner/tiny-ensemble", 1.0)
    tagger = tweetner.load("tiny-ensemble")
    tagged = tagger.tag_words([tweet.words for tweet in tiny_tweets])
    f1 = read(found.path / "metrics.json")["scores"]["test"]["bio"]["entities"]["f1"]
    test = Predictions.by(tagger.backend, tiny_tweets)  # type: ignore[arg-type]
    assert f1 == pytest.approx(test.f1("bio"))
    assert [tweet.tags for tweet in tagged] == [tweet.tags for tweet in test.tag("bio", 1.0)]
    assert "which it contains" in (found.path / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_student_learns_what_the_ensemble_says_and_nothing_of_dev(
    train_all: Callable[..., tuple[RunConfig, Splits, SeedResult]],
) -> None:
    config, splits, student = train_all("student", silver=4)
    folder = student.folder.parent
    silver = Silver.load(folder / "silver-fold-1.safetensors")
    assert {" ".join(words) for words in silver.tweets} == set(TEXTS[:4])
    teacher = average_probabilities(
        load_members([Path(f"outputs/runs/tiny/seed-{seed}/fold-1/model") for seed in (1, 2)])
    )
    expected = Silver.by(teacher, silver.tweets).probabilities
    torch.testing.assert_close(silver.probabilities, expected)

    published = publish_best(config, [student], splits, hub=None)
    assert [found.name for found, _ in published] == [
        "tweetner/tiny-student",
        "tweetner/tiny-student-bio",
    ]
    assert all(parity.agreement == 1.0 for _, parity in published)
    names = {path.name for found, _ in published for path in found.path.iterdir()}
    assert not {name for name in names if "silver" in name}
    card = (published[0][0].path / "README.md").read_text(encoding="utf-8")
    assert "give to the words of up to 4 unlabelled tweets" in card

    whole = (student.folder / "model.safetensors").read_bytes()
    (folder / "result.json").unlink()  # as if interrupted after the last checkpoint
    _, _, resumed = train_all("student", silver=4, resume=True)
    assert (resumed.folder / "model.safetensors").read_bytes() == whole
    with pytest.raises(ValueError, match="got other values of silver"):
        train_all("student", silver=3, resume=True)
