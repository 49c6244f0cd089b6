"""What makes emissions, the scores that a decoder turns into tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from tokenizers import Tokenizer

from tweetner.hub import ModelFolder
from tweetner.tagger.batches import Batch, batches_of
from tweetner.tagger.decoding import Chain, Emissions, Scores, bounds_of
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder, Windows


class Backend(Protocol):
    """What makes emissions: a neural network in PyTorch or ONNX, a linear model."""

    @property
    def labels(self) -> list[str]:
        """The tag of each label."""
        ...

    @property
    def chain(self) -> Chain | None:
        """The learned chain of a model that was trained with one."""
        ...

    def encode(self, tweets: Sequence[Sequence[str]], /) -> Any:
        """What can be done before the scores are computed, and beside those of other tweets."""
        ...

    def emissions(self, encoded: Any, /) -> Emissions:
        """The scores of tweets as `encode` gives them."""
        ...


@dataclass(frozen=True)
class Emitted:
    """A backend whose emissions are there already: one forward pass, several decoders."""

    labels: list[str]
    emitted: Emissions
    chain: Chain | None = None

    @classmethod
    def by(cls, backend: Backend, tweets: Sequence[Sequence[str]]) -> Self:
        """Let a backend score tweets."""
        return cls(backend.labels, backend.emissions(backend.encode(tweets)), backend.chain)

    def scaled(self, factor: float) -> Self:
        """All scores times a factor, a learned chain's too: what a temperature of 1 / factor would have given."""
        return type(self)(
            self.labels, self.emitted.scaled(factor), self.chain and self.chain.scaled(factor)
        )

    def encode(self, _: Sequence[Sequence[str]]) -> None:
        """Nothing is left to do."""

    def emissions(self, _: None) -> Emissions:
        """The emissions, whatever is asked: they are for just the tweets that they were made of."""
        return self.emitted


class Network(Protocol):
    """A token classifier of any engine."""

    @property
    def labels(self) -> list[str]:
        """The model's own labels, in its order."""
        ...

    @property
    def pad_token_id(self) -> int:
        """What fills a batch up."""
        ...

    @property
    def batch_subwords(self) -> int:
        """Subwords that a batch should hold, padding included."""
        ...

    @property
    def chain(self) -> Chain | None:
        """As `Backend.chain`."""
        ...

    def __call__(self, batch: Batch, /) -> Scores:
        """Scores (batch, words, labels)."""
        ...


class NeuralBackend:
    """Emissions of a token classifier over subwords.

    Args:
        network: PyTorch's or ONNX's.
        tokenizer: The model's tokenizer.
        max_subwords: Longest window, special tokens included.

    Raises:
        ValueError: The model's labels are not the tags of any list of types.
    """

    def __init__(self, network: Network, tokenizer: Tokenizer, max_subwords: int) -> None:
        self.network = network
        self.labels, self._columns = _declared_labels(network.labels)
        self.encoder = SubwordEncoder(tokenizer, max_subwords)

    @classmethod
    def in_folder(cls, network: Network, folder: ModelFolder) -> Self:
        """A network with the tokenizer of its model folder."""
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        tokenizer.no_padding()  # a foreign model's may carry both
        tokenizer.no_truncation()
        return cls(network, tokenizer, folder.max_subwords)

    @property
    def chain(self) -> Chain | None:
        """As `Backend.chain`: of the weights as they are now."""
        return self.network.chain

    def encode(self, tweets: Sequence[Sequence[str]]) -> tuple[int, Windows]:
        """The number of tweets, and their windows."""
        return len(tweets), self.encoder.encode(tweets)

    def emissions(self, encoded: tuple[int, Windows]) -> Emissions:
        """As `Backend.emissions`, from batches of windows of like lengths."""
        n_tweets, windows = encoded
        scores = np.empty((len(windows.positions), len(self.labels)), np.float32)
        for batch in batches_of(windows, self.network.pad_token_id, self.network.batch_subwords):
            scores[batch.units] = self.network(batch)[batch.word_mask][:, self._columns]
        return join_windows(windows, scores, n_tweets)


def join_windows(windows: Windows, scores: Scores, n_tweets: int) -> Emissions:
    """Scores of all units of windows (units, labels) → emissions of the tweets, each unit once."""
    tweets = np.repeat(windows.tweets, np.diff(windows.unit_bounds))[windows.answered]
    lengths = np.bincount(tweets, minlength=n_tweets)
    return Emissions(scores[windows.answered], windows.words[windows.answered], bounds_of(lengths))


def _declared_labels(model_labels: list[str]) -> tuple[list[str], list[int]]:
    """The model's tags in our order, and the column of the model's output for each."""
    types = list(dict.fromkeys(tag[2:] for tag in model_labels if tag[:2] in ("B-", "I-")))
    expected = tags_of(types) if types else ["O", "B-TYPE", "I-TYPE"]
    if sorted(expected) != sorted(model_labels):
        raise ValueError(f"expected a model with labels {expected}, got {model_labels}")
    return expected, [model_labels.index(tag) for tag in expected]
