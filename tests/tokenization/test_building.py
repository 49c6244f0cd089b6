"""Tokenizers that begin with the splitter: built, saved and read again."""

import json
from pathlib import Path

import pytest
from tokenizers import (
    Tokenizer,
    models,
)
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from tweetner.tokenization import (
    save_tokenizer,
    split_tweet,
    splitter_of,
    tweet_tokenizer,
    word_start_mask,
    word_tokenizer,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def test_a_pretrained_tokenizer_keeps_its_vocabulary_and_is_not_changed_itself(
    original: PreTrainedTokenizerFast,
) -> None:
    original.backend_tokenizer.enable_padding(length=40)
    original.backend_tokenizer.enable_truncation(20)
    before = original.backend_tokenizer.to_str()
    tokenizer = tweet_tokenizer(original, normalize=True, max_subwords=77)
    assert original.backend_tokenizer.to_str() == before
    original.backend_tokenizer.no_padding()
    original.backend_tokenizer.no_truncation()
    assert tokenizer.get_vocab() == original.get_vocab()
    assert tokenizer.special_tokens_map == original.special_tokens_map
    assert tokenizer.model_max_length == 77
    assert tokenizer.backend_tokenizer.padding is None
    assert tokenizer.backend_tokenizer.truncation is None


def test_normalizing_deletes_tails_and_keeps_where_words_begin(
    wordpiece: PreTrainedTokenizerFast,
) -> None:
    tokenizer = tweet_tokenizer(wordpiece, normalize=True, max_subwords=64)
    text = "Hi @someone_1, see (https://x.org/Ab?c=d) or www.x.org/y! me@x.org"
    encoding = tokenizer(text, return_offsets_mapping=True)
    subwords = encoding.tokens()[1:-1]
    assert subwords[:5] == ["h", "##i", "@", ",", "s"]
    offsets = dict(zip(subwords, encoding["offset_mapping"][1:-1], strict=True))
    assert offsets["@"][0] == text.index("@someone_1")
    assert offsets["http"][0] == text.index("https")
    assert subwords[subwords.index("http") + 1] == ")"
    assert "".join(subwords).replace("##", "").endswith("orwww!me@x.org")
    kept = tweet_tokenizer(wordpiece, normalize=False, max_subwords=64)(text).tokens()
    assert "".join(kept[1:-1]).replace("##", "") == text.lower().replace(" ", "")


def test_a_tokenizer_with_the_splitter_gets_it_a_second_time_without_a_trace(
    wordpiece: PreTrainedTokenizerFast,
) -> None:
    once = tweet_tokenizer(wordpiece, normalize=True, max_subwords=64)
    twice = tweet_tokenizer(once, normalize=True, max_subwords=64)
    assert twice.backend_tokenizer.to_str() == once.backend_tokenizer.to_str()
    plain = tweet_tokenizer(wordpiece, normalize=False, max_subwords=64)
    undone = tweet_tokenizer(once, normalize=False, max_subwords=64)
    assert undone.backend_tokenizer.to_str() == plain.backend_tokenizer.to_str()


def test_chinese_characters_stay_in_one_word(wordpiece: PreTrainedTokenizerFast) -> None:
    tokenizer = tweet_tokenizer(wordpiece, normalize=True, max_subwords=64)
    assert tokenizer("in東京").word_ids() == [None, 0, None]


def test_a_slow_tokenizer_is_refused() -> None:
    class SlowTokenizer:
        pass

    with pytest.raises(
        ValueError,
        match=r"expected a fast tokenizer, got the slow SlowTokenizer: it has no offsets",
    ):
        tweet_tokenizer(SlowTokenizer(), normalize=True, max_subwords=64)  # type: ignore[arg-type]


def test_a_tokenizer_of_another_kind_is_refused() -> None:
    words = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    )
    with pytest.raises(
        ValueError,
        match=r"expected a WordPiece, byte-level BPE or Metaspace .* got a WordLevel model",
    ):
        tweet_tokenizer(words, normalize=True, max_subwords=64)


# --- saved tokenizers ---


def test_a_saved_tokenizer_keeps_the_splitter_when_it_is_read_again(
    original: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    tokenizer = tweet_tokenizer(original, normalize=True, max_subwords=64)
    save_tokenizer(tokenizer, tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    reloaded = AutoTokenizer.from_pretrained(tmp_path)
    text = "RT @you: don't :-) #WNUT's http://t.co/x 👍🏽"
    assert reloaded(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert reloaded.model_max_length == 64
    splitter = splitter_of(Tokenizer.from_file(str(tmp_path / "tokenizer.json")))
    assert [offsets for _, offsets in splitter.pre_tokenize_str(text)] == split_tweet(text)


def test_a_tokenizer_that_would_be_read_back_otherwise_is_not_saved_in_silence(
    wordpiece: PreTrainedTokenizerFast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *_, **__: wordpiece)
    with pytest.raises(
        ValueError, match=r"the saved tokenizer does not split .*@you don.* as the trained one did"
    ):
        save_tokenizer(tweet_tokenizer(wordpiece, normalize=True, max_subwords=64), tmp_path)


# --- the word-level tokenizer ---


def test_a_word_level_vocabulary_holds_lowered_words_seen_often_enough() -> None:
    tokenizer = word_tokenizer(
        [["Berlin", "is", "berlin"], ["IS", "it"]], min_count=2, max_subwords=9
    )
    assert tokenizer.get_vocab() == {
        subword: i for i, subword in enumerate([*SPECIAL, "berlin", "is"])
    }
    assert tokenizer("BERLIN is\tit berlin")["input_ids"] == [2, 4, 5, 1, 4, 3]
    assert tokenizer("")["input_ids"] == [2, 3]
    assert tokenizer.model_max_length == 9
    assert word_start_mask(tokenizer.backend_tokenizer).tolist() == [
        False,
        True,
        False,
        False,
        True,
        True,
    ]
