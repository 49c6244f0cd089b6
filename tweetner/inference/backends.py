"""What makes emissions, the scores that a decoder turns into tags."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tweetner.decoding import Chain, Scores
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder, Window

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BATCH_SUBWORDS = 1024
"""Subwords a batch of the encoder holds, padding included: what is fastest on a CPU."""


class Backend(Protocol):
    """What makes emissions: a neural network, an ONNX graph, a linear model."""

    @property
    def labels(self) -> list[str]:
        """The tag of each label."""
        ...

    @property
    def chain(self) -> Chain | None:
        """The learned chain of a model that was trained with one."""
        ...

    def emissions(self, tweets: Sequence[Sequence[str]], /) -> Sequence[tuple[Scores, NDArray[np.int64]]]:
        """For each tweet, scores (units, labels) and the word of each unit.

        A unit is a word, or a part of one where the splitter parts it; a word of which the normalizer leaves nothing
        has no unit.
        """
        ...


@dataclass(frozen=True)
class Emitted:
    """A backend whose emissions are there already: one forward pass, several decoders."""

    labels: list[str]
    emitted: list[tuple[Scores, NDArray[np.int64]]]
    chain: Chain | None = None

    def emissions(self, _: Sequence[Sequence[str]]) -> list[tuple[Scores, NDArray[np.int64]]]:
        """As `Backend.emissions`, for just the tweets that the emissions were made of."""
        return self.emitted


class TorchBackend:
    """Emissions of a PyTorch token classifier: our own class or any native one, where its device is.

    Args:
        model: In evaluation mode.
        tokenizer: The model's tokenizer.
        max_subwords: Longest window, special tokens included.

    Raises:
        ValueError: The model's labels are not the tags of any list of types.
    """

    def __init__(self, model: "PreTrainedModel", tokenizer: Tokenizer, max_subwords: int) -> None:
        self.model = model
        config = model.config
        self.labels, self._columns = _declared_labels([config.id2label[i] for i in range(config.num_labels)])
        self._pad = config.pad_token_id or 0
        self.encoder = SubwordEncoder(tokenizer, max_subwords)

    @classmethod
    def from_folder(cls, folder: Path, device: str | None = None) -> "TorchBackend":
        """Load a model folder; `device` defaults to a GPU where there is one."""
        import torch
        from transformers import AutoModelForTokenClassification

        import tweetner.models  # noqa: F401 - makes our class known to AutoModelForTokenClassification

        model = AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True).eval()
        model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()  # a foreign model's may carry both
        tokenizer.no_truncation()
        return cls(model, tokenizer, _max_subwords(folder))

    @property
    def chain(self) -> Chain | None:
        """As `Backend.chain`: of the weights as they are now."""
        if getattr(self.model.config, "decoder", None) != "crf":
            return None
        return Chain(*(scores.detach().cpu().float().numpy() for scores in self.model.transition_scores()))

    def emissions(self, tweets: Sequence[Sequence[str]]) -> list[tuple[Scores, NDArray[np.int64]]]:
        """As `Backend.emissions`: windows sorted by length, so that a batch holds little padding."""
        import torch

        windows = self.encoder.encode(tweets)
        scores: list[Scores] = [np.empty(0, np.float32)] * len(windows)
        with torch.inference_mode():
            for batch in length_batches([len(window.input_ids) for window in windows], BATCH_SUBWORDS):
                for i, emitted in zip(batch, self._forward([windows[i] for i in batch]), strict=True):
                    scores[i] = emitted[windows[i].first : windows[i].last]
        return join_windows(windows, scores, len(tweets), len(self.labels))

    def _forward(self, windows: list[Window]) -> list[Scores]:
        import torch

        width = max(len(window.input_ids) for window in windows)
        input_ids = np.full((len(windows), width), self._pad)
        attention_mask = np.zeros((len(windows), width), np.int64)
        for row, window in enumerate(windows):
            input_ids[row, : len(window.input_ids)] = window.input_ids
            attention_mask[row, : len(window.input_ids)] = 1
        inputs = [torch.from_numpy(array).to(self.model.device) for array in (input_ids, attention_mask)]
        if hasattr(self.model, "emissions"):
            emitted = self.model.emissions(*inputs)[0].float().cpu().numpy()  # (batch, words, labels)
            return [emitted[row, : len(window.positions)] for row, window in enumerate(windows)]
        logits = self.model(input_ids=inputs[0], attention_mask=inputs[1]).logits.float().cpu().numpy()
        return [logits[row, window.positions][:, self._columns] for row, window in enumerate(windows)]


def length_batches(lengths: Sequence[int], n_subwords: int) -> list[list[int]]:
    """Indices sorted by length, cut into batches of at most `n_subwords` with their padding."""
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not batches or (len(batches[-1]) + 1) * lengths[i] > n_subwords:
            batches.append([])
        batches[-1].append(i)
    return batches


def join_windows(
    windows: Sequence[Window], scores: Sequence[Scores], n_tweets: int, n_labels: int
) -> list[tuple[Scores, NDArray[np.int64]]]:
    """Put the scores (units, labels) of each tweet's windows together, whatever the order of the windows."""
    of_tweet: list[list[int]] = [[] for _ in range(n_tweets)]
    for i, window in enumerate(windows):
        of_tweet[window.tweet].append(i)
    for mine in of_tweet:
        mine.sort(key=lambda i: windows[i].words[:1])
    return [
        (
            np.concatenate([np.empty((0, n_labels), np.float32), *(scores[i] for i in mine)]),
            np.array([word for i in mine for word in windows[i].words[windows[i].first : windows[i].last]], np.int64),
        )
        for mine in of_tweet
    ]


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
