"""Words to subword ids: each word is encoded on its own, once, and remembered."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from tweetner.tokenization.normalizing import is_tweet_step
from tweetner.tokenization.splitting import without_line_ends
from tweetner.tokenization.windows import (
    Ids,
    Windows,
    bounds_of,
    concatenate_ranges,
    cut_into_windows,
)

WORD_BY_WORD = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents"}
"""Normalizers that treat each word of a text as if it stood alone."""


def encodes_words_apart(tokenizer: Tokenizer) -> bool:
    """Return whether each word of a text, without line ends, gets the subwords that it gets alone.

    This is known only of the steps that this package builds.
    """
    splits = _steps(tokenizer.pre_tokenizer)
    if not splits or splits[0]["type"] != "WhitespaceSplit":
        return False
    if any(step.get("prepend_scheme") == "first" for step in splits):
        return False
    for step in _steps(tokenizer.normalizer):
        if step["type"] not in WORD_BY_WORD and not is_tweet_step(step):
            return False
    # an added token that includes white space could swallow the end of a word
    added_tokens = tokenizer.get_added_tokens_decoder().values()
    return not any(re.search(r"\s", added.content) or added.rstrip for added in added_tokens)


def _steps(part: Any) -> list[dict[str, Any]]:
    """Return the steps of a normalizer or pre-tokenizer, with sequences unpacked."""
    return [] if part is None else _unpacked(json.loads(part.__getstate__()))


def _unpacked(step: dict[str, Any]) -> list[dict[str, Any]]:
    inner = step.get("normalizers", step.get("pretokenizers"))
    if inner is None:
        return [step]
    steps = []
    for one in inner:
        steps += _unpacked(one)
    return steps


def word_start_mask(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Return which subword ids begin a word: no `##…`, or `Ġ…` and `▁…`; never a special token.

    Returns:
        bool, (vocabulary,).
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    mask = np.zeros(max(vocabulary.values()) + 1, dtype=bool)
    prefix = getattr(tokenizer.model, "continuing_subword_prefix", None)
    for subword, i in vocabulary.items():
        mask[i] = not subword.startswith(prefix) if prefix else subword.startswith(("Ġ", "▁"))
    unknown = getattr(tokenizer.model, "unk_token", None)
    for i, added in tokenizer.get_added_tokens_decoder().items():
        if added.special:
            mask[i] = bool(prefix) and added.content == unknown
    return mask


class SubwordEncoder:
    """Encodes tweets given as words, and remembers the subwords of every word.

    Args:
        tokenizer: A tokenizer whose pre-tokenizer begins with the word splitter.
        max_subwords: Longest window, special tokens included.
    """

    CACHE_SIZE = 500_000
    """Number of words in the cache, about 100 MB; a full cache is emptied."""

    def __init__(self, tokenizer: Tokenizer, max_subwords: int) -> None:
        self.tokenizer = tokenizer
        self.max_subwords = max_subwords
        self.word_start = word_start_mask(tokenizer)
        probe = tokenizer.encode("a")
        n_before = probe.special_tokens_mask.index(0)
        n_after = probe.special_tokens_mask[::-1].index(0)
        self.before = probe.ids[:n_before]
        self.after = probe.ids[len(probe.ids) - n_after :]
        self._apart = encodes_words_apart(tokenizer)
        self._empty_cache()

    def _empty_cache(self) -> None:
        self._places: dict[str, int] = {}  # word → its index in the cache
        self._subwords = np.empty(0, np.int64)  # subwords of all cached words, concatenated
        self._bounds = np.zeros(1, np.int64)  # (words + 1,), the offset of each word's subwords

    def subwords(self, words: Iterable[str]) -> list[list[int]]:
        """Return the subword ids of each word; a word that the normalizer deletes has none."""
        places = self._look_up(list(words))
        return [
            self._subwords[first:last].tolist()
            for first, last in zip(self._bounds[places], self._bounds[places + 1], strict=True)
        ]

    def _look_up(self, words: Sequence[str]) -> Ids:
        """Return the index of each word in the cache, after adding those that it lacks."""
        new = [word for word in dict.fromkeys(words) if word not in self._places]
        if len(self._places) + len(new) > self.CACHE_SIZE:
            self._empty_cache()
            new = list(dict.fromkeys(words))
        if new:
            self._remember(new)
        return np.array([self._places[word] for word in words], np.int64)

    def _remember(self, words: Sequence[str]) -> None:
        read = [without_line_ends(word) for word in words]
        groups = [read[first : first + 256] for first in range(0, len(read), 256)]
        texts: list[Any] = groups
        if self._apart:  # faster: one text per group
            texts = [" ".join(group) for group in groups]
        encodings = self.tokenizer.encode_batch(
            texts, is_pretokenized=not self._apart, add_special_tokens=False
        )
        subwords = [np.array(encoding.ids, np.int64) for encoding in encodings]
        lengths = [
            np.bincount(self._words_of(encoding, group), minlength=len(group))
            for encoding, group in zip(encodings, groups, strict=True)
        ]
        n_known = len(self._places)
        self._places.update({word: n_known + i for i, word in enumerate(words)})
        new_bounds = self._bounds[-1] + np.cumsum(np.concatenate(lengths))
        self._bounds = np.concatenate([self._bounds, new_bounds])
        self._subwords = np.concatenate([self._subwords, *subwords])

    def _words_of(self, encoding: Encoding, group: Sequence[str]) -> Ids:
        """Return, for each subword, the index of its word in the group."""
        if not self._apart:
            return np.array(encoding.word_ids, np.int64)
        ends = np.cumsum([len(word) + 1 for word in group])
        return np.searchsorted(ends, [end - 1 for _, end in encoding.offsets], side="right")

    def encode(self, tweets: Sequence[Sequence[str]]) -> Windows:
        """Encode tweets given as words; a tweet too long for the model gives overlapping windows.

        Every tweet gives at least one window, even an empty one, in the order of the tweets.
        """
        room = self.max_subwords - len(self.before) - len(self.after)
        word_bounds = bounds_of([len(words) for words in tweets])  # (tweets + 1,)
        places = self._look_up([word for words in tweets for word in words])  # (words,)
        starts = self._bounds[places]  # (words,), index into the cached subwords
        lengths = np.minimum(self._bounds[places + 1] - starts, room)  # (words,), subwords read
        ranges = cut_into_windows(word_bounds, lengths, room)

        # Every word of every window, then every subword of each of those words.
        words, window_of_word = concatenate_ranges(ranges.first, ranges.last)
        ends = starts[words] + lengths[words]
        cached, word_of_subword = concatenate_ranges(starts[words], ends)
        subwords = self._subwords[cached]  # (subwords,), special tokens excluded
        window_of_subword = window_of_word[word_of_subword]  # (subwords,)
        n_subwords = np.bincount(window_of_subword, minlength=len(ranges.tweets))  # (windows,)

        units = np.flatnonzero(self.word_start[subwords])  # (units,), index into subwords
        window = window_of_subword[units]  # (units,)
        word = words[word_of_subword[units]]  # (units,), counted through all tweets
        answered = (ranges.answered_first[window] <= word) & (word < ranges.answered_last[window])
        n_units = np.bincount(window, minlength=len(ranges.tweets))  # (windows,)
        positions = units - bounds_of(n_subwords)[window] + len(self.before)  # (units,)
        bounds = bounds_of(n_subwords + len(self.before) + len(self.after))  # (windows + 1,)
        return Windows(
            tweets=ranges.tweets,
            input_ids=self._with_special(subwords, window_of_subword, n_subwords),
            bounds=bounds,
            positions=positions,
            words=word - word_bounds[ranges.tweets[window]],
            unit_bounds=bounds_of(n_units),
            answered=answered,
        )

    def _with_special(self, subwords: Ids, window: Ids, n_subwords: Ids) -> Ids:
        """Put the special tokens around the subwords of each window.

        Args:
            subwords: (subwords,), of all windows, concatenated.
            window: (subwords,), the window of each.
            n_subwords: (windows,), the number of subwords of each window.
        """
        n_before, n_after = len(self.before), len(self.after)
        bounds = bounds_of(n_subwords + n_before + n_after)  # (windows + 1,)
        places = np.arange(len(subwords)) + n_before + window * (n_before + n_after)
        input_ids = np.empty(bounds[-1], np.int64)
        input_ids[places] = subwords
        input_ids[bounds[:-1, None] + np.arange(n_before)] = self.before
        input_ids[bounds[1:, None] + np.arange(-n_after, 0)] = self.after
        return input_ids
