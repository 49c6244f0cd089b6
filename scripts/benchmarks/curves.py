"""Measure whether batches grouped by length change what a model learns.

The train loss of our recipe is compared with that of shuffled batches, epoch by epoch. A round is
a seed, and a figure is the mean loss of a word in one epoch. Initial weights, tweets and learning
rates are the same; only the batches differ.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import cycle
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import set_seed

from benchmarks.alignment import new_encoder
from benchmarks.timing import Benchmark, Variant, spaced
from benchmarks.trainers import our_trainer
from tweetner.corpus import Tweet, load_corpus
from tweetner.tags import tags_of
from tweetner.training import RunConfig
from tweetner.training.finetuning import build, encode_dataset, subword_loss

logger = logging.getLogger(__name__)

SEEDS = (11, 21, 42)


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Return one benchmark for each epoch; the figures of a seed come from one training."""
    corpus = load_corpus(data)
    tweets = spaced(corpus.splits["train"], n_tweets)
    config = RunConfig(types=corpus.types, precision="fp32")

    @cache
    def curve(seed: int, by_length: bool) -> list[float]:
        found = losses(replace(config, group_by_length=by_length), seed, tweets)
        shown = " ".join(f"{loss:.4f}" for loss in found)
        logger.info(
            "seed %d, batches %s: %s",
            seed,
            "grouped by length" if by_length else "shuffled",
            shown,
        )
        return found

    def variant(name: str, by_length: bool, epoch: int) -> Variant:
        return Variant(name, lambda seed: curve(seed, by_length)[epoch], cycle(SEEDS).__next__)

    return [
        Benchmark(
            f"train loss a word, epoch {epoch + 1}",
            [
                variant("shuffled batches", False, epoch),
                variant("batches grouped by length", True, epoch),
            ],
            rounds=len(SEEDS),
            unit="nat",
            note="a round is a seed; 1× means the same loss",
        )
        for epoch in range(config.epochs)
    ]


def losses(config: RunConfig, seed: int, tweets: Sequence[Tweet]) -> list[float]:
    """Train, and return the mean loss of a word in each epoch."""
    labels = tags_of(config.types)
    set_seed(seed)
    model, tokenizer = build(config, labels, [])
    dataset, _ = encode_dataset(tweets, new_encoder(tokenizer), labels, inner=True)
    loss = RecordedLoss(subword_loss(config.inner_weight))
    our_trainer(config, seed, model, tokenizer, dataset, loss).train()
    return loss.by_epoch(config.epochs)


class RecordedLoss:
    """A loss that also records the number of words and their total loss for each batch."""

    def __init__(self, loss: Callable[..., Tensor]) -> None:
        self.loss = loss
        self.steps: list[tuple[int, float]] = []

    def __call__(
        self, outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        words = labels >= 0  # (batch, subwords); inner and unlabelled subwords are negative
        cost = cross_entropy(outputs.logits.detach()[words], labels[words], reduction="sum")
        self.steps.append((int(words.sum()), float(cost)))
        return self.loss(outputs, labels, num_items_in_batch)

    def by_epoch(self, n_epochs: int) -> list[float]:
        """Return the mean over the words of each epoch; long tweets count by their words."""
        n_words, costs = np.array(self.steps).reshape(n_epochs, -1, 2).sum(axis=1).T
        means: list[float] = (costs / n_words).tolist()
        return means
