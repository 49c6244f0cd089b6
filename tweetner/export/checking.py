"""Check that a graph gives the emissions of PyTorch, and that int8 changes few entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from tweetner.corpus import Tweet
from tweetner.evaluation import TagPairs, score_entities
from tweetner.tagger import Batch, OnnxModel, TorchNetwork
from tweetner.tokenization import position_limit

TOLERANCE = 1e-4
"""Largest difference from the emissions of PyTorch, relative to the largest emission."""

MOST_F1_LOST = 0.005
LEAST_AGREEMENT = 0.95

Tags = Sequence[Sequence[str]]


def check_emissions(graph: OnnxModel, network: TorchNetwork) -> None:
    """Compare a graph with its model on batches of many shapes.

    Raises:
        ValueError: The emissions differ by more than `TOLERANCE`.
    """
    config = network.model.config
    longest = position_limit(config.to_dict()) or 128
    for batch in random_batches(config.vocab_size, network.pad_token_id, longest):
        expected = network([batch])  # (words of the batch, labels)
        found = graph([batch])
        largest = max(1.0, np.abs(expected).max(initial=0))
        difference = np.abs(expected - found).max(initial=0) / largest
        if not difference <= TOLERANCE:
            shape = " x ".join(map(str, batch.input_ids.shape))
            raise ValueError(
                f"ONNX: expected the emissions of PyTorch within {TOLERANCE:g} of the largest one, "
                f"got {difference:.2g} in a batch of {shape} subwords"
            )


def random_batches(vocab_size: int, pad: int, longest: int = 128) -> Iterator[Batch]:
    """Yield padded batches of 1 to 64 rows of 3 to 128 subwords, some rows without words.

    Args:
        vocab_size: Number of subwords.
        pad: Subword id of padding.
        longest: Most subwords that a row may have.
    """
    random = np.random.default_rng(0)
    for n_rows, at_most in product((1, 2, 7, 64), (3, 12, 33, 128)):
        n_subwords = min(at_most, longest)
        attended = np.arange(n_subwords) < random.integers(2, n_subwords + 1, (n_rows, 1))
        begins = attended & (random.random(attended.shape) < 0.5)
        begins[1::5] = False
        n_words = begins.sum(1, keepdims=True)
        word_mask = np.arange(max(1, n_words.max())) < n_words
        word_starts = np.zeros(word_mask.shape, np.int64)
        word_starts[word_mask] = np.nonzero(begins)[1]
        input_ids = np.where(attended, random.integers(vocab_size, size=attended.shape), pad)
        yield Batch(
            input_ids, attended.astype(np.int64), word_starts, word_mask, np.arange(n_words.sum())
        )


def check_tags(expected: Tags, found: Tags) -> None:
    """Compare the tags of tweets.

    Raises:
        ValueError: A tweet has other tags.
    """
    n_other = sum(a != b for a, b in zip(expected, found, strict=True))
    if n_other:
        raise ValueError(
            f"ONNX: expected the tags of PyTorch, got others in {n_other} of {len(expected)} tweets"
        )


@dataclass(frozen=True)
class Drift:
    """The effect of int8 on the entities found.

    Attributes:
        f1: Entity F1 with int8.
        f1_before: Entity F1 with float32.
        agreement: F1 of the entities found with int8 against those found with float32; 0 if there
            are none.
    """

    f1: float
    f1_before: float
    agreement: float

    @classmethod
    def between(cls, tweets: Sequence[Tweet], before: Tags, after: Tags) -> "Drift":
        """Compare the tags before and after quantization on annotated tweets."""
        gold = [tweet.gold for tweet in tweets]
        pairs = [TagPairs(gold, after), TagPairs(gold, before), TagPairs(before, after)]
        return cls(*(score_entities(found).micro.f1 for found in pairs))

    @property
    def is_too_large(self) -> bool:
        """True if the int8 graph must not be published."""
        lost = round(self.f1_before - self.f1, 9)
        return lost > MOST_F1_LOST or self.agreement < LEAST_AGREEMENT

    def __str__(self) -> str:
        """Return the figures in percent."""
        return (
            f"entity F1 {100 * self.f1:.2f} in int8, {100 * self.f1_before:.2f} in fp32, "
            f"entity agreement {100 * self.agreement:.2f}"
        )
