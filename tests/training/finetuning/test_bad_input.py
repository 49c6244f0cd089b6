"""Runs that must be refused at once, and runs that must end with the right files."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tweetner import load
from tweetner.corpus import load_tweets, write_conll

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "finetune.py"
TWEETS = (
    "just\tO\nlanded\tO\nin\tO\nNew\tB-geo-loc\nYork\tI-geo-loc\n\n"
    "Ann\tB-person\nand\tO\nBob\tB-person\n\n"
    "so\tO\ntired\tO\n\n"
    "Bob\tB-person\nloves\tO\nBerlin\tB-geo-loc\n"
)
NO_ENTITY = "so\tO\ntired\tO\n"
NAME = (
    "expected a model name NAME or ORG/NAME, each 1 to 96 ASCII letters, digits, '.', '_' and "
    "single '-' that begins and ends with a letter or digit, got"
)
OPTIONS = (
    "--name tiny --data ./c --types geo-loc person --model bilstm --embedding_size 8 "
    "--lstm_size 8 --min_count 1 --max_subwords 64 --epochs 2 --batch_size 2 --seeds 1 "
    "--publish_anyway"
)


@pytest.fixture(scope="module")
def finetune(load_script: Callable[[str], ModuleType]) -> Callable[[list[str]], int]:
    return load_script("scripts/finetune.py").main  # type: ignore[no-any-return]


@pytest.fixture
def run(
    finetune: Callable[[list[str]], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """`run("--epochs 1", dev="...")` returns the refusal of a run, or "" if it ends well.

    The splits are `TWEETS`, unless given.
    """
    monkeypatch.chdir(tmp_path)

    def main(options: str = "", **files: str) -> str:
        Path("c").mkdir(exist_ok=True)
        for name, text in {"train": TWEETS, "dev": TWEETS, "test": TWEETS, **files}.items():
            Path("c", name).write_text(text)
        try:
            status = finetune([*OPTIONS.split(), *options.split()])
        except SystemExit as end:
            status = end.code  # type: ignore[assignment]
        said = capsys.readouterr().err.splitlines()
        return said[-1] if status else ""

    return main


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def read(path: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return values


@pytest.mark.parametrize(
    ("options", "files", "refusal"),
    [
        pytest.param(
            "",
            {"train": NO_ENTITY},
            "error: ./c: expected entities in train, found none",
            id="C8-train of O alone",
        ),
        pytest.param(
            "",
            {"dev": NO_ENTITY},
            "error: ./c: expected entities in dev, found none",
            id="C8-dev of O alone",
        ),
        pytest.param(
            "",
            {"dev": ""},
            "error: c/dev: expected at least one tweet, got none",
            id="C8-empty dev",
        ),
        pytest.param(
            "--types person",
            {},
            "error: c/train:4: type 'geo-loc' of tag 'B-geo-loc' is not declared; declared: person",
            id="C8-undeclared type",
        ),
        pytest.param(
            "--metric_for_best_model f1",
            {},
            "unrecognized arguments: --metric_for_best_model f1",
            id="C9-no choice of the metric",
        ),
        pytest.param(
            "--greater_is_better false",
            {},
            "unrecognized arguments: --greater_is_better false",
            id="C9-nor of its direction",
        ),
        pytest.param(
            "--learnig_rate 1e-4",
            {},
            "unrecognized arguments: --learnig_rate 1e-4",
            id="C9-typo in an option",
        ),
        pytest.param(
            "--config c/run.yaml",
            {"run.yaml": "epochs: 2\nlearnig_rate: 1\n"},
            "error: c/run.yaml: config key 'learnig_rate': expected one of name, data, ",
            id="C9-typo in a key",
        ),
        pytest.param(
            "--config c/run.yaml",
            {"run.yaml": "epochs: 2\nepochs: 3\n"},
            "error: c/run.yaml: config key 'epochs' is given twice",
            id="C9-key twice",
        ),
        pytest.param(
            "--name ../tiny", {}, f"error: {NAME} '../tiny'", id="C13-name that leaves the hub"
        ),
        pytest.param(
            "--resume",
            {},
            "error: outputs/runs/tiny: expected a run to resume, found none",
            id="C2-nothing to resume",
        ),
        pytest.param(
            "--model distilbert --encoder ./none",
            {},
            "error: encoder './none': expected a model folder, found no config.json in it",
            id="C14-encoder that is not there",
        ),
        pytest.param(
            "--model distilbert --encoder acme/none",
            {},
            "error: encoder 'acme/none' is neither a folder nor cached, and cannot be downloaded",
            id="C14-hub id without a network",
        ),
        pytest.param(
            "--start nothing",
            {},
            "outputs/hub; there are: none; another hub is named by --hub or TWEETNER_HUB",
            id="C14-start that is not there",
        ),
        pytest.param(
            "--precision fp16",
            {},
            "error: precision 'fp16' needs a GPU, and there is none",
            id="C15-fp16",
        ),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_one_line_before_it_trains(
    options: str, files: dict[str, str], refusal: str, run: Callable[..., str]
) -> None:
    said = run(options, **files)
    assert refusal in said
    assert not [*Path().rglob("checkpoint-*"), *Path().rglob("*.safetensors")]


@pytest.mark.parametrize(
    ("taken", "options", "refusal"),
    [
        pytest.param("hub", "--hub hub", "error: hub: expected a folder", id="C13-hub is a file"),
        pytest.param(
            "h",
            "--hub h/hub",
            "error: h: expected a folder",
            id="C13-hub below a file",
        ),
        pytest.param(
            "outputs/models/tiny",
            "",
            "error: outputs/models/tiny: expected a link or nothing",
            id="C13-file as the link",
        ),
        pytest.param(
            "x",
            "--push_to_hub x",
            "error: --push_to_hub: expected ORG/NAME, got 'x'",
            id="C13-no such hub id",
        ),
        pytest.param(
            "x", f"--name {'x' * 95}", f"error: {NAME} '{'x' * 95}-bio'", id="C13-no room for -bio"
        ),
    ],
)
def test_what_could_not_be_published_is_refused_before_it_is_trained(
    taken: str, options: str, refusal: str, run: Callable[..., str]
) -> None:
    Path(taken).parent.mkdir(parents=True, exist_ok=True)
    Path(taken).write_text("mine")
    assert run(options) == refusal
    assert not [*Path().rglob("checkpoint-*")]


@pytest.mark.parametrize(
    ("taken", "refusal"),
    [
        pytest.param("outputs", "error: outputs: expected a folder", id="C13-outputs is a file"),
        pytest.param(
            "outputs/runs",
            "error: outputs/runs/tiny/seed-1: Not a directory",
            id="C13-outputs/runs is a file",
        ),
    ],
)
def test_outputs_that_cannot_be_written_are_refused_at_the_start(
    taken: str, refusal: str, run: Callable[..., str]
) -> None:
    Path(taken).parent.mkdir(exist_ok=True)
    Path(taken).write_text("mine")
    assert run() == refusal
    assert Path(taken).read_text() == "mine"


@pytest.mark.parametrize(
    "epochs", [pytest.param(1, id="C5-in the first epoch"), pytest.param(6, id="C5-in six")]
)
@pytest.mark.slow
def test_weights_that_are_no_numbers_end_the_run_and_nothing_is_published(
    epochs: int, run: Callable[..., str]
) -> None:
    said = run(f"--learning_rate 1e300 --epochs {epochs}")
    assert said.startswith("error: step ")
    assert said.endswith("is nan; a lower learning_rate may help")
    assert not Path("outputs/hub").exists()


@pytest.mark.parametrize(
    "half", [pytest.param(False, id="C2-finished"), pytest.param(True, id="C2-half a checkpoint")]
)
@pytest.mark.slow
def test_a_resumed_run_ends_with_the_same_files(
    half: bool, run: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    assert run("--keep_checkpoints") == ""
    whole = digests(Path("outputs/models/tiny"))
    if half:
        Path("outputs/runs/tiny/seed-1/checkpoint-99").mkdir()
        Path("outputs/runs/tiny/seed-1/result.json").unlink()  # interrupted before its end
    assert run("--resume") == ""
    assert digests(Path("outputs/models/tiny")) == whole
    warnings = [message for message in caplog.messages if "checkpoint-99" in message]
    assert (
        warnings == ["outputs/runs/tiny/seed-1/checkpoint-99 is incomplete and is skipped"] * half
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files_in_another_process(
    run: Callable[..., str],
) -> None:
    assert run() == ""
    first = digests(Path("outputs/models/tiny"))
    environment = os.environ | {
        "PYTHONHASHSEED": "1",
        "PYTHONPATH": str(ROOT),
        "TQDM_DISABLE": "1",
    }
    subprocess.run(
        [sys.executable, SCRIPT, *OPTIONS.split(), "--hub", "again/hub"],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert digests(Path("again/models/tiny")) == first


@pytest.mark.parametrize(
    ("files", "gold", "words"),
    [
        pytest.param({}, {"geo-loc": 2, "person": 3}, 13, id="C12-every tweet once"),
        pytest.param(
            {"test": "Bob\tB-person\n\nso\tO\n"},
            {"geo-loc": 0, "person": 1},
            2,
            id="C7-test lacks a type",
        ),
        pytest.param(
            {"test": NO_ENTITY}, {"geo-loc": 0, "person": 0}, 2, id="C8-test without entities"
        ),
        pytest.param(
            {"train": "Bob\tB-person\n"},
            {"geo-loc": 2, "person": 3},
            13,
            id="C8-train of one tweet, C7-one entity",
        ),
    ],
)
@pytest.mark.slow
def test_every_declared_type_is_scored_over_all_of_gold(
    files: dict[str, str], gold: dict[str, int], words: int, run: Callable[..., str]
) -> None:
    assert run("--epochs 1", **files) == ""
    scores = read("outputs/models/tiny/metrics.json")["scores"]["test"]["bio"]
    assert {type_: counts["gold"] for type_, counts in scores["entities_by_type"].items()} == gold
    assert (scores["entities"]["gold"], scores["words"]) == (sum(gold.values()), words)
    assert all(
        counts["f1"] == 0.0 for counts in scores["entities_by_type"].values() if not counts["gold"]
    )


@pytest.mark.parametrize(
    "model", [pytest.param("bilstm", id="C11-ours"), pytest.param("distilbert", id="C11-native")]
)
@pytest.mark.slow
def test_the_config_has_the_tags_and_a_local_encoder_needs_no_network(
    model: str, run: Callable[..., str], encoder_folder: Path
) -> None:
    assert run(f"--model {model} --encoder {encoder_folder} --epochs 1") == ""
    config = read("outputs/models/tiny/config.json")
    tags = ["O", "B-geo-loc", "I-geo-loc", "B-person", "I-person"]
    assert config["id2label"] == {str(label): tag for label, tag in enumerate(tags)}
    assert config["label2id"] == {tag: label for label, tag in enumerate(tags)}


@pytest.mark.slow
def test_tweets_are_learnt_by_heart(run: Callable[..., str], tmp_path: Path) -> None:
    tweets = [tweet for tweet in load_tweets("sample:train") if set(tweet.gold) != {"O"}][:20]
    write_conll(tmp_path / "tweets", tweets)
    text = (tmp_path / "tweets").read_text(encoding="utf-8")
    types = sorted({tag[2:] for tweet in tweets for tag in tweet.gold if tag != "O"})
    learn = f"--types {' '.join(types)} --epochs 50 --patience 0 --learning_rate 1e-2"
    # with room for what is to be learnt
    learn += " --schedule constant --dropout 0 --embedding_size 32 --lstm_size 32"
    assert run(learn, train=text, dev=text, test=text) == ""
    assert (
        read("outputs/models/tiny/metrics.json")["scores"]["test"]["bio"]["entities"]["f1"] > 0.95
    )
    assert load("tiny").tag_words([tweets[0].words])[0].tags == list(tweets[0].gold)
