"""Windows: tweets as subword ids in flat arrays, cut where they are too long for the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

UNOBSERVED = -100
"""The label that losses and scores ignore."""

AFTER_PADDING = {
    "camembert",
    "data2vec-text",
    "esm",
    "ibert",
    "longformer",
    "luke",
    "markuplm",
    "mpnet",
    "roberta",
    "roberta-prelayernorm",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
}
"""Types of models whose positions are counted from the number after the padding's id."""


def position_limit(config: Mapping[str, Any]) -> int | None:
    """Return how many subwords a model has positions for, special tokens included.

    >>> position_limit({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1})
    512

    Args:
        config: The contents of the model's `config.json`.

    Returns:
        None if the config states no limit.
    """
    config = config.get("encoder") or config  # a model of our own class
    limit = config.get("max_position_embeddings") or config.get("n_positions")  # GPT-2
    if not limit:
        return None
    if config.get("model_type") not in AFTER_PADDING:
        return int(limit)
    return int(limit) - int(config.get("pad_token_id") or 0) - 1


@dataclass(frozen=True)
class Windows:
    """The windows of a batch of tweets, concatenated.

    A *unit* is a subword that begins a word. A word has several if the splitter divides it, and
    none if the normalizer deletes it.

    Attributes:
        tweets: (windows,), the index of each window's tweet in the batch.
        input_ids: (subwords,), special tokens included.
        bounds: (windows + 1,), the offset of each window in `input_ids`, followed by the total.
        positions: (units,), the position of each unit in its own window.
        words: (units,), the index of each unit's word in its tweet.
        unit_bounds: (windows + 1,), the offset of each window's units, followed by the total.
        answered: bool, (units,), whether the answer of this window counts. Exactly one of several
            windows that share a unit answers for it.
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


class WordRanges(NamedTuple):
    """The words of each window, counted through all tweets of a batch; every array is (windows,).

    Attributes:
        tweets: Index of the window's tweet.
        first: First word that the window reads.
        last: End of the words that it reads.
        answered_first: First word that it answers for.
        answered_last: End of the words that it answers for.
    """

    tweets: Ids
    first: Ids
    last: Ids
    answered_first: Ids
    answered_last: Ids


def bounds_of(lengths: Sequence[int] | Ids) -> Ids:
    """Return the start offset of each item in a concatenation, followed by the total length.

    >>> bounds_of([3, 0, 2]).tolist()
    [0, 3, 3, 5]
    """
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def concatenate_ranges(first: Ids, last: Ids) -> tuple[Ids, Ids]:
    """Return the numbers of several ranges in one array, and the index of each number's range.

    >>> [numbers.tolist() for numbers in concatenate_ranges(np.array([5, 0]), np.array([7, 3]))]
    [[5, 6, 0, 1, 2], [0, 0, 1, 1, 1]]
    """
    lengths = last - first
    ranges = np.repeat(np.arange(len(lengths)), lengths)
    offsets = bounds_of(lengths)[:-1]
    return np.arange(len(ranges)) - offsets[ranges] + first[ranges], ranges


def cut_into_windows(word_bounds: Ids, lengths: Ids, room: int) -> WordRanges:
    """Give each tweet one window, and overlapping ones to a tweet of more than `room` subwords.

    Args:
        word_bounds: (tweets + 1,), the offset of each tweet's words.
        lengths: (words,), the number of subwords of each word.
        room: Number of subwords that fit a window.
    """
    begins, ends = word_bounds[:-1], word_bounds[1:]  # (tweets,) each
    subword_bounds = bounds_of(lengths)  # (words + 1,)
    n_subwords = subword_bounds[ends] - subword_bounds[begins]  # (tweets,)
    too_long = np.flatnonzero(n_subwords > room)
    whole = np.stack([np.arange(len(begins)), begins, ends, begins, ends])  # (5, tweets)
    if not len(too_long):
        return WordRanges(*whole)
    rows: list[tuple[int, int, int, int, int]] = []
    for tweet in too_long.tolist():
        begin, end = int(begins[tweet]), int(ends[tweet])
        ranges = [
            (begin + first, begin + last)
            for first, last in window_ranges(lengths[begin:end].tolist(), room)
        ]
        # The middle of an overlap divides it, so that every word has context on both sides.
        middles = [(after[0] + before[1]) // 2 for before, after in pairwise(ranges)]
        answered = pairwise([begin, *middles, end])
        for (first, last), (own_first, own_last) in zip(ranges, answered, strict=True):
            rows.append((tweet, first, last, own_first, own_last))
    columns = np.concatenate([np.delete(whole, too_long, axis=1), np.array(rows).T], axis=1)
    return WordRanges(*columns[:, np.argsort(columns[0], kind="stable")])


def window_ranges(lengths: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Cover a tweet with word ranges of at most `room` subwords that overlap by about a quarter.

    >>> window_ranges([2, 2, 2, 2, 2], room=6)
    [(0, 3), (2, 5)]
    """
    ranges = []
    start = end = 0
    while True:
        n_subwords = sum(lengths[start:end])
        while end < len(lengths) and n_subwords + lengths[end] <= room:
            n_subwords += lengths[end]
            end += 1
        ranges.append((start, end))
        if end == len(lengths):
            return ranges
        overlap, next_start = 0, end
        while next_start > start + 1 and overlap < room // 4:
            next_start -= 1
            overlap += lengths[next_start]
        start = next_start


def align_labels(windows: Windows, labels: Sequence[Sequence[int]]) -> Ids:
    """Turn the labels of words into labels of subwords: `UNOBSERVED` except at units that answer.

    The further units of a divided word get the inside of its type, so that no part of it is lost.
    Labels are in the order of `tags_of`: `B-` is odd, and the `I-` of the same type follows it.

    Returns:
        (subwords,), parallel to `windows.input_ids`.
    """
    word_bounds = bounds_of([len(row) for row in labels])  # (tweets + 1,)
    window = np.repeat(np.arange(len(windows)), np.diff(windows.unit_bounds))  # (units,)
    tweet = windows.tweets[window]  # (units,)
    word = word_bounds[tweet] + windows.words  # (units,), counted through all tweets
    # whether a unit belongs to the same word and window as the unit before it
    continues = (np.diff(word, prepend=-1) == 0) & (np.diff(window, prepend=-1) == 0)
    label = np.fromiter(chain.from_iterable(labels), np.int64)[word]  # (units,)
    label += continues & (label % 2 == 1)
    places = windows.bounds[window] + windows.positions  # (units,), index into input_ids
    aligned = np.full(len(windows.input_ids), UNOBSERVED, np.int64)
    aligned[places[windows.answered]] = label[windows.answered]
    return aligned
