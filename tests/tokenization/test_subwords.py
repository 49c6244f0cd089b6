"""Words and subwords: raw text, words and words encoded together give the same subwords."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    normalizers,
    pre_tokenizers,
    processors,
)
from transformers import PreTrainedTokenizerFast

from tweetner.corpus import load_sample_texts, load_tweets
from tweetner.tokenization import (
    SubwordEncoder,
    Windows,
    is_line_break,
    split_tweet,
    splitter_tokenizer,
    tweet_tokenizer,
    without_surrogates,
    word_start_mask,
)
from tweetner.tokenization.subwords import encodes_words_apart


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_tweet(text)]


@pytest.mark.parametrize("normalize", [False, True])
def test_raw_text_words_and_the_encoder_give_the_same_subwords(
    original: PreTrainedTokenizerFast,
    list_windows: Callable[[Windows], list[Any]],
    normalize: bool,
) -> None:
    tokenizer = tweet_tokenizer(original, normalize=normalize, max_subwords=512)
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, 512)
    texts = [raw.text.replace("\n", " ") for raw in load_sample_texts()["dev"]]
    for raw in [*texts, "@you don't :-) HTTP://T.CO/a, 3x &amp;", ""]:
        words = words_of(raw)
        (window,) = list_windows(encoder.encode([words]))
        assert window.input_ids == tokenizer(raw)["input_ids"]
        assert window.input_ids == tokenizer(" ".join(words))["input_ids"]
        assert window.input_ids == tokenizer(words, is_split_into_words=True)["input_ids"]
        assert window.words == list(range(len(words)))


def test_positions_are_where_the_tokenizer_itself_begins_its_words(
    original: PreTrainedTokenizerFast, list_windows: Callable[[Windows], list[Any]]
) -> None:
    tokenizer = tweet_tokenizer(original, normalize=True, max_subwords=512)
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, 512)
    for raw in load_sample_texts()["dev"]:
        text = raw.text.replace("\n", " ")
        (window,) = list_windows(encoder.encode([words_of(text)]))
        encoding = tokenizer(text, return_offsets_mapping=True)
        words = encoding.word_ids()
        assert window.positions == [
            i for i, word in enumerate(words) if word is not None and words[i - 1] != word
        ]


# --- which subwords begin a word ---


def test_word_starts_are_read_from_the_subwords_themselves(
    original: PreTrainedTokenizerFast,
) -> None:
    tokenizer = tweet_tokenizer(original, normalize=True, max_subwords=64)
    mask = word_start_mask(tokenizer.backend_tokenizer)
    assert len(mask) == len(tokenizer)
    seen = Counter()
    for tweet in load_tweets("sample:test"):
        encoding = tokenizer(list(tweet.words), is_split_into_words=True)
        words = encoding.word_ids()
        for i, subword in enumerate(encoding["input_ids"]):
            seen[bool(mask[subword])] += 1
            assert mask[subword] == (words[i] is not None and words[i] != words[i - 1])
    assert min(seen[True], seen[False]) > 100
    assert not mask[[tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id]].any()


# --- words encoded together, and the cache ---


def test_the_memory_of_words_is_bounded(
    spelling: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SubwordEncoder, "CACHE_SIZE", 10)
    encoder = SubwordEncoder(spelling, 64)
    vocabulary = spelling.get_vocab()
    for start in range(0, 60, 4):
        words = [f"{number:02}" for number in range(start, start + 8)]
        expected = [[vocabulary[word[0]], vocabulary["##" + word[1]]] for word in words]
        assert encoder.subwords(words) == expected
        assert len(encoder._places) <= 10
    assert (
        len(encoder.subwords(str(number) for number in range(20))) == 20
    )  # more at once than are remembered


LINES = st.lists(
    st.text()
    | st.sampled_from(
        [*"@#.\n \u00a0\u0301\u200d\ufe0f\u00a8\ufdfa\ufb01\u6771", "[SEP]", "@you", "http://t"]
    )
)


@pytest.fixture(scope="module", params=[False, True])
def backend(original: PreTrainedTokenizerFast, request: pytest.FixtureRequest) -> Tokenizer:
    return tweet_tokenizer(original, normalize=request.param, max_subwords=64).backend_tokenizer


@given(LINES.map(lambda words: [without_surrogates(word) for word in dict.fromkeys(words)]))
def test_words_encoded_together_have_the_subwords_that_each_has_alone(
    backend: Tokenizer, words: list[str]
) -> None:
    assert encodes_words_apart(backend)
    alone = []
    for word in words:
        spaced = re.sub("[\n-\r\x1c-\x1e\x85\u2028\u2029]", " ", word)
        read = "." if is_line_break(word) else spaced
        alone.append(backend.encode(read, add_special_tokens=False).ids)
    assert SubwordEncoder(backend, 64).subwords(words) == alone


@pytest.mark.parametrize(
    ("part", "step"),
    [
        ("normalizer", normalizers.Prepend("x")),
        ("normalizer", normalizers.Replace(Regex(r"\n"), "")),
        ("normalizer", normalizers.Sequence([normalizers.Lowercase(), normalizers.Strip()])),
        ("pre_tokenizer", pre_tokenizers.BertPreTokenizer()),
        ("pre_tokenizer", pre_tokenizers.Metaspace(prepend_scheme="first")),
    ],
)
def test_words_of_a_foreign_tokenizer_are_encoded_one_by_one(part: str, step: Any) -> None:
    foreign = splitter_tokenizer()
    foreign.add_tokens(["a", "xa"])
    assert encodes_words_apart(foreign)
    setattr(foreign, part, step)
    assert not encodes_words_apart(foreign)
    alone = [foreign.encode(word, add_special_tokens=False).ids for word in ("b", "a", "c d", "")]
    foreign.post_processor = processors.TemplateProcessing(
        single="[UNK] $A", special_tokens=[("[UNK]", 0)]
    )
    assert SubwordEncoder(foreign, 64).subwords(["b", "a", "c d", ""]) == alone


def test_an_added_token_with_white_space_keeps_words_from_being_encoded_together() -> None:
    for token in (AddedToken("new york"), AddedToken("<mask>", rstrip=True)):
        tokenizer = splitter_tokenizer()
        tokenizer.add_tokens([token])
        assert not encodes_words_apart(tokenizer)
