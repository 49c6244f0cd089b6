"""The gate of a triage finds the tweets that need no model, because they hold no entity.

A linear model scores each word, and a tweet scores as its highest word. It is fitted on the answers
of the model that it spares (BabyBear, Khalili et al. 2022). Features are hashed, so a published
gate holds no word of a tweet.
"""

import re
from collections.abc import Sequence
from math import exp
from pathlib import Path
from typing import Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tweetner.hub import ModelFolder
from tweetner.tagger.features import Tweets

FILE = "gate.safetensors"
"""The file of a gate in its model folder."""

N_BUCKETS = 2**18
"""Number of weights; features whose hashes are equal share one."""

OFFSETS = (-2, -1, 0, 1, 2)
"""Positions, from the scored word, of the words whose features count."""

CACHE_WORDS = 100_000
"""Distinct words before the cache is emptied: about 30 MB."""

UPPER, LOWER, DIGITS = re.compile(r"[A-Z]+"), re.compile(r"[a-z]+"), re.compile(r"\d+")

Weights = npt.NDArray[np.float32]


def features_of(word: str) -> list[str]:
    """Return the features of a word: its lower-cased form, its shape, its end.

    >>> features_of("iPhone6")
    ['lower=iphone6', 'shape=xXx0', 'end=ne6']
    """
    shape = UPPER.sub("X", LOWER.sub("x", DIGITS.sub("0", word)))
    lower = word.lower()
    return [f"lower={lower}", f"shape={shape[:8]}", f"end={lower[-3:]}"]


def own_features_of(word: str) -> list[str]:
    """Return the further features of the scored word: its form, and groups of its letters."""
    lower = word.lower()
    features = [f"word={word}", f"title={word.istitle()}"]
    for length in range(1, 5):
        features += [f"start={lower[:length]}", f"end={lower[-length:]}"]
    marked = f"^{lower}$"
    return features + [f"part={marked[at : at + 3]}" for at in range(len(marked) - 2)]


def buckets_of(word: str) -> list[list[int]]:
    """Return, for each of `OFFSETS` at which a word may stand, the places of its weights."""
    features = [name.encode("utf-8", "surrogatepass") for name in features_of(word)]
    own = [name.encode("utf-8", "surrogatepass") for name in own_features_of(word)]
    buckets = []
    for place, offset in enumerate(OFFSETS):
        names = features if offset else features + own
        buckets.append([crc32(name, place) % N_BUCKETS for name in names])
    return buckets


def padded(words: Sequence[str]) -> list[str]:
    """Return words with the places before the first and after the last that their scores read."""
    return ["<START>", "<START>", *words, "<END>", "<END>"]


class Gate:
    """Scores tweets, so that a model reads only those with a score of `threshold` or more.

    Args:
        weights: The weight of each bucket, (`N_BUCKETS`,).
        bias: The score of a word without features.
        threshold: Scores are from 0 to 1; at 0 every tweet passes.

    Raises:
        ValueError: There is another number of weights.
    """

    def __init__(self, weights: Weights, bias: float, threshold: float = 0.0) -> None:
        if weights.shape != (N_BUCKETS,):
            raise ValueError(f"expected {N_BUCKETS} weights of a gate, got {weights.shape}")
        self.threshold = threshold
        self._weights = weights
        self._bias = bias
        self._parts: dict[str, list[float]] = {}  # cache of `_parts_of`

    def scores(self, tweets: Tweets) -> list[float]:
        """Return the probability that the model finds an entity in each tweet, (tweets,).

        A tweet without words scores 0.
        """
        return [self._score(words) if words else 0.0 for words in tweets]

    def _score(self, words: Sequence[str]) -> float:
        parts = [self._parts.get(word) or self._parts_of(word) for word in padded(words)]
        around = zip(parts, parts[1:], parts[2:], parts[3:], parts[4:], strict=False)
        # c is the scored word; a, b, d, e stand before and after it
        highest = max(a[0] + b[1] + c[2] + d[3] + e[4] for a, b, c, d, e in around)
        return 1 / (1 + exp(-max(highest + self._bias, -700.0)))

    def _parts_of(self, word: str) -> list[float]:
        """Return what a word adds to the score of a word from which it stands at each offset."""
        if len(self._parts) >= CACHE_WORDS:
            self._parts.clear()
        weight_of = self._weights.data.__getitem__  # faster than numpy for single numbers
        parts = [float(sum(map(weight_of, buckets))) for buckets in buckets_of(word)]
        self._parts[word] = parts
        return parts

    def save(self, folder: Path) -> None:
        """Write the weights into a model folder; the threshold stands in its `metrics.json`."""
        from safetensors.numpy import save_file

        bias = np.array([self._bias], np.float32)
        save_file({"weights": self._weights, "bias": bias}, folder / FILE)

    @classmethod
    def load(cls, folder: ModelFolder) -> Self:
        """Load the gate of a model folder, with the threshold that was proven.

        Raises:
            ValueError: The model has no gate.
        """
        from safetensors.numpy import load_file

        proof = folder.metrics.gate
        if proof is None or not (folder.path / FILE).is_file():
            raise ValueError("the model has no gate: fit one with scripts/cascade.py")
        tensors = load_file(folder.path / FILE)
        return cls(tensors["weights"], float(tensors["bias"][0]), proof.threshold or 0.0)
