import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tweetner import hub as hubs
from tweetner.corpus import divide_dev, load_run_splits, load_tweets
from tweetner.evaluation import Leaderboard, TagPairs, evaluate, of_same_types, rank, run_model
from tweetner.evaluation.certainty import compare, tweet_counts
from tweetner.evaluation.leaderboard import Run, count_parameters, median_latency
from tweetner.hub import ModelFolder, open_model
from tweetner.report import leaderboard_page
from tweetner.tagger import load
from tweetner.tags import WNUT16_TYPES
from tweetner.training import BaselineConfig
from tweetner.training.baseline import fit_baseline, save_baseline

pytestmark = pytest.mark.slow  # baselines are trained for all of these

DATA = "sample:test"
CONFIGS = {
    "majority": BaselineConfig(model="majority", data="sample"),
    "sgd": BaselineConfig(model="sgd", data="sample", alphas=(1e-4,), seeds=()),
    "weak": BaselineConfig(model="sgd", data="sample", alphas=(10.0,), seeds=(), split="notebook"),
}


@pytest.fixture(scope="module")
def compare_script(load_script: Callable[[str], ModuleType]) -> Callable[[list[str]], int]:
    return load_script("scripts/compare.py").main


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with three baselines of the sample corpus."""
    root = tmp_path_factory.mktemp("models")
    for name, config in CONFIGS.items():
        corpus, splits = load_run_splits(
            config.data, types=config.types, scheme=config.scheme, split=config.split
        )
        dev_sets = divide_dev(corpus, splits, split=config.split, share=config.threshold_share)
        fitted = fit_baseline(config, splits["train"], dev_sets.selection)
        save_baseline(config, fitted, corpus, splits, dev_sets, root / name)
        hubs.publish(root / name, name, hub=root / "hub")
    return root / "hub"


@pytest.fixture(scope="module")
def board(hub: Path) -> Leaderboard:
    return rank(DATA, [run_model(name, hubs.open_model(name, hub=hub), DATA) for name in CONFIGS])


@pytest.fixture(scope="module")
def written(
    compare_script: Callable[[list[str]], int], hub: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("out") / "new"
    assert compare_script(["--data", DATA, "--hub", str(hub), "--output", str(folder)]) == 0
    return folder


def test_models_stand_in_the_order_of_their_f1(board: Leaderboard) -> None:
    f1 = [entry.entity_f1.value for entry in board.entries]
    assert f1 == sorted(f1, reverse=True)
    assert len(set(f1)) > 1
    assert {entry.model for entry in board.entries} == set(CONFIGS)
    assert board.entries[0].model == "sgd"
    assert board.entries[0].verdict == "best"


def test_the_figures_are_those_of_one_evaluation_each(board: Leaderboard, hub: Path) -> None:
    tweets, training = load_tweets(DATA), load_tweets("sample:train")
    words, gold = [tweet.words for tweet in tweets], [tweet.gold for tweet in tweets]
    counts = {}
    for entry in board.entries:
        tagged = load(entry.model, hub=hub).tag_words(words, probabilities=True)
        predicted = [tweet.tags for tweet in tagged]
        found = evaluate(
            words,
            TagPairs(gold, predicted),
            types=WNUT16_TYPES,
            probabilities=[tweet.probabilities for tweet in tagged],
            training=training,
        )
        (unseen,) = (
            group
            for group in found.groups
            if (group.dimension, group.name) == ("name in training", "unseen")
        )
        assert entry.entity_f1 == found.intervals["f1"]
        assert entry.token_macro_f1 == found.token_macro.f1
        assert (entry.roc_auc, entry.pr_auc) == found.token_auc
        assert (entry.unseen_recall, board.n_unseen) == (unseen.recall, unseen.gold)
        assert (board.n_tweets, board.n_entities) == (len(tweets), found.scores.micro.gold)
        counts[entry.model] = tweet_counts(TagPairs(gold, predicted), WNUT16_TYPES).sum(
            axis=1, keepdims=True
        )[None]
    best, *others = board.entries
    for entry in others:
        assert [entry.against_best] == compare(counts[entry.model], counts[best.model])


def test_costs_are_those_of_the_folder(board: Leaderboard, hub: Path) -> None:
    sizes = {model.name: model.n_bytes for model in hubs.list_models(hub)}
    for entry in board.entries:
        assert entry.n_bytes == sizes[f"tweetner/{entry.model}"]
        assert entry.latency_ms > 0
    n_parameters = {entry.model: entry.n_parameters for entry in board.entries}
    coef = load("sgd", hub=hub).backend.coef
    assert n_parameters["majority"] == 21
    assert n_parameters["sgd"] == coef.size + coef.shape[0]


@pytest.mark.parametrize(
    ("kind", "decoder"), [("distilbert", "bio"), ("distilbert-bilstm", "crf"), ("bilstm", "bio")]
)
def test_parameters_are_those_of_the_network(
    kind: str, decoder: str, model_folder: Callable[[str, str], Path]
) -> None:
    folder = model_folder(kind, decoder)
    network = load(folder).backend.network.model
    assert count_parameters(folder) == sum(weights.numel() for weights in network.parameters())


def test_latency_is_the_median_over_single_tweets_after_a_warm_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, tagged = [0.0], []

    class Clocked:
        def tag_words(self, tweets: list[list[str]]):
            tagged.extend(tweets)
            clock[0] += 9.0 if len(tagged) <= 10 else 0.001 * len(tweets[0])

    monkeypatch.setattr("tweetner.evaluation.leaderboard.perf_counter", lambda: clock[0])
    assert median_latency(Clocked(), [["w"] * n for n in range(300)]) == pytest.approx(148.5)
    assert tagged[10:] == [["w"] * n for n in range(0, 300, 3)]


def test_a_model_whose_training_text_is_not_known_has_no_recall_of_unseen_names(hub: Path) -> None:
    runs = [run_model(name, hubs.open_model(name, hub=hub), DATA) for name in ("sgd", "majority")]
    unknown = Run(**{**vars(runs[1]), "training": []})
    sgd, majority = rank(DATA, [runs[0], unknown]).entries
    assert sgd.unseen_recall is not None
    assert (majority.unseen_recall, majority.n_in_training) == (None, None)
    assert rank(DATA, [unknown]).n_unseen == 0


def test_tweets_that_a_model_was_fitted_on_are_told(hub: Path) -> None:
    board = rank(
        "sample:train",
        [run_model("majority", hubs.open_model("majority", hub=hub), "sample:train")],
    )
    assert board.entries[0].n_in_training == board.n_tweets
    assert (
        f"Warning: {board.n_tweets} of these tweets are in the training text of majority."
        in leaderboard_page(board).to_markdown()
    )


def test_the_files_are_these_and_hold_the_same_rows(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {
        f"comparison.{form}" for form in ("html", "md", "csv", "json", "png")
    }
    values = json.loads(
        (written / "comparison.json").read_text(encoding="utf-8"), parse_constant=pytest.fail
    )
    rows = list(
        csv.DictReader((written / "comparison.csv").read_text(encoding="utf-8").splitlines())
    )
    assert rows[0]["model"] == "tweetner/sgd"
    for row, model in zip(rows, values["models"], strict=True):
        assert row == {key: "" if value is None else str(value) for key, value in model.items()}
    assert values["machine"]["processor"]
    assert (written / "comparison.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_page_is_self_contained_and_has_the_table(written: Path) -> None:
    page = (written / "comparison.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="([^"]{19})', page) == ["data:image/svg+xml;"]
    assert "<script" not in page
    assert all(f"<td>{name}</td>" in page for name in CONFIGS)


def test_the_markdown_has_a_row_for_each_model_best_first(written: Path) -> None:
    lines = (written / "comparison.md").read_text(encoding="utf-8").splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ") and line.split()[1] in CONFIGS
    ]
    assert len(rows) == len(CONFIGS)
    assert (rows[0][0], rows[0][3]) == ("sgd", "best")
    assert all(row[3].startswith(("worse: -", "cannot tell: ")) for row in rows[1:])


REFUSED = [
    (
        "--hub hub --models sgd nobody",
        "no model tweetner/nobody in ",
    ),
    ("--hub hub --data nowhere:test", "nowhere:test: expected"),
    ("--hub hub --data empty.conll", "empty.conll: expected"),
    ("--hub empty", "no models in empty"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_compared_is_refused_in_one_line(
    arguments: str,
    message: str,
    compare_script: Callable[[list[str]], int],
    hub: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hub").symlink_to(hub)
    Path("empty.conll").write_text("")
    assert compare_script(["--data", DATA, *arguments.split()]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: {message}")
    assert not Path("outputs").exists()


def test_models_of_other_types_are_passed_over_by_name(
    hub: Path, model_folder: Callable[[str, str], Path]
) -> None:
    folders = {name: open_model(name, hub=hub) for name in ("sgd", "majority")}
    other = {"other": ModelFolder(model_folder("bilstm", "bio"))}
    assert of_same_types(folders | other, DATA) == (folders, ["other"])
    with pytest.raises(ValueError, match="expected"):
        of_same_types(other, DATA)
