"""The tweet word splitter: a pre-tokenizer, saved in every published `tokenizer.json`."""

import json
import re
from functools import cache

from tokenizers import Regex, Tokenizer, models, pre_tokenizers

_SURROGATES = re.compile("[\ud800-\udfff]")
# White space as Unicode and the tokenizers define it; Python's `\s` has more control characters.
_SPACES = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WHITE_SPACE = re.compile(f"[{_SPACES}]")
_LINE_ENDS = r"\n-\r\u001c-\u001e\u0085\u2028\u2029"  # those of `str.splitlines`
_BLANKS = _SPACES + _LINE_ENDS

LINE_BREAK = f"(?<=[^{_BLANKS}])[{_BLANKS}]*[{_LINE_ENDS}][{_BLANKS}]*(?=[^{_BLANKS}])"
"""Matches the line ends, and the white space around them, between two lines that have text."""

LINE_BREAK_WORD = "."
"""The word that a model reads at a line break: no entity of its training goes over a full stop."""

_LINE_BREAK = re.compile(LINE_BREAK)
_BLANK_WITH_LINE_END = re.compile(f"[{_BLANKS}]*[{_LINE_ENDS}][{_BLANKS}]*")

SCHEME = r"(?i:https?://)"
KEYCAP = r"[#*0-9]\x{FE0F}?\x{20E3}"
# A URL goes on in the characters of URLs, up to two dots, the scheme of the next URL, an emoji, an
# escaped quote or bracket, and its own last letter, digit or sign; an address of t.co up to its
# last letter or digit.
_WITHOUT_SPACES = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"  # scripts without spaces
_BRACKETS_INSIDE = r"(?<=_)\(\w+\)|\(\w*\)(?=[&/=#%])"  # wiki/Alien_(film), ?file(1)&page=2
_ESCAPED = r"&(?!amp;)(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]+\d?);"  # &quot; &gt;
_AFTER_URL = rf"{SCHEME}|{KEYCAP}|{_ESCAPED}|\.\.|{_WITHOUT_SPACES}"
URL_TAIL = (
    rf"(?:t\.co/(?:(?!{SCHEME}|{KEYCAP})[a-zA-Z0-9])+"
    rf"|(?:{_BRACKETS_INSIDE}|(?!{_AFTER_URL})[\w\-.~:/?#@!$&*+,;=%])+"
    rf"(?<=[\w/#=&+%$@)\-]))"
)
"""Matches the rest of a URL, after `http://`, `https://` or `www.`."""

URL = rf"(?:{SCHEME}|(?<!\w)(?i:www\.)){URL_TAIL}"

SIGNS_AT_END = r"(?:[/+]+(?!\S))?"
"""Matches signs that stay with a word before white space: w/ Hero3+"""

# A word is the first pattern that matches where the previous word ended, as in ARK Twokenize
# (O'Connor et al. 2010; WNUT-16 was split by a descendant of it). A possessive 's is a word of its
# own, don't is one word.
WORD_PATTERNS = (
    URL,
    r"[\w+-]{1,64}(?:\.[\w+-]{1,64}){0,9}@[\w-]+(?:\.[\w-]+)+",  # e-mail address
    rf"(?:{KEYCAP})+",
    r"[@＠#＃]\w(?:[\w&]|['’\-](?=\w))*",  # mention, hashtag
    r"&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]+\d?);",  # HTML entity
    r"<+/?3+(?!\d)",  # heart
    # emoticon
    r"(?<!\w)[<>}]?[:;=8xX][\-oc*'^]?[)\](\[dDpPoO/\\|{}3]+(?![\w/])|[)\](\[]+[\-o*'^]?[:;=](?!\w)",
    r"[\^>;\-][_.\-]+[\^<;\-](?!\w)",  # eastern emoticon
    r"(?:\p{L}\.){2,}(?:\p{L}(?!\w))?",  # abbreviation: U.S.
    r"['’](?:[sS]|m|re|ve|ll|d)(?!\w)",  # possessive or clitic
    # number, price, time, score
    r"[$€£¥+]?\d+(?:[.,:/\-–*]\d+)*(?:%|(?:\w|-(?=\w))+(?<!_))?" + SIGNS_AT_END,
    # word, with inner signs
    rf"[^\W_](?:(?!--|{KEYCAP})[\w/@+*|\-]|(?<!\.)\.(?!\.)|&amp;(?=\w)|&(?!(?:#\d+|[a-zA-Z]+);)|['’](?![sS](?!\w))|[()](?=\w))*"
    r"(?<=[^\W_])" + SIGNS_AT_END,
    # emoji: flags, the rest with their joiners
    r"(?:[\x{1F1E6}-\x{1F1FF}]{2}"
    r"|(?:\p{So}|\p{Sk}|[\x{1F3FB}-\x{1F3FF}\x{200D}\x{FE0E}\x{FE0F}\x{E0020}-\x{E007F}])+)",
    r"[.?!,…]+|[:;]+|[\"“”‘’']+|_+|([^\w\s])\1*",  # punctuation
)


def word_splitter() -> pre_tokenizers.PreTokenizer:
    """Build the pre-tokenizer that splits a raw tweet into words."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(URL), "isolated"),  # also of text before it
            pre_tokenizers.Split(Regex("|".join(WORD_PATTERNS)), "isolated"),
        ]
    )


def splitter_tokenizer() -> Tokenizer:
    """Build a tokenizer that only splits, for models that look words up by themselves."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = word_splitter()
    return tokenizer


@cache
def _default_splitter() -> pre_tokenizers.PreTokenizer:
    return word_splitter()


def split_tweet(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each word of a raw tweet, in code points.

    >>> [(start, end) for start, end in split_tweet("Nike's new one, :-)")]
    [(0, 4), (4, 6), (7, 10), (11, 14), (14, 15), (16, 19)]
    """
    return [offsets for _, offsets in _default_splitter().pre_tokenize_str(text)]


def splitter_of(tokenizer: Tokenizer) -> pre_tokenizers.PreTokenizer:
    """Return the word splitter of a published tokenizer, or a new one for a foreign tokenizer."""
    if tokenizer.pre_tokenizer is None:
        return word_splitter()
    step = json.loads(tokenizer.pre_tokenizer.__getstate__())
    while step["type"] == "Sequence":
        if step["pretokenizers"][0]["type"] == "WhitespaceSplit":
            holder = json.loads(splitter_tokenizer().to_str()) | {"pre_tokenizer": step}
            own: pre_tokenizers.PreTokenizer = Tokenizer.from_str(json.dumps(holder)).pre_tokenizer
            return own
        step = step["pretokenizers"][0]
    return word_splitter()


def is_line_break(word: str) -> bool:
    """Return whether a word is only white space with a line end."""
    return word.isspace() and _BLANK_WITH_LINE_END.fullmatch(word) is not None


def without_line_ends(word: str) -> str:
    """Replace a line break by the word that a model reads there, and other line ends by spaces."""
    if is_line_break(word):
        return LINE_BREAK_WORD
    return re.sub(f"[{_LINE_ENDS}]", " ", word)


class Splitter:
    """Splits raw tweets into words with a tokenizer's own splitter.

    White space always separates words, so each chunk between white space is split on its own and
    remembered.
    """

    CACHE_SIZE = 200_000
    """Number of chunks in the cache, about 50 MB; a full cache is emptied."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._splitter = splitter_of(tokenizer)
        self._known: dict[str, list[tuple[int, int]]] = {}

    def __call__(self, text: str) -> list[tuple[int, int]]:
        """Return the start and end of each word of a tweet, in code points."""
        words = []
        start = 0
        for chunk in _WHITE_SPACE.split(without_surrogates(text)):
            if chunk:
                for first, last in self._known.get(chunk) or self._split(chunk):
                    words.append((start + first, start + last))
            start += len(chunk) + 1
        return words

    def with_line_breaks(self, text: str) -> list[tuple[int, int]]:
        """Return the words of a tweet, and each break between two of its lines as a word."""
        words = []
        start = 0
        for line_break in _LINE_BREAK.finditer(text):
            words += self._shifted(text[start : line_break.start()], start)
            words.append(line_break.span())
            start = line_break.end()
        return words + self._shifted(text[start:], start)

    def _shifted(self, line: str, start: int) -> list[tuple[int, int]]:
        return [(start + first, start + last) for first, last in self(line)]

    def _split(self, chunk: str) -> list[tuple[int, int]]:
        if len(self._known) >= self.CACHE_SIZE:
            self._known = {}
        words = [offsets for _, offsets in self._splitter.pre_tokenize_str(chunk)]
        self._known[chunk] = words
        return words


def without_surrogates(text: str) -> str:
    """Replace each lone surrogate by U+FFFD, which UTF-8 can encode; offsets stay the same."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
