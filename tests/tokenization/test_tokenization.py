"""Words and subwords: what a tweet is split into, and that raw text, words and windows give the same subwords."""

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from tweetner.corpus import load_sample_texts, load_tweets
from tweetner.tags import tags_of
from tweetner.tokenization import (
    UNOBSERVED,
    SubwordEncoder,
    Window,
    align_labels,
    save_tokenizer,
    split_tweet,
    splitter_of,
    splitter_tokenizer,
    tweet_tokenizer,
    without_surrogates,
    word_start_mask,
    word_tokenizer,
)
from tweetner.tokenization.subwords import encodes_lines_apart

WHITE_SPACE = re.compile(
    r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)  # Unicode's White_Space
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
NAMES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
ENDS = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
KINDS = ["WordPiece", "byte-level BPE", "Metaspace"]


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_tweet(text)]


# --- raw tweets → words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # mentions and hashtags
        ("RT @a_b: hi", "RT|@a_b|:|hi"),
        ("(@Nike)", "(|@Nike|)"),
        ("＠nike ＃café", "＠nike|＃café"),
        ("@o'neil #hash-tag", "@o'neil|#hash-tag"),
        ("#a#b @ user", "#a|#b|@|user"),
        # addresses
        ("see http://t.co/aB3?x=1. ok", "see|http://t.co/aB3?x=1|.|ok"),
        ("(https://x.org/a_b)", "(|https://x.org/a_b|)"),
        ("HTTP://T.CO/A, WWW.x.org", "HTTP://T.CO/A|,|WWW.x.org"),
        ("www.foo.com/bar!", "www.foo.com/bar|!"),
        ("me.you@x.org, you", "me.you@x.org|,|you"),
        # emoticons
        (":-) :D ;) =( <3 </3 ^_^ -_- XD", ":-)|:D|;)|=(|<3|</3|^_^|-_-|XD"),
        # emoji: joined, skin tones, flags, keycaps, variation selectors
        ("👨‍👩‍👧 in Paris", "👨‍👩‍👧|in|Paris"),
        ("👍🏽 ok", "👍🏽|ok"),
        ("🇩🇪🇫🇷", "🇩🇪|🇫🇷"),
        ("1️⃣ #️⃣", "1️⃣|#️⃣"),
        ("❤️Berlin☕️", "❤️|Berlin|☕️"),
        # contractions stay whole, possessives part
        ("don't can’t I'm y'all", "don't|can’t|I'm|y'all"),
        ("Nike's Nike’s it's", "Nike|'s|Nike|’s|it|'s"),
        ("James' bag", "James|'|bag"),
        ("rock'n'roll half-time w/o w/ and/or", "rock'n'roll|half-time|w/o|w/|and/or"),
        # abbreviations, numbers, prices
        ("U.S. U.S.A. a.m. J.K. Rowling", "U.S.|U.S.A.|a.m.|J.K.|Rowling"),
        ("3.5 1,000 10:30 3-2 24/7 50% 2nd 7pm", "3.5|1,000|10:30|3-2|24/7|50%|2nd|7pm"),
        ("$5.99 €20 £3", "$5.99|€20|£3"),
        # HTML entities keep their text
        ("&amp; &#39; &#x27; AT&amp;T AT&T", "&amp;|&#39;|&#x27;|AT&amp;T|AT&T"),
        # punctuation
        ("what?! wait... ok… \"so\" “so”", "what|?!|wait|...|ok|…|\"|so|\"|“|so|”"),
        ("a,b USA!!! P!nk", "a|,|b|USA|!!!|P|!|nk"),
        # other scripts, directions and spaces
        ("東京に行く", "東京に行く"),
        ("שלום עולם، مرحبا", "שלום|עולם|،|مرحبا"),
        ("e\u0301te\u0301 naïve", "e\u0301te\u0301|naïve"),
        ("a\u00a0b\u3000c\u2028d\te\nf\r\ng", "a|b|c|d|e|f|g"),
        # nothing to split
        ("", ""),
        (" \t\n\u00a0\u3000", ""),
    ],
)  # fmt: skip
def test_a_tweet_is_split_into_words(text: str, words: str) -> None:
    assert words_of(text) == [word for word in words.split("|") if word]


@pytest.mark.parametrize("text", [*"#@'\u200b\ufe0f\u200d\x00\U0001f1e9\ufffd\u0301"])
def test_a_lone_sign_is_a_word(text: str) -> None:
    assert words_of(text) == [text]


SIGNS = st.sampled_from(
    [*"@#'’:;()<3/.-_&%$\t\n \u00a0\u200d\ufe0f\u0301👍🏽🇩🇪", "http://", "&amp;", "www.", "'s"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(SIGNS, st.text(max_size=3))).map("".join)))
def test_words_stand_in_order_without_overlap_and_hold_every_character_but_white_space(
    text: str,
) -> None:
    offsets = split_tweet(text)
    assert all(start < end for start, end in offsets)
    assert all(before[1] <= after[0] for before, after in pairwise(offsets))
    assert not any(WHITE_SPACE.search(text[start:end]) for start, end in offsets)
    assert "".join(text[start:end] for start, end in offsets) == WHITE_SPACE.sub("", text)


def test_words_of_the_corpus_that_come_out_of_the_splitter_are_not_split_again() -> None:
    again = [
        words_of(" ".join(tweet.words)) == list(tweet.words)
        for tweet in load_tweets("sample:train")
    ]
    assert again.count(False) == 0


def test_a_lone_surrogate_is_replaced_and_moves_no_offset() -> None:
    assert without_surrogates("a\ud83db 👍") == "a\ufffdb 👍"


# --- pretrained tokenizers -------------------------------------------------------------------------------------------


def pretrained(kind: str) -> PreTrainedTokenizerFast:
    """A tokenizer of each kind, its vocabulary learned from the sample corpus."""
    texts = [raw.text for raw in load_sample_texts()["train"]]
    options: dict[str, Any] = {
        "vocab_size": 400,
        "special_tokens": [*SPECIAL],
        "show_progress": False,
    }
    if kind == "WordPiece":
        backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        backend.normalizer, backend.pre_tokenizer = (
            normalizers.BertNormalizer(),
            pre_tokenizers.BertPreTokenizer(),
        )
        trainer: trainers.Trainer = trainers.WordPieceTrainer(**options)
    elif kind == "byte-level BPE":
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **options
        )
    else:
        backend = Tokenizer(models.Unigram())
        backend.pre_tokenizer, backend.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        trainer = trainers.UnigramTrainer(unk_token="[UNK]", **options)
    backend.train_from_iterator(texts, trainer)
    backend.post_processor = ENDS
    return PreTrainedTokenizerFast(tokenizer_object=backend, **NAMES)


@pytest.fixture(scope="module", params=KINDS)
def original(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    return pretrained(request.param)


@pytest.mark.parametrize("normalize", [False, True])
def test_raw_text_words_and_the_encoder_give_the_same_subwords(
    original: PreTrainedTokenizerFast, normalize: bool
) -> None:
    tokenizer = tweet_tokenizer(original, normalize=normalize, max_subwords=512)
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, 512)
    for raw in [raw.text for raw in load_sample_texts()["dev"]] + [
        "@you don't :-) HTTP://T.CO/a, 3x &amp;",
        "",
    ]:
        words = words_of(raw)
        (window,) = encoder.encode([words])
        assert window.input_ids == tokenizer(raw)["input_ids"]
        assert window.input_ids == tokenizer(" ".join(words))["input_ids"]
        assert window.input_ids == tokenizer(words, is_split_into_words=True)["input_ids"]
        assert window.words == list(range(len(words)))


def test_positions_are_where_the_tokenizer_itself_begins_its_words(
    original: PreTrainedTokenizerFast,
) -> None:
    tokenizer = tweet_tokenizer(original, normalize=True, max_subwords=512)
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, 512)
    for raw in load_sample_texts()["dev"]:
        (window,) = encoder.encode([words_of(raw.text)])
        encoding = tokenizer(raw.text, return_offsets_mapping=True)
        words = encoding.word_ids()
        assert window.positions == [
            i for i, word in enumerate(words) if word is not None and words[i - 1] != word
        ]


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
    text = "Hi @someone_1, see (https://t.co/Ab?c=d) or www.x.org/y! me@x.org"
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


# --- saved tokenizers ------------------------------------------------------------------------------------------------


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


def test_a_foreign_tokenizer_lends_our_splitter() -> None:
    foreign = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    for own in (
        None,
        pre_tokenizers.BertPreTokenizer(),
        pre_tokenizers.Sequence([pre_tokenizers.Digits()]),
    ):
        if own is not None:
            foreign.pre_tokenizer = own
        assert [word for word, _ in splitter_of(foreign).pre_tokenize_str("@you don't")] == [
            "@you",
            "don't",
        ]


# --- the word-level tokenizer ----------------------------------------------------------------------------------------


def test_a_word_level_vocabulary_holds_lowered_words_seen_often_enough() -> None:
    tokenizer = word_tokenizer(
        [["Berlin", "is", "berlin"], ["IS", "it"]], min_count=2, max_subwords=9
    )
    assert tokenizer.get_vocab() == {
        subword: i for i, subword in enumerate([*SPECIAL, "berlin", "is"])
    }
    assert tokenizer("BERLIN is\tit\nberlin")["input_ids"] == [2, 4, 5, 1, 4, 3]
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


# --- which subwords begin a word -------------------------------------------------------------------------------------


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


# --- windows ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spelling(wordpiece: PreTrainedTokenizerFast) -> Tokenizer:
    """One subword a character, so that lengths can be read by eye."""
    return tweet_tokenizer(wordpiece, normalize=True, max_subwords=64).backend_tokenizer


def test_a_short_tweet_is_one_window(spelling: Tokenizer) -> None:
    (window,) = SubwordEncoder(spelling, 64).encode([["ab", "", "c", "a,b"]])
    ids = spelling.get_vocab()
    subwords = [ids[subword] for subword in ["[CLS]", "a", "##b", "c", "a", ",", "b", "[SEP]"]]
    assert window == Window(
        0, subwords, positions=[1, 3, 4, 5, 6], words=[0, 2, 3, 3, 3], first=0, last=5
    )


def test_overlapping_windows_divide_their_overlap_in_its_middle(spelling: Tokenizer) -> None:
    windows = SubwordEncoder(spelling, 10).encode(
        [["ab"] * 6, [], ["a"]]
    )  # room for four such words
    assert [window.tweet for window in windows] == [0, 0, 1, 2]
    assert [window.words for window in windows] == [[0, 1, 2, 3], [3, 4, 5], [], [0]]
    assert [window.words[window.first : window.last] for window in windows] == [
        [0, 1, 2],
        [3, 4, 5],
        [],
        [0],
    ]


@given(st.lists(st.lists(st.integers(0, 25), max_size=30), max_size=4), st.integers(8, 30))
def test_every_word_with_subwords_is_answered_for_once_and_no_window_is_too_long(
    spelling: Tokenizer, lengths: list[list[int]], max_subwords: int
) -> None:
    tweets = [["x" * length for length in tweet] for tweet in lengths]
    windows = SubwordEncoder(spelling, max_subwords).encode(tweets)
    assert all(len(window.input_ids) <= max_subwords for window in windows)
    assert [window.tweet for window in windows] == sorted(window.tweet for window in windows)
    for i, tweet in enumerate(lengths):
        mine = [window for window in windows if window.tweet == i]
        assert mine
        answered = [word for window in mine for word in window.words[window.first : window.last]]
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
    spelling: Tokenizer, words: list[str], max_subwords: int
) -> None:
    whole = SubwordEncoder(spelling, 10_000).encode([words])[0]
    windows = SubwordEncoder(spelling, max_subwords).encode([words])
    answered = [word for window in windows for word in window.words[window.first : window.last]]
    assert answered == whole.words


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
    assert encodes_lines_apart(backend)
    alone = [backend.encode(word, add_special_tokens=False).ids for word in words]
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
    assert encodes_lines_apart(foreign)
    setattr(foreign, part, step)
    assert not encodes_lines_apart(foreign)
    alone = [foreign.encode(word, add_special_tokens=False).ids for word in ("b", "a", "c d", "")]
    foreign.post_processor = processors.TemplateProcessing(
        single="[UNK] $A", special_tokens=[("[UNK]", 0)]
    )
    assert SubwordEncoder(foreign, 64).subwords(["b", "a", "c d", ""]) == alone


def test_an_added_token_that_holds_or_takes_white_space_keeps_words_from_being_encoded_together() -> (
    None
):
    for token in (AddedToken("new york"), AddedToken("<mask>", rstrip=True)):
        tokenizer = splitter_tokenizer()
        tokenizer.add_tokens([token])
        assert not encodes_lines_apart(tokenizer)


# --- labels ----------------------------------------------------------------------------------------------------------

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
