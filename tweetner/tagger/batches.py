"""Windows → batches of arrays, of like lengths so that they hold little padding."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tweetner.tagger.decoding import Ids, length_batches
from tweetner.tokenization import Windows


@dataclass(frozen=True, eq=False)
class Batch:
    """What a network takes: a row a window, padded on the right.

    Attributes:
        input_ids: (batch, subwords).
        attention_mask: (batch, subwords), 0 at padding.
        word_starts: (batch, words), where in its row each word begins; 0 at padding.
        word_mask: bool, (batch, words), False at padding; at least one column.
        units: The number among all units of those of `word_mask`, in reading order.
    """

    input_ids: Ids
    attention_mask: Ids
    word_starts: Ids
    word_mask: NDArray[np.bool_]
    units: Ids


def batches_of(windows: Windows, pad: int, most: int) -> Iterator[Batch]:
    """Batches of at most `most` subwords, padding included, shortest windows first."""
    for rows in length_batches(np.diff(windows.bounds), most):
        subwords, attended = _places(windows.bounds, rows)
        units, word_mask = _places(windows.unit_bounds, rows)
        input_ids = np.full(attended.shape, pad, np.int64)
        input_ids[attended] = windows.input_ids[subwords]
        word_starts = np.zeros(word_mask.shape, np.int64)
        word_starts[word_mask] = windows.positions[units]
        yield Batch(input_ids, attended.astype(np.int64), word_starts, word_mask, units)


def _places(bounds: Ids, rows: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Where the things of some rows stand, and the mask (rows, most things of a row, at least 1) of a table of them.

    >>> places, mask = _places(np.array([0, 2, 2, 5]), np.array([1, 2]))
    >>> places.tolist(), mask.astype(int).tolist()
    ([2, 3, 4], [[0, 0, 0], [1, 1, 1]])
    """
    lengths = bounds[rows + 1] - bounds[rows]
    column = np.arange(max(1, lengths.max()))
    mask = column < lengths[:, None]
    return (bounds[rows, None] + column)[mask], mask
