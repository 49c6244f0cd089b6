"""The baseline script: what it publishes, with which scores."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import tweetner
from tweetner.corpus import load_corpus, load_run_splits
from tweetner.evaluation import TagPairs, entities_of, score, score_entities
from tweetner.evaluation.calibration import calibration
from tweetner.tagger import Tagger
from tweetner.tokenization import splitter_tokenizer
from tweetner.training import BaselineConfig
from tweetner.training.baseline import fit_baseline

pytestmark = pytest.mark.slow

FILES = [
    "README.md",
    "config.json",
    "environment.json",
    "metrics.json",
    "model.safetensors",
    "run_config.json",
]
QUICK = ["--data", "sample", "--alphas", "1e-2", "1e-3", "--tol", "1e-2"]


@pytest.fixture
def script(
    load_script: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWEETNER_HUB", raising=False)
    return load_script("scripts/baseline.py")


def test_an_sgd_run_ends_in_the_hub_with_the_scores_that_the_loaded_model_has(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main([*QUICK, "--name", "sgd-sample", "--seeds", "1", "2"]) == 0
    out = capsys.readouterr().out
    assert "over 2 seeds: " in out
    assert "tweetner/sgd-sample v1, revision" in out
    folder = Path("outputs/models/sgd-sample")
    assert sorted(path.name for path in folder.iterdir()) == [
        *FILES,
        "tokenizer.json",
        "vocabulary.json",
    ]
    assert Path("outputs/runs/sgd-sample/top_features.png").is_file()

    tweets = load_corpus("sample").splits["test"]
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    for decoder in ("argmax", "bio"):
        tagger = tweetner.load("sgd-sample", decoder=decoder)
        predicted = [tagged.tags for tagged in tagger.tag_words([tweet.words for tweet in tweets])]
        scores = score_entities(TagPairs([tweet.gold for tweet in tweets], predicted)).micro
        assert metrics["scores"]["test"][decoder]["entities"] == scores.to_dict()
        assert scores.f1 > 0.2
    assert metrics["alpha"] in (1e-2, 1e-3)
    assert set(metrics["stability"]["scores"]) == {"1", "2"}
    assert "entity F1 (bio)" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_areas_under_curves_are_the_notebooks_and_the_scores_are_calibrated(
    script: ModuleType,
) -> None:
    assert script.main([*QUICK, "--name", "sgd-sample", "--threshold_share", "0.2"]) == 0
    folder = Path("outputs/models/sgd-sample")
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    tweets = load_corpus("sample").splits["test"]
    tagger = tweetner.load("sgd-sample")
    plain = Tagger(
        tagger.backend.tempered(1 / metrics["temperature"]), splitter_tokenizer(), "argmax"
    )
    before, after = score(plain, tweets), score(tagger, tweets)
    stored = metrics["scores"]["test"]["argmax"]
    assert stored["token_roc_auc"] == pytest.approx(before.token_roc_auc, abs=1e-9)
    assert stored["token_pr_auc"] == pytest.approx(before.token_pr_auc, abs=1e-9)
    assert stored["token_macro_non_o"] == before.token_macro_non_o == after.token_macro_non_o
    brier = {}
    for name, model in (("before", plain), ("after", tagger)):
        entities = entities_of(model.tag_words([tweet.words for tweet in tweets]), tweets)
        brier[name] = calibration(entities).brier
    assert brier["after"] < brier["before"]
    assert {row["decoder"] for row in metrics["thresholds"]} == {"argmax", "bio"}
    assert "A temperature of" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_same_run_gives_the_same_revision(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert script.main([*QUICK, "--name", "twice"]) == 0
    first, second = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith("tweetner/twice")
    ]
    assert first == second


def test_a_majority_run_finds_nothing(script: ModuleType) -> None:
    assert (
        script.main(["--data", "sample", "--model", "majority", "--name", "majority-sample"]) == 0
    )
    metrics = json.loads(
        Path("outputs/models/majority-sample/metrics.json").read_text(encoding="utf-8")
    )
    scores = metrics["scores"]["test"]["argmax"]
    assert scores["token_macro_non_o"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert scores["token_roc_auc"] == 0.5
    assert tweetner.load("majority-sample")("Anna is in Rome") == []


def test_a_corpus_without_dev_is_refused_before_anything_is_written(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.conll").write_text("Rome\tB-geo-loc\n", encoding="utf-8")
    assert script.main(["--data", "./train.conll"]) == 2
    assert (
        capsys.readouterr().err
        == "error: ./train.conll: expected splits train, dev and test with tweets, dev has none; "
        "--dev_file names its file\n"
    )
    assert not Path("outputs").exists()


@pytest.mark.skipif(
    "TWEETNER_DATA" not in os.environ, reason="needs the WNUT-16 corpus in $TWEETNER_DATA"
)
def test_the_notebooks_split_has_its_counts_and_its_majority_is_o() -> None:
    config = BaselineConfig(model="majority", split="notebook")
    _, splits = load_run_splits(
        config.data, types=config.types, scheme=config.scheme, split=config.split
    )
    assert [len(tweets) for tweets in splits.values()] == [1915, 479, 3850]
    tagger = fit_baseline(config, splits["train"], splits["dev"]).tagger
    assert tagger.labels[tagger.frequencies.argmax()] == "O"
