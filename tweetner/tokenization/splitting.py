"""The tweet word splitter: a pre-tokenizer, saved in every published `tokenizer.json`."""

import json
import re
from functools import cache

from tokenizers import Regex, Tokenizer, models, pre_tokenizers

_SURROGATES = re.compile("[\ud800-\udfff]")
# Unicode's white space: `\s` of Python has some control characters more than the tokenizers have
_WHITE_SPACE = re.compile(r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")

URL_TAIL = r"\S*[^\s.,!?;:'\"“”‘’)\]}>]"
"""The rest of a URL: punctuation at its end is not part of it."""

TAILS = (
    r"(?<=\W[@＠]|^[@＠])\w+",
    r"(?i)(?<=http)s?://" + URL_TAIL,
    r"(?i)(?<=\Wwww|^www)\." + URL_TAIL,
)
"""What may be deleted of @name and URLs; no match holds white space, or depends on what stands beyond it."""

SIGNS_AT_END = r"(?:[/*+~\-]+(?!\S))?"
"""What stays with a word before white space: w/ Hero3+ Apr- *wink*"""

# A word is the first of these that matches where the last one ended, in the manner of ARK Twokenize
# (O'Connor et al. 2010; the corpus was split by a descendant of it): a possessive 's stands alone, don't stays whole.
WORD_PATTERNS = (
    r"(?i:https?://|www\.)" + URL_TAIL,
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail address
    r"[@＠#＃]\w(?:[\w&]|['’\-](?=\w))*",  # mention, hashtag
    r"&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]+\d?);",  # HTML entity
    r"<+/?3+(?!\d)",  # heart
    r"(?<!\w)[<>}]?[:;=8xX][\-oc*'^]?[)\](\[dDpPoO/\\|{}3]+(?![\w/])|[)\](\[]+[\-o*'^]?[:;=](?!\w)",  # emoticon
    r"[\^>;\-][_.\-]+[\^<;\-](?!\w)",  # eastern emoticon
    r"(?:\p{L}\.){2,}(?:\p{L}(?!\w))?",  # abbreviation: U.S.
    r"['’](?:[sS]|m|re|ve|ll|d)(?!\w)",  # possessive or clitic
    r"[$€£¥+]?\d+(?:[.,:/\-–*]\d+)*(?:%|[\w\-]*\w)?" + SIGNS_AT_END,  # number, price, time, score
    r"\w(?:[\w/@+*|_.\-]|&amp;(?=\w)|&(?!(?:#\d+|[a-zA-Z]+);)|['’](?![sS](?!\w))|[()](?=\w))*"  # word, with inner signs
    r"(?<=\w)" + SIGNS_AT_END,
    r"(?:[\x{1F1E6}-\x{1F1FF}]{2}|[#*0-9]\x{FE0F}?\x{20E3}"  # emoji: flags, keycaps, the rest with their joiners
    r"|(?:\p{So}|\p{Sk}|[\x{1F3FB}-\x{1F3FF}\x{200D}\x{FE0E}\x{FE0F}\x{E0020}-\x{E007F}])+)",
    r"[.?!,…]+|[:;]+|[\"“”‘’']+|([^\w\s])\1*",  # punctuation
)


def word_splitter() -> pre_tokenizers.PreTokenizer:
    """The pre-tokenizer that parts a raw tweet into words; every published tokenizer begins with it."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex("|".join(WORD_PATTERNS)), "isolated"),
        ]
    )


def splitter_tokenizer() -> Tokenizer:
    """A tokenizer that only splits: the `tokenizer.json` of models that look words up by themselves."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = word_splitter()
    return tokenizer


@cache
def _default_splitter() -> pre_tokenizers.PreTokenizer:
    return word_splitter()


def split_tweet(text: str) -> list[tuple[int, int]]:
    """Where the words of a raw tweet stand, in code points.

    >>> [(start, end) for start, end in split_tweet("Nike's new one, :-)")]
    [(0, 4), (4, 6), (7, 10), (11, 14), (14, 15), (16, 19)]
    """
    return [offsets for _, offsets in _default_splitter().pre_tokenize_str(text)]


def splitter_of(tokenizer: Tokenizer) -> pre_tokenizers.PreTokenizer:
    """The word splitter inside a published tokenizer; the current one where it has none (a foreign model)."""
    step = (
        None
        if tokenizer.pre_tokenizer is None
        else json.loads(tokenizer.pre_tokenizer.__getstate__())
    )
    while step and step["type"] == "Sequence":
        if step["pretokenizers"][0]["type"] == "WhitespaceSplit":
            holder = json.loads(splitter_tokenizer().to_str()) | {"pre_tokenizer": step}
            own: pre_tokenizers.PreTokenizer = Tokenizer.from_str(json.dumps(holder)).pre_tokenizer
            return own
        step = step["pretokenizers"][0]
    return word_splitter()


class Splitter:
    """Where the words of raw tweets stand, as a tokenizer's own splitter has it.

    White space always parts words, so what stands between is split by itself, and looked up when seen before.
    """

    CACHE_SIZE = 200_000
    """Pieces remembered before the cache starts anew: about 50 MB."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._splitter = splitter_of(tokenizer)
        self._known: dict[str, list[tuple[int, int]]] = {}

    def __call__(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each word of a tweet, in code points."""
        words = []
        start = 0
        for piece in _WHITE_SPACE.split(without_surrogates(text)):
            if piece:
                for first, last in self._known.get(piece) or self._split(piece):
                    words.append((start + first, start + last))
            start += len(piece) + 1
        return words

    def _split(self, piece: str) -> list[tuple[int, int]]:
        if len(self._known) >= self.CACHE_SIZE:
            self._known = {}
        words = [at for _, at in self._splitter.pre_tokenize_str(piece)]
        self._known[piece] = words
        return words


def without_surrogates(text: str) -> str:
    """Text with each lone surrogate as U+FFFD, which UTF-8 and so the tokenizer can hold; offsets stay the same."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)
