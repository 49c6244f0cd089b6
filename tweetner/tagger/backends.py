"""What makes emissions, the scores that a decoder turns into tags."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from tokenizers import Tokenizer

from tweetner.tagger.batches import Batch, batches_of
from tweetner.tagger.decoding import Chain, Emissions, Scores, bounds_of
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder, Windows

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel


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
        return type(self)(self.labels, self.emitted.scaled(factor), self.chain and self.chain.scaled(factor))

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
    def in_folder(cls, network: Network, folder: Path) -> Self:
        """A network with the tokenizer of its model folder."""
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()  # a foreign model's may carry both
        tokenizer.no_truncation()
        return cls(network, tokenizer, _max_subwords(folder))

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


class TorchNetwork:
    """A token classifier in PyTorch: our own class or any native one, where its device is.

    Args:
        model: In evaluation mode.
        bf16: Compute in bfloat16: for GPUs; on most CPUs it is several times slower.
    """

    def __init__(self, model: "PreTrainedModel", *, bf16: bool = False) -> None:
        self.model = model
        self.labels = [model.config.id2label[i] for i in range(model.config.num_labels)]
        self.pad_token_id = model.config.pad_token_id or 0
        self.bf16 = bf16

    @classmethod
    def from_folder(cls, folder: Path, device: str | None = None, *, bf16: bool = False) -> Self:
        """Load a model folder; `device` defaults to a GPU where there is one."""
        import torch
        from transformers import AutoModelForTokenClassification

        import tweetner.models  # noqa: F401 - makes our class known to AutoModelForTokenClassification

        model = AutoModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        ).eval()
        model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        return cls(model, bf16=bf16)

    @property
    def batch_subwords(self) -> int:
        """As `Network.batch_subwords`: what is fastest on a CPU; a GPU wants more."""
        return 1024 if self.model.device.type == "cpu" else 16384

    @property
    def chain(self) -> Chain | None:
        """As `Backend.chain`."""
        if getattr(self.model.config, "decoder", None) != "crf":
            return None
        return Chain(*(scores.detach().cpu().float().numpy() for scores in self.model.transition_scores()))

    def __call__(self, batch: Batch) -> Scores:
        """As `Network`."""
        import torch

        with torch.inference_mode(), torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.bf16):
            input_ids, attention_mask = self._tensor(batch.input_ids), self._tensor(batch.attention_mask)
            word_starts, word_mask = self._tensor(batch.word_starts), self._tensor(batch.word_mask)
            emitted = word_emissions(self.model, input_ids, attention_mask, word_starts, word_mask)
            scores: Scores = emitted.float().cpu().numpy()
        return scores

    def _tensor(self, array: np.ndarray[Any, Any]) -> "Tensor":
        import torch

        tensor = torch.from_numpy(array)
        if self.model.device.type == "cuda":  # from pinned memory it is copied while the GPU computes
            tensor = tensor.pin_memory()
        return tensor.to(self.model.device, non_blocking=True)


def word_emissions(
    model: "PreTrainedModel", input_ids: "Tensor", attention_mask: "Tensor", word_starts: "Tensor", word_mask: "Tensor"
) -> "Tensor":
    """Scores (batch, words, labels) of our own class, or of any native one at the subwords where words begin."""
    emissions: Tensor
    if hasattr(model, "word_emissions"):
        emissions = model.word_emissions(input_ids, attention_mask, word_starts, word_mask)
    else:
        logits = model(input_ids=input_ids, attention_mask=attention_mask).logits  # (batch, subwords, labels)
        emissions = logits.gather(1, word_starts[..., None].expand(-1, -1, logits.shape[-1]))
    return emissions


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


def _max_subwords(folder: Path) -> int:
    """The longest window of a model: what its tokenizer says, within what its positions allow."""
    limits = [512]
    for name, keys in (
        ("tokenizer_config.json", ["model_max_length"]),
        ("config.json", ["max_position_embeddings"]),
    ):
        path = folder / name
        values = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        limits += [int(values[key]) for key in keys if values.get(key)]
    return min(limits)
