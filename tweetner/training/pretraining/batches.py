"""Batches of windows of like length, each within a budget of subwords."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from tweetner.tokenization import CasedVocabulary
from tweetner.training.pretraining.masking import WholeWordMasking
from tweetner.training.pretraining.text import EncodedTweets

Ids = NDArray[np.int64]


class MaskedBatches(Dataset[dict[str, Tensor]]):
    """A dataset whose items are whole batches, masked anew in every epoch.

    Item `epoch * len(self) + i` is batch `i` of an epoch. It depends on nothing but the tweets, the
    seed and its number, so that a resumed run sees the batches that it would have seen.

    Args:
        tweets: The encoded tweets.
        masking: Chooses and masks words.
        vocabulary: The cased vocabulary, or None if the encoder's subwords have no case.
        budget: Most subwords of a batch, padding included.
        seed: The seed of the order of the tweets and of the masks.
    """

    def __init__(
        self,
        tweets: EncodedTweets,
        masking: WholeWordMasking,
        vocabulary: CasedVocabulary | None,
        *,
        budget: int,
        seed: int,
    ) -> None:
        self.tweets = tweets
        self._masking = masking
        self._seed = seed
        self._source = self._case = None
        if vocabulary is not None:
            self._source = np.array(vocabulary.source)  # (vocabulary,), id without case
            self._case = np.array(vocabulary.case)  # (vocabulary,)
        self._bounds = batch_bounds(np.sort(tweets.lengths), budget)
        self._epoch = -1
        self._order = np.empty(0, np.int64)

    def __len__(self) -> int:
        """Return the number of batches of an epoch, which is the same in every epoch."""
        return len(self._bounds) - 1

    def __getitem__(self, number: int) -> dict[str, Tensor]:
        """Return the inputs of the model, and what it must predict."""
        epoch, batch = divmod(number, len(self))
        first, last = self._bounds[batch], self._bounds[batch + 1]
        bounds = self.tweets.bounds
        windows = [
            self.tweets.ids[bounds[i] : bounds[i + 1]].astype(np.int64)
            for i in self._rows(epoch)[first:last]
        ]
        random = np.random.default_rng([self._seed, epoch, batch])
        masked = self._masking(windows, random)
        batch_ = {
            "input_ids": masked.input_ids,
            "attention_mask": masked.is_subword.astype(np.int64),
            "positions": masked.positions,
            "targets": masked.targets,
        }
        if self._source is not None and self._case is not None:
            batch_["targets"] = self._source[masked.targets]
            batch_["cases"] = self._case[masked.targets]
        return {name: torch.from_numpy(values) for name, values in batch_.items()}

    def _rows(self, epoch: int) -> Ids:
        """Return the windows in the order of an epoch: by length, those of one length shuffled."""
        if epoch != self._epoch:
            random = np.random.default_rng([self._seed, epoch])
            lengths = self.tweets.lengths
            self._order = np.lexsort([random.random(len(lengths)), lengths])
            self._epoch = epoch
        return self._order

    @cached_property
    def n_subwords(self) -> int:
        """Number of subwords of an epoch, without padding."""
        return int(self.tweets.bounds[-1])


def batch_bounds(lengths: Ids, budget: int) -> Ids:
    """Cut windows into batches as large as the budget allows.

    Args:
        lengths: (windows,), rising.
        budget: Most subwords of a batch, padding included; a longer window is a batch alone.

    Returns:
        (batches + 1,), the index of each batch's first window, followed by the number of windows.

    >>> batch_bounds(np.array([2, 2, 3, 5]), 6).tolist()
    [0, 2, 3, 4]
    """
    bounds = [0]
    while bounds[-1] < len(lengths):
        first = bounds[-1]
        most = max(1, budget // int(lengths[first]))  # windows that fit if none is longer
        padded = lengths[first : first + most] * np.arange(1, most + 1)[: len(lengths) - first]
        bounds.append(first + max(1, int(np.searchsorted(padded, budget, side="right"))))
    return np.array(bounds)


class EpochSampler(Sampler[int]):
    """Draws the batches of each epoch in a new order, numbered as `MaskedBatches` needs them."""

    def __init__(self, n_batches: int, seed: int) -> None:
        self.n_batches = n_batches
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.n_batches

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch; a resumed run repeats the order of its epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        order = torch.randperm(self.n_batches, generator=generator)
        yield from (self.epoch * self.n_batches + order).tolist()
