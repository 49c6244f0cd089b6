"""Loading and encoding the tweets of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import DevSets, Tweet, write_conll
from tweetner.tags import tags_of
from tweetner.tokenization import UNOBSERVED, SubwordEncoder, Windows
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    Splits,
    build,
    count_shortened,
    encode_dataset,
    load_splits,
    longest_first,
    with_normalize,
)

TYPES = ("geo-loc", "person")
TAGS = tags_of(TYPES)


def test_a_run_reads_the_three_splits_of_its_corpus(
    make: Callable[..., RunConfig], tiny_tweets: list[Tweet]
) -> None:
    corpus, splits = load_splits(make())
    assert corpus.types == TYPES
    for tweets in (splits.train, splits.dev, splits.test):
        assert [(tweet.words, tweet.tags) for tweet in tweets] == [
            (tweet.words, tweet.tags) for tweet in tiny_tweets
        ]
    assert splits.dev_sets == DevSets(splits.dev, splits.dev, [], "dev")


@pytest.mark.parametrize(
    ("split", "n_tweets", "message"),
    [
        ("dev", 1, "expected entities in dev, found none"),
        ("train", 1, "expected entities in train, found none"),
        ("test", 0, "expected splits train, dev and test with tweets, test has none"),
    ],
)
def test_a_corpus_that_no_run_can_use_is_refused(
    split: str,
    n_tweets: int,
    message: str,
    make: Callable[..., RunConfig],
    tmp_path: Path,
    tiny_tweets: list[Tweet],
) -> None:
    for name in ("train", "dev", "test"):
        without_entity = tiny_tweets[2 : 2 + n_tweets]
        tweets = without_entity if name == split else tiny_tweets
        if tweets:
            write_conll(tmp_path / f"{name}.conll", tweets)
    with pytest.raises(ValueError, match=message):
        load_splits(make(data=str(tmp_path)))


def test_a_dataset_holds_a_label_for_each_word_longest_tweets_first(
    make: Callable[..., RunConfig],
    list_windows: Callable[[Windows], list[Any]],
    tiny_tweets: list[Tweet],
) -> None:
    config = make()
    _, tokenizer = build(config, TAGS, [tweet.words for tweet in tiny_tweets])
    dataset, windows = encode_dataset(
        tiny_tweets, SubwordEncoder(tokenizer.backend_tokenizer, 64), TAGS
    )
    lengths = [len(ids) for ids in dataset["input_ids"]]
    assert lengths == sorted(lengths, reverse=True)
    listed = list_windows(windows)
    rows = [listed[i] for i in longest_first(windows)]
    assert [window.input_ids for window in rows] == list(dataset["input_ids"])
    for window, labels in zip(rows, dataset["labels"], strict=True):
        assert [TAGS[label] for label in labels if label != UNOBSERVED] == list(
            tiny_tweets[window.tweet].gold
        )


# --- entities that normalizing would shorten ---


@pytest.mark.parametrize(
    ("n_names", "n_others", "normalize"),
    [(0, 9, "true"), (1, 99, "false"), (1, 100, "true"), (5, 5, "false"), (2, 1494, "true")],
)
def test_text_is_left_as_it_is_where_entities_hold_names_or_urls(
    n_names: int, n_others: int, normalize: str, make: Callable[..., RunConfig]
) -> None:
    held = [("of", "@nike"), ("https://t.co/Ab1",), ("www.x.org", "Berlin")]
    tweets = [Tweet("1", ("@ann", "http://x.org", "Berlin"), ("O", "O", "B-geo-loc"))] * n_others
    for n in range(n_names):
        words = held[n % 3]
        tweets.append(Tweet("1", words, ("B-person", *["I-person"] * (len(words) - 1))))
    assert count_shortened(tweets) == (n_names, n_names + n_others)
    splits = Splits(tweets, [], [], DevSets([], [], [], ""), "made", {})
    assert with_normalize(make(), splits) == make(normalize=normalize)
    for given in ("true", "false"):
        assert with_normalize(make(normalize=given), splits) == make(normalize=given)
