"""Tests of the simulated review: what is read, what it costs, and how orders are compared."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import bootstrap

from tweetner.corpus import Tweet, write_conll


@pytest.fixture(scope="module")
def simulate(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("scripts/simulate_review.py")


@pytest.mark.slow
def test_every_order_is_trained_once_and_a_stopped_simulation_goes_on(
    simulate: ModuleType,
    six_tweets: list[Tweet],
    encoder_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    train = []
    for number in range(5):
        for tweet in six_tweets:
            words, tags = (*tweet.words, f"no{number}"), (*tweet.tags, "O")
            train.append(replace(tweet, words=words, tags=tags))
    (tmp_path / "corpus").mkdir()
    for split, tweets in (("train", train), ("dev", six_tweets), ("test", six_tweets)):
        write_conll(tmp_path / "corpus" / f"{split}.conll", tweets)
    output = tmp_path / "out"
    options = ["--data", str(tmp_path / "corpus"), "--encoder", str(encoder_folder)]
    options += ["--epochs", "1", "--start", "12", "--read", "4", "--output", str(output)]
    assert simulate.main([*options, "--seeds", "1", "2", "--minutes", "0"]) == 0
    assert not (output / "runs.jsonl").exists()
    assert simulate.main([*options, "--seeds", "1"]) == 0
    before = (output / "runs.jsonl").read_text(encoding="utf-8")
    assert simulate.main([*options, "--seeds", "1", "2"]) == 0
    text = (output / "runs.jsonl").read_text(encoding="utf-8")
    assert text.startswith(before)
    runs = [json.loads(line) for line in text.splitlines()]
    assert [(run["seed"], run["order"]) for run in runs] == [
        (seed, order) for seed in (1, 2) for order in simulate.RUNS
    ]
    n_read = {run["order"]: run["tweets"] for run in runs}
    assert n_read == dict.fromkeys(simulate.RUNS, 4) | {"start": 0, "everything": 18}
    assert sum(gold for *_, gold in runs[0]["counts"]) == 6
    assert "2 seeds" in capsys.readouterr().out
    assert (output / "simulation.png").stat().st_size > 10_000


def test_a_wrong_decision_is_never_the_gold_one(
    simulate: ModuleType, six_tweets: list[Tweet]
) -> None:
    generator = random.Random(0)
    for tweet in 20 * six_tweets:
        wrong = simulate.spoiled(tweet, ("person", "geo-loc"), generator)
        assert wrong.words == tweet.words
        assert wrong.entities != tweet.entities
        assert abs(len(wrong.entities) - len(tweet.entities)) <= 1


def test_orders_are_compared_seed_by_seed_on_the_same_tweets(simulate: ModuleType) -> None:
    generator = np.random.default_rng(0)
    gold = generator.integers(3, size=200)
    sides = {}
    for order, share in (("random", 0.5), ("doubt", 0.6)):
        right = generator.binomial(gold, share)
        sides[order] = np.stack([right, right + generator.integers(2, size=200), gold], 1)
    runs = {}
    for order, counts in sides.items():
        for seed in (1, 2, 3):
            runs[seed, order] = simulate.Run(seed, order, 1, 1, 1, counts.tolist())
    assert simulate.paired(runs, "random", "random") == (0, 0, 0)

    def difference(rows: np.ndarray) -> float:
        right, predicted, wanted = (
            np.array([sides[order][rows, column].sum() for order in ("doubt", "random")])
            for column in range(3)
        )
        f1 = 200 * right / (predicted + wanted)
        return float(f1[0] - f1[1])

    sampled = bootstrap((np.arange(200),), difference, method="percentile", random_state=1)
    expected = (difference(np.arange(200)), *sampled.confidence_interval)
    assert simulate.paired(runs, "doubt", "random") == pytest.approx(expected, abs=1.0)
