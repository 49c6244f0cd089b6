"""Windows: long tweets are cut, every word is answered for once, labels stay at their words."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel

from tweetner.corpus import load_tweets
from tweetner.tags import tags_of
from tweetner.tokenization import (
    UNOBSERVED,
    SubwordEncoder,
    Windows,
    align_labels,
    bounds_of,
    position_limit,
)
from tweetner.tokenization.windows import AFTER_PADDING


def test_bounds_are_start_offsets_and_the_total() -> None:
    assert bounds_of([3, 0, 2]).tolist() == [0, 3, 3, 5]


def test_a_short_tweet_is_one_window(
    spelling: Tokenizer, list_windows: Callable[[Windows], list[Any]]
) -> None:
    (window,) = list_windows(SubwordEncoder(spelling, 64).encode([["ab", "", "c", "a,b"]]))
    ids = spelling.get_vocab()
    subwords = [ids[subword] for subword in ["[CLS]", "a", "##b", "c", "a", ",", "b", "[SEP]"]]
    words = [0, 2, 3, 3, 3]
    assert window == (0, subwords, [1, 3, 4, 5, 6], words, words)


def test_overlapping_windows_divide_their_overlap_in_its_middle(
    spelling: Tokenizer, list_windows: Callable[[Windows], list[Any]]
) -> None:
    encoder = SubwordEncoder(spelling, 10)  # room for four words of two subwords
    windows = list_windows(encoder.encode([["ab"] * 6, [], ["a"]]))
    assert [window.tweet for window in windows] == [0, 0, 1, 2]
    assert [window.words for window in windows] == [[0, 1, 2, 3], [3, 4, 5], [], [0]]
    assert [window.answered for window in windows] == [
        [0, 1, 2],
        [3, 4, 5],
        [],
        [0],
    ]


@given(st.lists(st.lists(st.integers(0, 25), max_size=30), max_size=4), st.integers(8, 30))
def test_every_word_with_subwords_is_answered_for_once_and_no_window_is_too_long(
    spelling: Tokenizer,
    list_windows: Callable[[Windows], list[Any]],
    lengths: list[list[int]],
    max_subwords: int,
) -> None:
    tweets = [["x" * length for length in tweet] for tweet in lengths]
    windows = list_windows(SubwordEncoder(spelling, max_subwords).encode(tweets))
    assert all(len(window.input_ids) <= max_subwords for window in windows)
    assert [window.tweet for window in windows] == sorted(window.tweet for window in windows)
    for i, tweet in enumerate(lengths):
        mine = [window for window in windows if window.tweet == i]
        assert mine
        answered = [word for window in mine for word in window.answered]
        assert answered == [word for word, length in enumerate(tweet) if length]
        for window in mine:  # a word begins with its own first letter, not inside one
            assert all(
                spelling.id_to_token(window.input_ids[position]) == "x"
                for position in window.positions
            )


@given(
    st.lists(st.sampled_from(["a", "a,b", "", "\u200d", "bb's", "x" * 30, "(c)"]), max_size=30),
    st.integers(8, 20),
)
def test_words_that_the_splitter_parts_lose_no_first_part_in_windows(
    spelling: Tokenizer,
    list_windows: Callable[[Windows], list[Any]],
    words: list[str],
    max_subwords: int,
) -> None:
    (whole,) = list_windows(SubwordEncoder(spelling, 10_000).encode([words]))
    windows = list_windows(SubwordEncoder(spelling, max_subwords).encode([words]))
    answered = [word for window in windows for word in window.answered]
    assert answered == whole.words


# --- labels ---

LABELS = tags_of(["geo-loc", "person"])  # O, B-geo-loc, I-geo-loc, B-person, I-person


@pytest.mark.parametrize(
    ("words", "tags", "expected"),
    [
        (["ab", "c"], ["B-person", "I-person"], ["B-person", None, "I-person"]),
        (["a,b"], ["B-person"], ["B-person", "I-person", "I-person"]),  # three parts, none lost
        (["a,b"], ["I-person"], ["I-person", "I-person", "I-person"]),
        (["a,b"], ["O"], ["O", "O", "O"]),
        (
            ["a", "", "\ufe0f", "b"],
            ["B-person", "O", "O", "O"],
            ["B-person", "O"],
        ),  # two words leave nothing
        (["a's", "b"], ["B-person", "B-person"], ["B-person", "I-person", None, "B-person"]),
        ([], [], []),
    ],
)
def test_labels_stand_where_words_begin(
    spelling: Tokenizer, words: list[str], tags: list[str], expected: list[str | None]
) -> None:
    windows = SubwordEncoder(spelling, 64).encode([words])
    labels = align_labels(windows, [[LABELS.index(tag) for tag in tags]])
    assert labels[0] == labels[-1] == UNOBSERVED
    assert [None if label == UNOBSERVED else LABELS[label] for label in labels[1:-1]] == expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "xyz", "a,b", "", "\x07", "new", "x" * 30]), st.integers(0, 4)
        ),
        max_size=40,
    ),
    st.integers(8, 24),
)
def test_windows_together_train_every_label_of_every_word_with_subwords_once(
    spelling: Tokenizer, tweet: list[tuple[str, int]], max_subwords: int
) -> None:
    words, gold = [word for word, _ in tweet], [label for _, label in tweet]
    n_parts = {"": 0, "\x07": 0, "a,b": 3}
    expected = []
    for word, label in tweet:
        parts = n_parts.get(word, 1)
        expected += [label, *[label + label % 2] * (parts - 1)][:parts]
    windows = SubwordEncoder(spelling, max_subwords).encode([words])
    aligned = align_labels(windows, [gold])
    assert [label for label in aligned if label != UNOBSERVED] == expected


def test_a_corpus_trains_as_many_labels_as_it_has_words(spelling: Tokenizer) -> None:
    tweets = load_tweets("sample:train")
    windows = SubwordEncoder(spelling, 64).encode([tweet.words for tweet in tweets])
    aligned = align_labels(windows, [[0] * len(tweet.words) for tweet in tweets])
    assert (aligned == 0).sum() == sum(len(tweet.words) for tweet in tweets)


# --- the positions of a model ---

SMALL = {
    "vocab_size": 20,
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 8,
    "max_position_embeddings": 12,
    "attention_window": 4,  # Longformer
    "embedding_size": 8,  # Electra
    "dim": 8,  # DistilBERT, with the three below
    "n_layers": 1,
    "n_heads": 2,
    "hidden_dim": 8,
    "pad_token_id": 1,
    "entity_vocab_size": 5,  # LUKE
    "entity_emb_size": 4,
    "languages": ["en_XX"],  # X-MOD
    "default_language": "en_XX",
}


@pytest.mark.parametrize(
    "model_type", sorted(AFTER_PADDING | {"bert", "distilbert", "electra", "gpt2", "mobilebert"})
)
def test_as_many_subwords_as_the_limit_fit_a_model_and_no_more(model_type: str) -> None:
    config = AutoConfig.for_model(model_type, **SMALL)
    limit = position_limit(config.to_dict())
    assert limit is not None
    assert position_limit({"encoder": config.to_diff_dict(), "model_type": "ours"}) == limit
    model = AutoModel.from_config(config).eval()
    with torch.inference_mode():
        model(input_ids=torch.full((1, limit), 7))
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, limit + 1), 7))


def test_a_model_that_states_no_positions_has_no_limit() -> None:
    assert position_limit({"model_type": "bert"}) is None
    assert position_limit({"encoder": None, "model_type": "tweetner-tagger"}) is None
