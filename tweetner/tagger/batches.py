"""Group windows of similar length into batches of arrays with little padding."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tweetner.tagger.decoding import Ids, length_batches
from tweetner.tokenization import Windows


@dataclass(frozen=True, eq=False)
class Batch:
    """The input of a network: one window in each row, padded on the right.

    Attributes:
        input_ids: (batch, subwords).
        attention_mask: 0 at padding, (batch, subwords).
        word_starts: Position in its row of each word's first subword; 0 at padding,
            (batch, words).
        word_mask: False at padding, (batch, words) with at least one column.
        units: Index among all units of each True in `word_mask`, in reading order, (units,).
    """

    input_ids: Ids
    attention_mask: Ids
    word_starts: Ids
    word_mask: NDArray[np.bool_]
    units: Ids


def batches_of(windows: Windows, pad: int, most: int) -> Iterator[Batch]:
    """Yield batches of at most `most` subwords, padding included, shortest windows first."""
    for rows in length_batches(np.diff(windows.bounds), most):
        subwords, attended = _table(windows.bounds, rows)
        units, word_mask = _table(windows.unit_bounds, rows)
        input_ids = np.full(attended.shape, pad, np.int64)
        input_ids[attended] = windows.input_ids[subwords]
        word_starts = np.zeros(word_mask.shape, np.int64)
        word_starts[word_mask] = windows.positions[units]
        yield Batch(input_ids, attended.astype(np.int64), word_starts, word_mask, units)


def _table(bounds: Ids, rows: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Lay out the items of some rows as a padded table.

    Args:
        bounds: Start offset of each row's items in a concatenation, then the total length.
        rows: The rows of the table.

    Returns:
        The indices of the items in reading order, (items,); and the mask of the table, False at
        padding, (rows, most items of a row, at least 1).

    >>> places, mask = _table(np.array([0, 2, 2, 5]), np.array([1, 2]))
    >>> places.tolist(), mask.astype(int).tolist()
    ([2, 3, 4], [[0, 0, 0], [1, 1, 1]])
    """
    lengths = bounds[rows + 1] - bounds[rows]
    column = np.arange(max(1, lengths.max()))
    mask = column < lengths[:, None]
    return (bounds[rows, None] + column)[mask], mask
