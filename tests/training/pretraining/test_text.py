"""Tweets are read from every format, counted by their fate, and written as subwords."""

import gzip
import json
import logging
import lzma
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transformers import PreTrainedTokenizerFast

from tweetner.tokenization import tweet_tokenizer
from tweetner.training import PretrainConfig
from tweetner.training.exclusion import ExcludedText
from tweetner.training.pretraining.text import (
    PretrainingTweets,
    write_tweets,
)
from tweetner.training.unlabelled import Selection, TweetCounts

Make = Callable[..., PretrainConfig]


def select(config: PretrainConfig, *excluded: str) -> Selection:
    return Selection(
        config.tweets,
        ExcludedText(excluded),
        column=config.column,
        held_out_share=config.held_out_share,
    )


def kept(config: PretrainConfig, *excluded: str) -> tuple[list[str], TweetCounts]:
    selection = select(config, *excluded)
    texts = [text for text, _ in selection]
    return texts, selection.counts


def test_every_tweet_has_one_fate(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    evaluated = "we will all meet in Lima on the first of May , see you"
    lines = [
        {"text": "good morning"},
        {"text": "Good  morning"},
        {"text": " "},
        {"text": evaluated},
        {"text": f"yes {evaluated}"},
        {"id": 3},
        {"id": 4},
        {"text": "so tired"},
    ]
    Path("t.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        texts, counts = kept(make(tweets=("t.jsonl",), held_out_share=1e-9), evaluated)
    assert texts == ["good morning", "so tired"]
    assert asdict(counts) == {
        "read": 8,
        "unreadable": 2,
        "empty": 1,
        "repeated": 1,
        "equal": 1,
        "shared": 1,
        "held_out": 0,
        "train": 2,
    }
    (warning,) = caplog.messages
    assert warning.startswith("t.jsonl:6: expected the key 'text'")


def test_every_format_gives_the_same_tweets(make: Make, invented: list[str]) -> None:
    text = "\n".join(invented) + "\n"
    json_lines = "\n".join(json.dumps({"body": tweet}) for tweet in invented)
    Path("t.txt.gz").write_bytes(gzip.compress(text.encode()))
    Path("t.txt.xz").write_bytes(lzma.compress(text.encode()))
    Path("t.jsonl").write_text(json_lines, encoding="utf-8")
    pq.write_table(pa.table({"body": invented}), "t.parquet")
    for path in ("tweets.txt", "t.txt.gz", "t.txt.xz"):
        assert kept(make(tweets=(path,)))[0] == invented
    for path in ("t.jsonl", "t.parquet"):
        assert kept(make(tweets=(path,), column="body"))[0] == invented


def test_a_tweet_is_held_out_whatever_stands_beside_it(make: Make, invented: list[str]) -> None:
    whole = dict(select(make()))
    Path("half.txt").write_text("\n".join(invented[::-2]), encoding="utf-8")
    half = dict(select(make(tweets=("half.txt",))))
    assert half == {text: whole[text] for text in half}
    assert 10 < list(whole.values()).count("held_out") < 40


def test_subwords_are_written_window_by_window(
    make: Make, tiny_tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    config = make()
    tokenizer = tweet_tokenizer(tiny_tokenizer, normalize=True, max_subwords=32)
    write_tweets(config, tokenizer, tmp_path / "data", progress=False)
    found = PretrainingTweets.load(tmp_path / "data")
    texts = list(select(config))
    for part, encoded in (("train", found.train), ("held_out", found.held_out)):
        expected = [tokenizer(text)["input_ids"] for text, its_part in texts if its_part == part]
        windows = np.split(encoded.ids, encoded.bounds[1:-1])
        assert [window.tolist() for window in windows] == expected
    assert set(found.files) == {"tweets.txt"}
    assert found.hashes["train"] != found.hashes["held_out"]


def test_nothing_to_train_on_is_refused(
    make: Make, tiny_tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    Path("one.txt").write_text("so tired\n")
    tokenizer = tweet_tokenizer(tiny_tokenizer, normalize=True, max_subwords=32)
    with pytest.raises(ValueError, match=r"expected tweets to train on and to hold out, kept"):
        write_tweets(make(tweets=("one.txt",)), tokenizer, tmp_path / "data", progress=False)
