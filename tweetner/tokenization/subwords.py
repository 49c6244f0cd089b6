"""Words → subword ids and back: each word on its own, labels where words begin, windows for long tweets."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

UNOBSERVED = -100
"""The label of a position that no loss and no score looks at."""


def word_start_mask(tokenizer: Tokenizer) -> NDArray[np.bool_]:
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
