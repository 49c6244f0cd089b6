"""Six tweets that a tiny model can learn by heart, and runs on them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import Tweet, write_conll
from tweetner.training import RunConfig
from tweetner.training.finetuning import SeedResult, load_splits, train_seed
from tweetner.training.parsing import config_from

TINY: dict[str, Any] = {
    "name": "tiny",
    "model": "bilstm",
    "types": ("geo-loc", "person"),
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
    "threshold_share": 0.0,  # all six tweets select and calibrate
}
ROWS = [
    ("just landed in New York", "O O O B-geo-loc I-geo-loc"),
    ("@ann meets Tom Hanks in Berlin !", "O O B-person I-person O B-geo-loc O"),
    ("so tired lol", "O O O"),
    ("Ann and Bob :)", "B-person O B-person O"),
    ("http://t.co/x Paris Berlin", "O B-geo-loc B-geo-loc"),
    ("Bob loves New York", "B-person O B-geo-loc I-geo-loc"),
]
SIX = [Tweet(words, tuple(words.split()), tuple(tags.split())) for words, tags in ROWS]


@pytest.fixture(scope="session")
def tiny_tweets() -> list[Tweet]:
    """Six annotated tweets."""
    return SIX


@pytest.fixture(scope="session")
def many_tweets() -> list[Tweet]:
    """Six times the six tweets, each time with another first word: enough to divide dev."""
    tweets = []
    for word in "abcdef":
        for tweet in SIX:
            changed = replace(tweet, words=(word, *tweet.words), tags=("O", *tweet.gold))
            tweets.append(changed)
    return tweets


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same six tweets as train, dev and test."""
    folder = tmp_path_factory.mktemp("corpus")
    for split in ("train", "dev", "test"):
        write_conll(folder / f"{split}.conll", SIX)
    return folder


@pytest.fixture
def write_corpus() -> Callable[[Path, list[Tweet]], str]:
    """`write_corpus(folder, dev)` writes the six tweets as train and test beside another dev."""

    def write(folder: Path, dev: list[Tweet]) -> str:
        folder.mkdir()
        for split, tweets in (("train", SIX), ("dev", dev), ("test", SIX)):
            write_conll(folder / f"{split}.conll", tweets)
        return f"./{folder}"

    return write


@pytest.fixture
def make(
    corpus: Path, encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunConfig]:
    """`make(key=value)` returns a tiny run's config; runs write to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)

    def config(**changed: Any) -> RunConfig:
        folders = {"data": str(corpus), "encoder": str(encoder_folder)}
        return config_from(RunConfig, TINY | folders | changed)

    return config


@pytest.fixture(scope="session")
def train() -> Callable[..., SeedResult]:
    """`train(config, seed=1, resume=False)` trains one seed."""

    def train_one(config: RunConfig, *, seed: int = 1, resume: bool = False) -> SeedResult:
        result = train_seed(config, seed, load_splits(config)[1], resume=resume)
        assert result is not None
        return result

    return train_one
