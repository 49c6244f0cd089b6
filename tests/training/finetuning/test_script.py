"""The fine-tuning script."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tweetner
from tweetner.corpus import load_tweets
from tweetner.hub import open_model
from tweetner.training import RunConfig
from tweetner.training.finetuning import SeedResult

ROOT = Path(__file__).parents[3]
TYPES = ("geo-loc", "person")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def finetune(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("scripts/finetune.py")


@pytest.fixture
def run(
    finetune: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, str, str]]:
    """`run(*options)` runs the script in a folder of the test's own: status, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run_script(*options: str) -> tuple[int, str, str]:
        status = finetune.main([*options])
        return status, *capsys.readouterr()

    return run_script


SIZES = ["--embedding_size", "8", "--lstm_size", "8", "--epochs", "1", "--batch_size", "32"]
OPTIONS = ["--name", "quick", "--model", "bilstm", *SIZES, "--publish_anyway"]


@pytest.mark.slow
def test_the_script_trains_on_the_sample_and_what_it_publishes_tags(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    sample = [*OPTIONS, "--data", "sample", "--hub", "hub", "--seeds", "1", "2"]
    status, printed, _ = run(*sample)
    assert status == 0
    assert "quick v1, revision " in printed
    assert "dev              bio" in printed
    assert "test             argmax" in printed
    assert isinstance(tweetner.load("quick", hub="hub")("just landed in Berlin"), list)
    assert sorted(path.name for path in Path("outputs/runs/quick").iterdir()) == [
        "seed-1",
        "seed-2",
    ]
    assert not [*Path("outputs/runs").rglob("checkpoint-*")]
    status, printed, _ = run(*sample, "3", "--resume")  # adds a seed to the finished run
    assert status == 0
    assert printed.count("seed-") == 3
    assert Path("outputs/runs/quick/seed-3/result.json").is_file()


@pytest.mark.slow
def test_a_network_that_finds_nothing_is_not_published(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [option for option in OPTIONS if option != "--publish_anyway"]
    still = ["--learning_rate", "0", "--max_steps", "1", "--data", "sample", "--hub", "hub"]
    monkeypatch.setattr(SeedResult, "f1", lambda *_: 0.0)
    status, _, refusal = run(*options, *still)
    assert status == 2
    assert "nothing is published" in refusal
    assert not Path("hub").exists()


@pytest.mark.slow
def test_corrections_are_trained_on_and_counted_in_the_card_and_a_dev_tweet_is_refused(
    run: Callable[..., tuple[int, str, str]],
) -> None:
    text = "went by train into Lindenhafen"
    entity = {"type": "geo-loc", "start": 19, "end": len(text)}
    record = {"id": 7, "text": text, "entities": [entity], "reviewer": "ann"}
    Path("d.jsonl").write_text(json.dumps(record))
    options = [*OPTIONS, "--data", "sample", "--seeds", "1", "--hub", "hub"]
    options += ["--corrections", "d.jsonl"]
    status, printed, _ = run(*options)
    assert status == 0
    assert "corrections: 1 corrections are trained on, 0 were known" in printed
    card = open_model("quick", hub="hub").path / "README.md"
    row = r"\| corrections by reviewers, part of train \| 1 +\|"
    assert re.search(row, card.read_text(encoding="utf-8"))
    dev = load_tweets("sample:dev")[0]
    Path("d.jsonl").write_text(json.dumps(record | {"text": " ".join(dev.words), "entities": []}))
    status, _, refusal = run(*options)
    assert status == 2
    assert "expected no tweet of an evaluation split, got 7 (dev)" in refusal


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
    run: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
) -> None:
    status, _, refusal = run(*options)
    assert (status, refusal) == (2, message)
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
    corpus: Path, tmp_path: Path, run_in_processes: Callable[..., Any]
) -> None:
    own = ["--data", str(corpus), "--types", *TYPES, "--seeds", "1", "--batch_size", "2"]
    options = [*OPTIONS, *own, "--threshold_share", "0", "--keep_checkpoints"]
    finished = run_in_processes(ROOT / "scripts" / "finetune.py", *options, n=2, cwd=tmp_path)
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
