"""Backends compute emissions, the scores that a decoder turns into tags."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, Self

import numpy as np
from tokenizers import Tokenizer

from tweetner.hub import ModelFolder
from tweetner.tagger.batches import Batch, batches_of
from tweetner.tagger.decoding import Chain, Emissions, Scores
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder, Windows, bounds_of


class Backend(Protocol):
    """Computes emissions: a neural network in PyTorch or ONNX, or a linear model."""

    @property
    def labels(self) -> list[str]:
        """The tag of each label."""
        ...

    @property
    def chain(self) -> Chain | None:
        """The learned chain of a CRF; None for any other model."""
        ...

    def encode(self, tweets: Sequence[Sequence[str]], /) -> Any:
        """Do what can run in another thread before the scores are computed."""
        ...

    def emissions(self, encoded: Any, /) -> Emissions:
        """Compute the scores of encoded tweets."""
        ...


@dataclass(frozen=True)
class Emitted:
    """A backend with stored emissions, so that several decoders share one forward pass."""

    labels: list[str]
    emitted: Emissions
    chain: Chain | None = None

    @classmethod
    def by(cls, backend: Backend, tweets: Sequence[Sequence[str]]) -> Self:
        """Compute the emissions of tweets with a backend."""
        return cls(backend.labels, backend.emissions(backend.encode(tweets)), backend.chain)

    def scaled(self, factor: float) -> Self:
        """Multiply all scores by a factor, as a temperature of 1 / factor does."""
        chain = self.chain and self.chain.scaled(factor)
        return type(self)(self.labels, self.emitted.scaled(factor), chain)

    def encode(self, _: Sequence[Sequence[str]]) -> None:
        """Do nothing: the emissions are stored."""

    def emissions(self, _: None) -> Emissions:
        """Return the stored emissions; they are valid only for the tweets passed to `by`."""
        return self.emitted


class Network(Protocol):
    """A token classifier in PyTorch or ONNX."""

    @property
    def labels(self) -> list[str]:
        """The model's own labels, in its order."""
        ...

    @property
    def pad_token_id(self) -> int:
        """The subword id of padding."""
        ...

    @property
    def batch_subwords(self) -> int:
        """The size of a batch in subwords, padding included."""
        ...

    @property
    def chain(self) -> Chain | None:
        """The learned chain of a CRF; None for any other model."""
        ...

    def __call__(self, batches: Iterable[Batch], /) -> Scores:
        """Compute the scores of the units of all batches, in order: float32, (units, labels)."""
        ...


class LazyNetwork:
    """A network that is loaded when the first batch needs it.

    Args:
        labels: The network's own labels, in its order.
        load: Loads the network.
    """

    def __init__(self, labels: list[str], load: Callable[[], Network]) -> None:
        self.labels = labels
        self._load = load

    @cached_property
    def _network(self) -> Network:
        return self._load()

    @property
    def pad_token_id(self) -> int:
        """See `Network.pad_token_id`."""
        return self._network.pad_token_id

    @property
    def batch_subwords(self) -> int:
        """See `Network.batch_subwords`."""
        return self._network.batch_subwords

    @property
    def chain(self) -> Chain | None:
        """See `Backend.chain`."""
        return self._network.chain

    def __call__(self, batches: Iterable[Batch]) -> Scores:
        """See `Network`."""
        return self._network(batches)


class NeuralBackend:
    """Computes emissions with a token classifier over subwords.

    Args:
        network: The token classifier.
        tokenizer: The model's tokenizer.
        max_subwords: Longest window, special tokens included.

    Raises:
        ValueError: The model's labels are not `O`, `B-TYPE`, `I-TYPE` for some types.
    """

    def __init__(self, network: Network, tokenizer: Tokenizer, max_subwords: int) -> None:
        self.network = network
        self.labels, self._columns = _declared_labels(network.labels)
        self.encoder = SubwordEncoder(tokenizer, max_subwords)

    @classmethod
    def in_folder(cls, network: Network, folder: ModelFolder) -> Self:
        """Build the backend with the tokenizer of the network's model folder."""
        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
        tokenizer.no_padding()  # a model from elsewhere may have both
        tokenizer.no_truncation()
        return cls(network, tokenizer, folder.max_subwords)

    @property
    def chain(self) -> Chain | None:
        """See `Backend.chain`; read from the current weights."""
        return self.network.chain

    def encode(self, tweets: Sequence[Sequence[str]]) -> tuple[int, Windows]:
        """Return the number of tweets, and their windows."""
        return len(tweets), self.encoder.encode(tweets)

    def emissions(self, encoded: tuple[int, Windows]) -> Emissions:
        """Compute the scores in batches of windows of similar length."""
        n_tweets, windows = encoded
        scores = np.empty((len(windows.positions), len(self.labels)), np.float32)
        network = self.network
        batches = list(batches_of(windows, network.pad_token_id, network.batch_subwords))
        if batches:
            units = np.concatenate([batch.units for batch in batches])  # (units,), by batch
            scores[units] = network(batches)[:, self._columns]
        return join_windows(windows, scores, n_tweets)


def join_windows(windows: Windows, scores: Scores, n_tweets: int) -> Emissions:
    """Join the scores of all windows' units, (units, labels), so that each unit occurs once."""
    # (answered units,): the tweet of each
    tweets = np.repeat(windows.tweets, np.diff(windows.unit_bounds))[windows.answered]
    lengths = np.bincount(tweets, minlength=n_tweets)
    return Emissions(scores[windows.answered], windows.words[windows.answered], bounds_of(lengths))


def _declared_labels(model_labels: list[str]) -> tuple[list[str], list[int]]:
    """Return the model's tags in our order, and the column of the model's output for each."""
    types = list(dict.fromkeys(tag[2:] for tag in model_labels if tag[:2] in ("B-", "I-")))
    expected = tags_of(types) if types else ["O", "B-TYPE", "I-TYPE"]
    if sorted(expected) != sorted(model_labels):
        raise ValueError(f"expected a model with labels {expected}, got {model_labels}")
    return expected, [model_labels.index(tag) for tag in expected]
