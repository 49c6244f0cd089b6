import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import tweetner
from tweetner.hub import open_model

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def published(
    load_script: Callable[[str], ModuleType], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A hub with an SGD model of the sample corpus, for which half of dev was held out."""
    hub = tmp_path_factory.mktemp("outputs") / "hub"
    baseline = load_script("scripts/baseline.py")
    options = ["--data", "sample", "--alphas", "1e-3", "--tol", "1e-2", "--threshold_share", "0.5"]
    assert baseline.main([*options, "--name", "sgd", "--hub", str(hub)]) == 0
    return hub


def test_a_cascade_is_fitted_published_and_measured(
    published: Path,
    load_script: Callable[[str], ModuleType],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tweets = tmp_path / "tweets.txt"
    tweets.write_text("off to Berlin\nnothing here\noff to Berlin\n", encoding="utf-8")
    options = ["--model", "sgd", "--hub", str(published), "--data", "sample:test"]
    options += ["--tweets", str(tweets), "--beside", "sgd", "--output", str(tmp_path / "out")]
    assert load_script("scripts/cascade.py").main(options) == 0
    proof = open_model("sgd", hub=published).metrics.gate
    assert proof is not None
    assert re.fullmatch(r"[\d,]+ tweets of train and dev and 2 tweets .*", proof.fitted_on)
    assert re.search(r"\| +threshold \|", capsys.readouterr().out)
    assert (tmp_path / "out" / "curve.png").stat().st_size > 10_000

    curve = pd.read_csv(tmp_path / "out" / "curve.csv")
    everything, nothing = curve.iloc[1], curve.iloc[-1]
    assert everything["to the model"] == 100
    assert everything["entities lost"] == everything["difference"] == 0
    assert everything["F1"] == everything["F1 of random"] == everything["F1 of beside"]
    assert nothing["to the model"] == nothing["F1"] == nothing["F1 of random"] == 0
    assert nothing["entities lost"] == 100
    np.testing.assert_allclose(curve["F1"] - everything["F1"], curve["difference"], atol=1e-9)
    assert ((curve["low"] <= curve["difference"]) & (curve["difference"] <= curve["high"])).all()
    tagger = tweetner.load("sgd", hub=published, triage=True)
    assert {answer.by for answer in tagger(["off to Berlin", "ok"])} <= {"model", "triage"}


def test_a_model_without_held_out_tweets_is_refused(
    hub: Path, load_script: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_script("scripts/cascade.py").main(["--model", "places", "--hub", str(hub)]) == 2
    assert "the model does not say what it was trained on" in capsys.readouterr().err
