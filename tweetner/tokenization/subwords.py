"""Words → subword ids and back: each word on its own, labels where words begin, windows for long tweets."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from tweetner.tokenization.splitting import TAILS

Ids = NDArray[np.int64]

UNOBSERVED = -100
"""The label of a position that no loss and no score looks at."""


LINE_BY_LINE = {"BertNormalizer", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "StripAccents"}
"""Normalizers that make of a text's lines what they make of each alone."""


def encodes_lines_apart(tokenizer: Tokenizer) -> bool:
    """Whether each line of a text has the subwords that it has alone: known of the steps that this package builds."""
    splits, changes = _steps(tokenizer.pre_tokenizer), _steps(tokenizer.normalizer)
    return (
        [step["type"] for step in splits[:1]] == ["WhitespaceSplit"]
        and all(step.get("prepend_scheme") != "first" for step in splits)
        and all(step["type"] in LINE_BY_LINE or _deletes_a_tail(step) for step in changes)
        # an added token that takes white space along could take a word's end
        and not any(
            re.search(r"\s", added.content) or added.rstrip
            for added in tokenizer.get_added_tokens_decoder().values()
        )
    )


def _steps(part: Any) -> list[dict[str, Any]]:
    """The steps of a normalizer or pre-tokenizer, those of a sequence one by one."""
    return [] if part is None else _flat(json.loads(part.__getstate__()))


def _flat(step: dict[str, Any]) -> list[dict[str, Any]]:
    inner = step.get("normalizers", step.get("pretokenizers"))
    return [step] if inner is None else [each for one in inner for each in _flat(one)]


def _deletes_a_tail(step: dict[str, Any]) -> bool:
    return (
        step["type"] == "Replace" and not step["content"] and step["pattern"].get("Regex") in TAILS
    )


def word_start_mask(tokenizer: Tokenizer) -> NDArray[np.bool_]:
    """Which subword ids begin a word, shape (vocabulary,): not `##…`, or `Ġ…` / `▁…`; never a special token."""
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


@dataclass(frozen=True, eq=False)
class Windows(Sequence[Window]):
    """The windows of several tweets, in their order, as arrays: no Python object a subword.

    A unit is a place where a word, or a part of one, begins.

    Attributes:
        tweets: (windows,), index of each window's tweet.
        input_ids: (subwords,), of all windows, one after the other.
        bounds: (windows + 1,), where the subwords of each window begin, and where the last one's end.
        positions: (units,), where in its window each unit begins.
        words: (units,), index of each unit's word in its tweet.
        unit_bounds: (windows + 1,), where the units of each window begin, and where the last one's end.
        answered: bool, (units,), whether its window answers for it; of several windows that share a unit, one does.
    """

    tweets: Ids
    input_ids: Ids
    bounds: Ids
    positions: Ids
    words: Ids
    unit_bounds: Ids
    answered: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tweets)

    @overload
    def __getitem__(self, index: int) -> Window: ...
    @overload
    def __getitem__(self, index: slice) -> list[Window]: ...
    def __getitem__(self, index: int | slice) -> Window | list[Window]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)  # this is what ends a loop over a Sequence
        window = index % len(self)
        subwords = slice(*self.bounds[window : window + 2])
        units = slice(*self.unit_bounds[window : window + 2])
        answered = np.flatnonzero(self.answered[units])
        first, last = (int(answered[0]), int(answered[-1]) + 1) if len(answered) else (0, 0)
        return Window(
            int(self.tweets[window]),
            self.input_ids[subwords].tolist(),
            self.positions[units].tolist(),
            self.words[units].tolist(),
            first,
            last,
        )


class SubwordEncoder:
    """Words → subword ids, each word on its own and looked up when seen before.

    Args:
        tokenizer: Any tokenizer that this module built (its pre-tokenizer begins with the word splitter).
        max_subwords: Longest window, special tokens included.
    """

    CACHE_SIZE = 500_000
    """Words remembered before the cache starts anew: about 100 MB."""

    def __init__(self, tokenizer: Tokenizer, max_subwords: int) -> None:
        self.tokenizer = tokenizer
        self.max_subwords = max_subwords
        self.word_start = word_start_mask(tokenizer)
        probe = tokenizer.encode("a")
        n_before = probe.special_tokens_mask.index(0)
        n_after = probe.special_tokens_mask[::-1].index(0)
        self._apart = encodes_lines_apart(tokenizer)
        self.before, self.after = probe.ids[:n_before], probe.ids[len(probe.ids) - n_after :]
        self._forget()

    def _forget(self) -> None:
        self._places: dict[str, int] = {}  # word → its place in the bounds below
        self._bounds = np.zeros(
            1, np.int64
        )  # where the subwords of each word begin, and where the last one's end
        self._subwords = np.empty(0, np.int64)  # of all words, one after the other

    def subwords(self, words: Iterable[str]) -> list[list[int]]:
        """The subword ids of each word; empty for a word of which the normalizer leaves nothing."""
        places = self._look_up(list(words))
        return [
            self._subwords[slice(*self._bounds[place : place + 2])].tolist() for place in places
        ]

    def _look_up(self, words: Sequence[str]) -> Ids:
        """The place of each word among the remembered ones, which it joins if need be."""
        new = [word for word in dict.fromkeys(words) if word not in self._places]
        if len(self._places) + len(new) > self.CACHE_SIZE:
            self._forget()
            new = list(dict.fromkeys(words))
        if new:
            self._remember(new)
        return np.array([self._places[word] for word in words], np.int64)

    def _remember(self, words: Sequence[str]) -> None:
        groups = [list(words[first : first + 256]) for first in range(0, len(words), 256)]
        if self._apart:  # one text a group, a line a word: less ado
            texts: list[Any] = ["\n".join(group) for group in groups]
        else:
            texts = groups
        encodings = self.tokenizer.encode_batch(
            texts, is_pretokenized=not self._apart, add_special_tokens=False
        )
        subwords = [np.array(encoding.ids, np.int64) for encoding in encodings]
        lengths = [
            np.bincount(self._words_of(encoding, group), minlength=len(group))
            for encoding, group in zip(encodings, groups, strict=True)
        ]
        self._places.update(
            zip(words, range(len(self._places), len(self._places) + len(words)), strict=True)
        )
        self._bounds = np.concatenate(
            [self._bounds, self._bounds[-1] + np.cumsum(np.concatenate(lengths))]
        )
        self._subwords = np.concatenate([self._subwords, *subwords])

    def _words_of(self, encoding: Encoding, group: Sequence[str]) -> Ids:
        """For each subword, the index of its word in the group."""
        if not self._apart:
            return np.array(encoding.word_ids, np.int64)
        line_ends = np.cumsum([len(word) + 1 for word in group])
        return np.searchsorted(line_ends, [end - 1 for _, end in encoding.offsets], side="right")

    def encode(self, tweets: Sequence[Sequence[str]]) -> Windows:
        """Encode tweets given as words; a tweet too long for the model gives overlapping windows.

        Every tweet gives at least one window, also an empty one, in the order of the tweets.
        """
        room = self.max_subwords - len(self.before) - len(self.after)
        n_words = np.array([len(words) for words in tweets], np.int64)
        places = self._look_up([word for words in tweets for word in words])
        starts = self._bounds[places]
        lengths = np.minimum(
            self._bounds[places + 1] - starts, room
        )  # (words,): subwords that are read of each
        stretches = _stretches(n_words, lengths, room)

        words, window_of_word = _ranges(
            stretches.first, stretches.last
        )  # each word of each window, in order
        ids, word_of_id = _ranges(starts[words], starts[words] + lengths[words])
        subwords, window_of_id = self._subwords[ids], window_of_word[word_of_id]
        input_ids, bounds, places_of_ids = self._with_special(
            subwords, window_of_id, len(stretches.tweets)
        )

        units = np.flatnonzero(self.word_start[subwords])
        window, word = window_of_id[units], words[word_of_id[units]]  # (units,) each
        n_units = np.bincount(window, minlength=len(stretches.tweets))
        return Windows(
            tweets=stretches.tweets,
            input_ids=input_ids,
            bounds=bounds,
            positions=places_of_ids[units] - bounds[window],
            words=word - (np.cumsum(n_words) - n_words)[stretches.tweets[window]],
            unit_bounds=np.concatenate([[0], np.cumsum(n_units)]),
            answered=(stretches.answered_first[window] <= word)
            & (word < stretches.answered_last[window]),
        )

    def _with_special(self, subwords: Ids, window: Ids, n_windows: int) -> tuple[Ids, Ids, Ids]:
        """Put special tokens around the subwords of each window.

        Args:
            subwords: (subwords,), of all windows, one after the other.
            window: (subwords,), the window of each.
            n_windows: Of which some may have no subword.

        Returns:
            All subwords, the bounds of each window among them, and the places of the given ones among them.
        """
        n_before, n_after = len(self.before), len(self.after)
        bounds = np.concatenate(
            [[0], np.cumsum(np.bincount(window, minlength=n_windows) + n_before + n_after)]
        )
        places = np.arange(len(subwords)) + n_before + window * (n_before + n_after)
        every = np.empty(bounds[-1], np.int64)
        every[places] = subwords
        every[bounds[:-1, None] + np.arange(n_before)] = self.before
        every[bounds[1:, None] + np.arange(-n_after, 0)] = self.after
        return every, bounds, places


class _Stretches(NamedTuple):
    """Ranges of words, counted through all tweets, a row a window: what it reads, and what it answers for."""

    tweets: Ids
    first: Ids
    last: Ids
    answered_first: Ids
    answered_last: Ids


def _stretches(n_words: Ids, lengths: Ids, room: int) -> _Stretches:
    """Cut tweets into windows: one each, but for those that have more than `room` subwords.

    Args:
        n_words: (tweets,).
        lengths: (words,), subwords of each word of all tweets.
        room: Subwords that a window holds.
    """
    ends = np.cumsum(n_words)
    begins = ends - n_words
    totals = np.concatenate([[0], np.cumsum(lengths)])
    too_long = np.flatnonzero(totals[ends] - totals[begins] > room)
    whole = np.arange(len(n_words))
    if not len(too_long):
        return _Stretches(whole, begins, ends, begins, ends)
    rows: list[tuple[int, int, int, int, int]] = []
    for tweet in too_long.tolist():
        begin, end = int(begins[tweet]), int(ends[tweet])
        bounds = [
            (begin + a, begin + b) for a, b in _window_bounds(lengths[begin:end].tolist(), room)
        ]
        # the middle of an overlap divides it: each word is read where it has context on both sides
        middles = [(after[0] + before[1]) // 2 for before, after in pairwise(bounds)]
        rows += [
            (tweet, *own, *mine)
            for own, mine in zip(bounds, pairwise([begin, *middles, end]), strict=True)
        ]
    fits = np.delete(np.stack([whole, begins, ends, begins, ends]), too_long, axis=1)
    every = np.concatenate([fits, np.array(rows).T], axis=1)
    return _Stretches(*every[:, np.argsort(every[0], kind="stable")])


def _ranges(first: Ids, last: Ids) -> tuple[Ids, Ids]:
    """The numbers of several ranges one after the other, and for each the index of its range.

    >>> [numbers.tolist() for numbers in _ranges(np.array([5, 0]), np.array([7, 3]))]
    [[5, 6, 0, 1, 2], [0, 0, 1, 1, 1]]
    """
    lengths = last - first
    ranges = np.repeat(np.arange(len(lengths)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(len(ranges)) - before[ranges] + first[ranges], ranges


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


def align_labels(windows: Windows, labels: Sequence[Sequence[int]]) -> Ids:
    """Labels of tweets' words → labels of their windows' subwords, `UNOBSERVED` but where a word begins.

    A word that the splitter parts goes on as the inside of its type, so that no part of it is lost. Labels are in the
    order of `tags_of`: `B-` odd, the `I-` of the same type right after it.

    Returns:
        (subwords,), as `windows.input_ids`.
    """
    n_words = np.array([len(row) for row in labels], np.int64)
    window = np.repeat(np.arange(len(windows)), np.diff(windows.unit_bounds))  # (units,)
    word = (np.cumsum(n_words) - n_words)[
        windows.tweets[window]
    ] + windows.words  # counted through all tweets
    goes_on = (np.diff(word, prepend=-1) == 0) & (np.diff(window, prepend=-1) == 0)
    label = np.array(list(chain.from_iterable(labels)), np.int64)[word]
    aligned = np.full(len(windows.input_ids), UNOBSERVED, np.int64)
    places = windows.bounds[window] + windows.positions
    aligned[places[windows.answered]] = (label + (goes_on & (label % 2 == 1)))[windows.answered]
    return aligned
