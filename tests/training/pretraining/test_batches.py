"""Batches: every tweet once an epoch, within the budget, the same when drawn again."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from tweetner.tokenization import tweet_tokenizer, with_case
from tweetner.training.pretraining import EncodedTweets, MaskedBatches, WholeWordMasking
from tweetner.training.pretraining.batches import EpochSampler, batch_bounds


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 100))
def test_batches_are_as_large_as_the_budget_allows(lengths: list[int], budget: int) -> None:
    rising = np.array(sorted(lengths), np.int64)
    bounds = batch_bounds(rising, budget).tolist()
    assert (bounds[0], bounds[-1]) == (0, len(lengths))
    for first, last in pairwise(bounds):
        n_windows = last - first
        assert n_windows == 1 or n_windows * rising[last - 1] <= budget
        if last < len(rising):
            assert (n_windows + 1) * rising[last] > budget


@pytest.fixture(scope="module")
def batches(tiny_tokenizer: PreTrainedTokenizerFast, invented: list[str]) -> MaskedBatches:
    cased = with_case(tiny_tokenizer)
    assert cased is not None
    tokenizer = tweet_tokenizer(cased[0], normalize=True, max_subwords=32)
    rows = [tokenizer(tweet)["input_ids"] for tweet in invented]
    bounds = np.cumsum([0, *map(len, rows)])
    encoded = EncodedTweets(np.concatenate(rows).astype(np.uint32), bounds)
    masking = WholeWordMasking(tokenizer, 0.2)
    return MaskedBatches(encoded, masking, cased[1], budget=100, seed=3)


def epoch_of(batches: MaskedBatches, epoch: int) -> list[dict[str, torch.Tensor]]:
    return [batches[epoch * len(batches) + i] for i in range(len(batches))]


def test_an_epoch_holds_every_tweet_once_with_little_padding(batches: MaskedBatches) -> None:
    encoded = batches.tweets
    windows = np.split(encoded.ids, encoded.bounds[1:-1])
    expected = sorted(len(window) for window in windows)
    found = []
    n_places = 0
    for batch in epoch_of(batches, 0):
        assert batch["input_ids"].numel() <= 100
        n_places += batch["input_ids"].numel()
        found += batch["attention_mask"].sum(1).tolist()
    assert sorted(found) == expected
    assert n_places < 1.1 * encoded.bounds[-1]
    originals = []
    for batch in epoch_of(batches, 1):
        flat = batch["input_ids"].ravel().clone()
        sources = {(int(s), int(c)): i for i, (s, c) in enumerate(sources_and_cases(batches))}
        pairs = zip(batch["targets"].tolist(), batch["cases"].tolist(), strict=True)
        flat[batch["positions"]] = torch.tensor([sources[pair] for pair in pairs])
        rows = flat.view_as(batch["input_ids"])
        lengths = batch["attention_mask"].sum(1)
        originals += [row[:n].tolist() for row, n in zip(rows, lengths, strict=True)]
    assert sorted(originals) == sorted(window.tolist() for window in windows)


def sources_and_cases(batches: MaskedBatches) -> list[tuple[int, int]]:
    assert batches._source is not None and batches._case is not None
    return list(zip(batches._source.tolist(), batches._case.tolist(), strict=True))


def test_a_batch_depends_on_its_number_alone(batches: MaskedBatches) -> None:
    first = epoch_of(batches, 2)
    batches[0]  # another epoch in between
    again = epoch_of(batches, 2)[::-1][::-1]
    for one, other in zip(first, again, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in one)
    pairs = zip(first, epoch_of(batches, 3), strict=True)
    assert any(not torch.equal(one["input_ids"], other["input_ids"]) for one, other in pairs)


def test_the_sampler_numbers_the_batches_of_every_epoch() -> None:
    sampler = EpochSampler(5, seed=1)
    first = list(sampler)
    assert sorted(first) == [0, 1, 2, 3, 4]
    sampler.set_epoch(2)
    later = list(sampler)
    assert sorted(later) == [10, 11, 12, 13, 14]
    assert [number - 10 for number in later] != first
    assert list(sampler) == later
