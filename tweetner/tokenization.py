"""Tweet-aware tokenizers, and what they make of a tweet: words → subwords, tags → labels, windows for long text.

All preprocessing lives in the saved `tokenizer.json`: its pre-tokenizer splits raw tweets into words, its normalizer
shortens `@name` to `@` and a URL to `http` where that is wanted. Every word is encoded on its own, so the same ids come
out of raw text, of words, and of the stock pipeline.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

UNOBSERVED = -100
"""The label of a position that no loss and no score looks at."""

_SURROGATES = re.compile("[\ud800-\udfff]")

URL = r"(?:https?://|www\.)\S*[^\s.,!?;:'\"“”‘’)\]}>]"

# A word is the first of these that matches where the last one ended, in the manner of ARK Twokenize
# (O'Connor et al. 2010; the corpus was split by a descendant of it): a possessive 's stands alone, don't stays whole.
WORD_PATTERNS = (
    URL,
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail address
    r"[@＠#＃]\w(?:[\w&]|['’\-](?=\w))*",  # mention, hashtag
    r"&(?:#\d+|#x[\da-fA-F]+|[a-zA-Z]+\d?);",  # HTML entity
    r"<+/?3+(?!\d)",  # heart
    r"(?<!\w)[<>}]?[:;=8xX][\-oc*'^]?[)\](\[dDpPoO/\\|{}3]+(?![\w/])|[)\](\[]+[\-o*'^]?[:;=](?!\w)",  # emoticon
    r"[\^>;\-][_.\-]+[\^<;\-](?!\w)",  # eastern emoticon
    r"(?:\p{L}\.){2,}(?:\p{L}(?!\w))?",  # abbreviation: U.S.
    r"['’](?:[sS]|m|re|ve|ll|d)(?!\w)",  # possessive or clitic
    r"[$€£¥+]?\d+(?:[.,:/\-–*]\d+)*(?:%|\+|[\w\-]*\w)?",  # number, price, time, score
    r"\w(?:[\w/@+*|_.\-]|&amp;(?=\w)|&(?!(?:#\d+|[a-zA-Z]+);)|['’](?![sS](?!\w)))*(?<=\w)(?:/(?!\S))?",  # word, with inner signs
    r"(?:[\x{1F1E6}-\x{1F1FF}]{2}|[#*0-9]\x{FE0F}?\x{20E3}"  # emoji: flags, keycaps, the rest with their joiners
    r"|(?:\p{So}|\p{Sk}|[\x{1F3FB}-\x{1F3FF}\x{200D}\x{FE0E}\x{FE0F}\x{E0020}-\x{E007F}])+)",
    r"[.?!,…]+|[:;]+|[\"“”‘’']+|([^\w\s])\1*",  # punctuation
)


def word_splitter() -> pre_tokenizers.PreTokenizer:
    """The pre-tokenizer that parts a raw tweet into words; every published tokenizer begins with it."""
    return pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("|".join(WORD_PATTERNS)), "isolated")]
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
    saved = json.loads(tokenizer.to_str())
    step = saved["pre_tokenizer"]
    while step and step["type"] == "Sequence":
        if step["pretokenizers"][0]["type"] == "WhitespaceSplit":
            saved["pre_tokenizer"] = step
            return Tokenizer.from_str(json.dumps(saved)).pre_tokenizer
        step = step["pretokenizers"][0]
    return word_splitter()


def without_surrogates(text: str) -> str:
    """Text with each lone surrogate as U+FFFD, which UTF-8 and so the tokenizer can hold; offsets stay the same."""
    return _SURROGATES.sub("\ufffd", text)


# --- building tokenizers ---------------------------------------------------------------------------------------------


def tweet_tokenizer(
    tokenizer: "PreTrainedTokenizerFast", *, normalize: bool, max_subwords: int
) -> "PreTrainedTokenizerFast":
    """Give a pretrained fast tokenizer the tweet word splitter, keeping its vocabulary and special tokens.

    Args:
        tokenizer: WordPiece, byte-level BPE, or a Metaspace model (SentencePiece); it is not changed.
        normalize: Shorten `@name` to `@` and URLs to `http`: fewer subwords, and nothing to learn by heart.
        max_subwords: Longest window, special tokens included; saved as `model_max_length`.

    Raises:
        ValueError: The tokenizer is slow (it has no `tokenizer.json`, so no offsets) or of an unknown kind.
    """
    from transformers import PreTrainedTokenizerFast

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ValueError(
            f"expected a fast tokenizer, got the slow {type(tokenizer).__name__}: it has no offsets and no tokenizer.json"
        )
    backend = Tokenizer.from_str(backend.to_str())
    backend.no_padding()
    backend.no_truncation()
    steps = json.loads(backend.to_str())
    backend.pre_tokenizer = pre_tokenizers.Sequence([word_splitter(), *_subword_steps(steps)])
    backend.normalizer = _normalizer(steps.get("normalizer"), normalize)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=max_subwords, **tokenizer.special_tokens_map
    )


def _subword_steps(steps: dict) -> list[pre_tokenizers.PreTokenizer]:
    """What must follow the word splitter so that each word is encoded on its own, whatever stands before it."""
    kind, shape = steps["model"]["type"], json.dumps([steps.get("pre_tokenizer"), steps.get("decoder")])
    if kind == "WordPiece" and steps["model"]["continuing_subword_prefix"]:
        return []
    if kind == "BPE" and "ByteLevel" in shape:
        return [pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)]
    if "Metaspace" in shape:
        return [pre_tokenizers.Metaspace(prepend_scheme="always", split=False)]
    raise ValueError(f"expected a WordPiece, byte-level BPE or Metaspace tokenizer, got a {kind} model of another kind")


def _normalizer(original: dict | None, normalize: bool) -> normalizers.Normalizer:
    steps: list[normalizers.Normalizer] = []
    if normalize:
        # Deleting tails keeps the offsets of what is left; replacing a word by another one would not.
        steps += [
            normalizers.Replace(Regex(r"(?<=\W[@＠]|^[@＠])\w+"), ""),
            normalizers.Replace(Regex(r"(?i)(?<=http)s?://\S*[^\s.,!?;:'\"“”‘’)\]}>]"), ""),
            normalizers.Replace(Regex(r"(?i)(?<=\Wwww|^www)\.\S*[^\s.,!?;:'\"“”‘’)\]}>]"), ""),
        ]
    if original is not None and original["type"] == "BertNormalizer":
        original["handle_chinese_chars"] = False  # it would put spaces, and so word borders, inside words
    if original is not None:
        holder = json.loads(splitter_tokenizer().to_str()) | {"normalizer": original}
        steps.append(Tokenizer.from_str(json.dumps(holder)).normalizer)
    return normalizers.Sequence(steps)


def word_tokenizer(
    tweets: Iterable[Sequence[str]], *, min_count: int, max_subwords: int
) -> "PreTrainedTokenizerFast":
    """The tokenizer of a word-level model: lower-cased whole words, one id each, `[UNK]` for the others.

    It is a WordPiece model without pieces, not a WordLevel one: with WordLevel the stock pipeline's `first` glues
    words that a TAB or a newline separates.

    Args:
        tweets: Words of the tweets to take the vocabulary from.
        min_count: How often a word must occur to be in it.
        max_subwords: Longest window, special tokens included.
    """
    from transformers import PreTrainedTokenizerFast

    counts = Counter(word.lower() for words in tweets for word in words)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(word for word, count in counts.items() if count >= min_count)]
    backend = Tokenizer(
        models.WordPiece(
            {word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]", max_input_chars_per_word=10_000
        )
    )
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = word_splitter()
    # an empty tweet must not be an empty sequence
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=max_subwords,
    )


def save_tokenizer(tokenizer: "PreTrainedTokenizerFast", folder: Path) -> None:
    """Write `tokenizer.json` and its config, under the class name that every reader knows.

    Raises:
        ValueError: The reloaded tokenizer splits otherwise: some readers put a stock pre-tokenizer back.
    """
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    probe = "@you don't :-) #WNUT"
    reloaded = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if reloaded(probe)["input_ids"] != tokenizer(probe)["input_ids"]:
        raise ValueError(f"{folder}: the saved tokenizer does not split {probe!r} as the trained one did")


# --- words ⇄ subwords ------------------------------------------------------------------------------------------------


def word_start_mask(tokenizer: Tokenizer) -> np.ndarray:
    """Which subword ids begin a word, shape (vocabulary,): not `##…`, or `Ġ…` / `▁…`; never a special token."""
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    mask = np.zeros(max(vocabulary.values()) + 1, dtype=bool)
    prefix = model.get("continuing_subword_prefix")
    for subword, i in vocabulary.items():
        mask[i] = not subword.startswith(prefix) if prefix else subword.startswith(("Ġ", "▁"))
    unknown = model.get("unk_token")
    for i, added in tokenizer.get_added_tokens_decoder().items():
        if added.special:
            mask[i] = bool(prefix) and added.content == unknown
    return mask


@dataclass(frozen=True)
class Window:
    """A stretch of a tweet that fits the model.

    Attributes:
        tweet: Index of the tweet in the batch.
        input_ids: Subwords, special tokens included.
        positions: Where in `input_ids` its words begin; a word that the splitter parts begins several times.
        words: For each position, the index of its word in the tweet.
        first: Index in `positions` of the first one that this window answers for ...
        last: ... and one past the last; overlapping windows share their overlap between them.
    """

    tweet: int
    input_ids: list[int]
    positions: list[int]
    words: list[int]
    first: int
    last: int


class SubwordEncoder:
    """Words → subword ids, each word on its own and looked up when seen before.

    Args:
        tokenizer: Any tokenizer that this module built (its pre-tokenizer begins with the word splitter).
        max_subwords: Longest window, special tokens included.
    """

    CACHE_SIZE = 500_000
    """Words remembered before the cache starts anew: about 150 MB."""

    def __init__(self, tokenizer: Tokenizer, max_subwords: int) -> None:
        self.tokenizer = tokenizer
        self.max_subwords = max_subwords
        self.word_start = word_start_mask(tokenizer)
        probe = tokenizer.encode("a")
        n_before = probe.special_tokens_mask.index(0)
        n_after = probe.special_tokens_mask[::-1].index(0)
        self.before, self.after = probe.ids[:n_before], probe.ids[len(probe.ids) - n_after :]
        self._subwords: dict[str, list[int]] = {}

    def subwords(self, words: Iterable[str]) -> list[list[int]]:
        """The subword ids of each word; empty for a word of which the normalizer leaves nothing."""
        words = list(words)
        known = self._subwords
        missing = list({word: None for word in words if word not in known})
        if missing:
            if len(known) + len(missing) > self.CACHE_SIZE:
                known = self._subwords = {}
                missing = list(dict.fromkeys(words))
            encodings = self.tokenizer.encode_batch_fast(
                [[word] for word in missing], is_pretokenized=True, add_special_tokens=False
            )
            for word, encoding in zip(missing, encodings, strict=True):
                known[word] = encoding.ids
        return [known[word] for word in words]

    def encode(self, tweets: Sequence[Sequence[str]]) -> list[Window]:
        """Encode tweets given as words; a tweet too long for the model gives overlapping windows.

        Every tweet gives at least one window, also an empty one, in the order of the tweets.
        """
        self.subwords(word for words in tweets for word in words)
        windows: list[Window] = []
        for i, words in enumerate(tweets):
            windows += self._windows(i, self.subwords(words))
        return windows

    def _windows(self, tweet: int, subwords: list[list[int]]) -> list[Window]:
        room = self.max_subwords - len(self.before) - len(self.after)
        lengths = [min(len(ids), room) for ids in subwords]
        bounds = _window_bounds(lengths, room)
        windows = []
        for k, (start, end) in enumerate(bounds):
            input_ids, positions, words = list(self.before), [], []
            for word in range(start, end):
                ids = subwords[word][: lengths[word]]
                inner = [j for j, i in enumerate(ids) if self.word_start[i]]
                positions += [len(input_ids) + j for j in inner]
                words += [word] * len(inner)
                input_ids += ids
            # the middle of an overlap divides it: each word is read where it has context on both sides
            first_word = 0 if k == 0 else (start + bounds[k - 1][1]) // 2
            last_word = len(subwords) if k == len(bounds) - 1 else (bounds[k + 1][0] + end) // 2
            first = sum(word < first_word for word in words)
            last = sum(word < last_word for word in words)
            windows.append(Window(tweet, input_ids + self.after, positions, words, first, last))
        return windows


def _window_bounds(lengths: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Word ranges that together cover a tweet, each of at most `room` subwords, a quarter of it shared.

    >>> _window_bounds([2, 2, 2, 2, 2], room=6)
    [(0, 3), (2, 5)]
    """
    if sum(lengths) <= room:
        return [(0, len(lengths))]
    bounds = []
    start = 0
    while True:
        end, n_subwords = start, 0
        while end < len(lengths) and n_subwords + lengths[end] <= room:
            n_subwords += lengths[end]
            end += 1
        bounds.append((start, end))
        if end == len(lengths):
            return bounds
        overlap, next_start = 0, end
        while next_start > start + 1 and overlap < room // 4:
            next_start -= 1
            overlap += lengths[next_start]
        start = next_start


def align_labels(window: Window, labels: Sequence[int]) -> list[int]:
    """Labels of a tweet's words → labels of a window's subwords, `UNOBSERVED` but where a word begins.

    A word that the splitter parts goes on as the inside of its type, so that no part of it is lost. Labels are in the
    order of `tags_of`: `B-` odd, the `I-` of the same type right after it.
    """
    aligned = [UNOBSERVED] * len(window.input_ids)
    previous = window.words[window.first - 1] if window.first else -1
    for k in range(window.first, window.last):
        word = window.words[k]
        label = labels[word]
        if word == previous and label % 2 == 1:
            label += 1
        aligned[window.positions[k]] = label
        previous = word
    return aligned
