"""The tweet word splitter: literal tweets and the words that they are split into."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import (
    Tokenizer,
    models,
    pre_tokenizers,
)

from tweetner.corpus import load_tweets
from tweetner.tokenization import (
    Splitter,
    is_line_break,
    split_tweet,
    splitter_of,
    splitter_tokenizer,
    without_surrogates,
)

WHITE_SPACE = re.compile(
    r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)  # Unicode's White_Space


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in split_tweet(text)]


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
        ("see http://x.org/aB3?x=1. ok", "see|http://x.org/aB3?x=1|.|ok"),
        ("(https://x.org/a_b)", "(|https://x.org/a_b|)"),
        ("HTTP://T.CO/A, WWW.x.org", "HTTP://T.CO/A|,|WWW.x.org"),
        ("www.foo.com/bar!", "www.foo.com/bar|!"),
        ("me.you@x.org, you", "me.you@x.org|,|you"),
        # a t.co address ends after its letters and digits
        ("https://t.co/Ab1cDe2f3g😍London", "https://t.co/Ab1cDe2f3g|😍|London"),
        ("https://t.co/Ab1…Barack Obama", "https://t.co/Ab1|…|Barack|Obama"),
        ("https://t.co/Ab1#Rome https://t.co/Ab1?Rome", "https://t.co/Ab1|#Rome|https://t.co/Ab1|?|Rome"),
        ("https://t.co/Ab1's https://t.co/Ab1@nike", "https://t.co/Ab1|'s|https://t.co/Ab1|@nike"),
        # other addresses end before what no address holds
        ("http://x.org/a“Rome” http://x.org/a'Rome'", "http://x.org/a|“|Rome|”|http://x.org/a|'|Rome|'"),
        ("http://x.org/a(Rome) [http://x.org/a]Rome", "http://x.org/a|(|Rome|)|[|http://x.org/a|]|Rome"),
        ("http://x.org/a🎉Rome http://x.org/…Rome", "http://x.org/a|🎉|Rome|http://x.org/|…|Rome"),
        ("http://x.org/a...Rome http://x.org/東京", "http://x.org/a|...|Rome|http://x.org/|東京"),
        ("http://x.org/café/я?q=a_b-c#d%20e www.x.org/~u!", "http://x.org/café/я?q=a_b-c#d%20e|www.x.org/~u|!"),
        ("(http://x.org/Alien_(film)) http://x.org/a(1)&b", "(|http://x.org/Alien_(film)|)|http://x.org/a(1)&b"),
        ("http://x.org/a&quot;Rome&quot; http://x.org/a&gt;Rome", "http://x.org/a|&quot;|Rome|&quot;|http://x.org/a|&gt;|Rome"),
        ("http://x.org/a?b=1&amp;c=2 http://x.org/a1️⃣Rome https://t.co/Ab1️⃣", "http://x.org/a?b=1&amp;c=2|http://x.org/a|1️⃣|Rome|https://t.co/Ab|1️⃣"),
        # what stands before an address is no part of it
        ("wowhttps://t.co/Ab1 Romehttp://x.org", "wow|https://t.co/Ab1|Rome|http://x.org"),
        ("#Romehttps://t.co/Ab1 @nikeHTTPS://t.co/Ab1", "#Rome|https://t.co/Ab1|@nike|HTTPS://t.co/Ab1"),
        ("https://t.co/Ab1https://t.co/Cd2", "https://t.co/Ab1|https://t.co/Cd2"),
        ("http://x.org/ahttp://x.org/b 7https://t.co/Ab1", "http://x.org/a|http://x.org/b|7|https://t.co/Ab1"),
        ("awww.so cute", "awww.so|cute"),
        # two dots part words, one does not
        ("Berlin...wow Rome..wow U.S...wow", "Berlin|...|wow|Rome|..|wow|U.S.|..|wow"),
        ("10...20 x.org Rome...me@x.org", "10|...|20|x.org|Rome|...|me@x.org"),
        ("@nike...wow #Rome..wow", "@nike|...|wow|#Rome|..|wow"),
        # so do two hyphens
        ("Rome--wow 2014--15 Rome-- wow--https://t.co/Ab1", "Rome|--|wow|2014|--|15|Rome|--|wow|--|https://t.co/Ab1"),
        # signs at the end of a name, and signs that belong to a word
        ("_New York_ __Rome__ 7_ a_b @nike_ #a_", "_|New|York|_|__|Rome|__|7|_|a_b|@nike_|#a_"),
        ("in New York* Rome~ Paris- *Oslo*", "in|New|York|*|Rome|~|Paris|-|*|Oslo|*"),
        ("Rome** Rome-- 7- 7* A+ C++ w/", "Rome|**|Rome|--|7|-|7|*|A+|C++|w/"),
        ("half-time and/or N*I*K*K*I a_b R&B", "half-time|and/or|N*I*K*K*I|a_b|R&B"),
        # emoticons
        (":-) :D ;) =( <3 </3 ^_^ -_- XD", ":-)|:D|;)|=(|<3|</3|^_^|-_-|XD"),
        # emoji: joined, skin tones, flags, keycaps, variation selectors
        ("👨‍👩‍👧 in Paris", "👨‍👩‍👧|in|Paris"),
        ("👍🏽 ok", "👍🏽|ok"),
        ("🇩🇪🇫🇷", "🇩🇪|🇫🇷"),
        ("1️⃣ #️⃣ 1️⃣Rome 2️⃣Oslo7️⃣", "1️⃣|#️⃣|1️⃣|Rome|2️⃣|Oslo|7️⃣"),
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


@pytest.mark.parametrize("text", ["a--", "-+", "a.b--", "a@", "&a", "http://", "1️⃣"])
def test_a_long_text_is_split_in_time_that_grows_with_its_length(text: str) -> None:
    started = time.perf_counter()
    split_tweet(text * 10_000)
    assert time.perf_counter() - started < 5


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


LINE_ENDS = ["\n", "\r\n", *"\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"]


@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_a_line_break_is_a_word_where_it_is_asked_for(line_end: str) -> None:
    assert f"a{line_end}b".splitlines() == ["a", "b"]
    splitter = Splitter(splitter_tokenizer())
    for between in (line_end, line_end * 3, f" \u3000{line_end} {line_end}\t"):
        text = f"in Paris{between}Taylor Swift"
        words = [text[start:end] for start, end in splitter.with_line_breaks(text)]
        assert words == ["in", "Paris", between, "Taylor", "Swift"]
        assert [is_line_break(word) for word in words] == [False, False, True, False, False]


def test_line_ends_around_a_text_and_spaces_in_a_line_are_no_line_breaks() -> None:
    splitter = Splitter(splitter_tokenizer())
    for text in ("\n in Paris \r\n", "in \t\u3000\xa0Paris", "in\u2003Paris\u2029"):
        assert [text[start:end] for start, end in splitter.with_line_breaks(text)] == [
            "in",
            "Paris",
        ]


def test_a_lone_surrogate_is_replaced_and_moves_no_offset() -> None:
    assert without_surrogates("a\ud83db 👍") == "a\ufffdb 👍"


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
