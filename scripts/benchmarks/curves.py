"""Does grouping by length change what is learnt? The train loss of our recipe with it and without, epoch by epoch.

A round is a seed, and a figure the mean loss of a word while the model passed over all of train. The first weights, the
tweets and the learning rates are the same; only the batches that the tweets meet in are others.
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
from benchmarks.races import Race, Variant, evenly
from benchmarks.recipes import our_trainer
from tweetner.corpus import Tweet, load_corpus
from tweetner.tags import tags_of
from tweetner.training import RunConfig, build, encode_dataset, subword_loss

logger = logging.getLogger(__name__)

SEEDS = (11, 21, 42)


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """A race an epoch; all that a seed gives comes from one training."""
    corpus = load_corpus(data)
    tweets = evenly(corpus.splits["train"], n_tweets)
    config = RunConfig(types=corpus.types, precision="fp32")

    @cache
    def curve(seed: int, by_length: bool) -> list[float]:
        found = losses(replace(config, group_by_length=by_length), seed, tweets)
        shown = " ".join(f"{loss:.4f}" for loss in found)
        logger.info(
            "seed %d, batches %s: %s",
            seed,
            "of like length" if by_length else "drawn at random",
            shown,
        )
        return found

    def variant(name: str, by_length: bool, epoch: int) -> Variant:
        return Variant(name, lambda seed: curve(seed, by_length)[epoch], cycle(SEEDS).__next__)

    return [
        Race(
            f"train loss a word, epoch {epoch + 1}",
            [
                variant("batches drawn at random", False, epoch),
                variant("batches of like length", True, epoch),
            ],
            rounds=len(SEEDS),
            unit="nat",
            note="a round is a seed; 1× is the same loss",
        )
        for epoch in range(config.epochs)
    ]


def losses(config: RunConfig, seed: int, tweets: Sequence[Tweet]) -> list[float]:
    """The mean loss of a word in each epoch of a run."""
    labels = tags_of(config.types)
    set_seed(seed)
    model, tokenizer = build(config, labels, [])
    dataset, _ = encode_dataset(tweets, new_encoder(tokenizer), labels, inner=True)
    loss = RecordedLoss(subword_loss(config.inner_weight))
    our_trainer(config, seed, model, tokenizer, dataset, loss).train()
    return loss.by_epoch(config.epochs)


class RecordedLoss:
    """A loss that also remembers, of each batch, how many words it had and what they cost together."""

    def __init__(self, loss: Callable[..., Tensor]) -> None:
        self.loss = loss
        self.steps: list[tuple[int, float]] = []

    def __call__(
        self, outputs: Any, labels: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        words = labels >= 0  # (batch, subwords); what has no label, and inner subwords, are below
        cost = cross_entropy(outputs.logits.detach()[words], labels[words], reduction="sum")
        self.steps.append((int(words.sum()), float(cost)))
        return self.loss(outputs, labels, num_items_in_batch)

    def by_epoch(self, n_epochs: int) -> list[float]:
        """The mean over each epoch's words: a long tweet counts for all of them, in whatever batch it was."""
        n_words, costs = np.array(self.steps).reshape(n_epochs, -1, 2).sum(axis=1).T
        means: list[float] = (costs / n_words).tolist()
        return means
