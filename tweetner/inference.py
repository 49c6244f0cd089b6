"""A published model → a `Tagger`: words or raw tweets in, tags or entities with scores out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tweetner import hub as hubs
from tweetner.decoding import DECODERS, Chain, Decoder, Scores, bio_chain, decode
from tweetner.tags import Entity, repair, tags_of, tags_to_entities
from tweetner.tokenization import SubwordEncoder, Window, splitter_of, without_surrogates

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

    def emissions(self, tweets: Sequence[Sequence[str]]) -> list[tuple[Scores, NDArray[np.int64]]]:
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

    def emissions(self, tweets: Sequence[Sequence[str]]) -> list[tuple[Scores, NDArray[np.int64]]]:
        """As `Backend.emissions`, for just the tweets that the emissions were made of."""
        return self.emitted


@dataclass(frozen=True)
class TaggedTweet:
    """Tags of a tweet's words.

    Attributes:
        tags: One tag a word.
        scores: The probability of that tag, for each word.
        probabilities: (words, labels), where asked for.
    """

    tags: list[str]
    scores: list[float]
    probabilities: Scores | None = None

    @property
    def entities(self) -> list[tuple[Entity, float]]:
        """Entities in words, each with its score: the mean over its words of the emitted tag's probability."""
        return [
            (entity, float(np.mean(self.scores[entity.start : entity.end]))) for entity in tags_to_entities(self.tags)
        ]


class Tagger:
    """Tags tweets with one model and one decoder.

    Every word gets exactly one tag. A word without subwords (a lone joiner or control character) is `O` with score 1;
    a word that the splitter parts has the tag of its first part; under `bio` and `crf` an `I-` that is left without
    its `B-` by these rules becomes `B-`.

    Attributes:
        labels: The tag of each label.
        decoder: `argmax`, `bio` or `crf`.
    """

    def __init__(self, backend: Backend, splitter: Tokenizer, decoder: Decoder) -> None:
        self.backend = backend
        self.labels = backend.labels
        self.decoder = decoder
        self._splitter = splitter_of(splitter)
        self._chain = chain_of(backend, decoder)

    def tag_words(self, tweets: Sequence[Sequence[str]], *, probabilities: bool = False) -> list[TaggedTweet]:
        """Tag tweets given as words, one tag a word.

        Raises:
            ValueError: A tweet is a string: give a list of words, or call the tagger with raw text.
        """
        for words in tweets:
            if isinstance(words, str):
                raise ValueError(f"expected each tweet as a list of words, got the string {words[:40]!r}")
        cleaned = [[without_surrogates(word) for word in words] for words in tweets]
        emitted = self.backend.emissions(cleaned)
        decoded = decode([scores for scores, _ in emitted], self._chain)
        return [
            self._tagged(len(words), units, labels, log_probabilities, probabilities)
            for words, (_, units), (labels, log_probabilities) in zip(tweets, emitted, decoded, strict=True)
        ]

    def _tagged(
        self, n_words: int, units: NDArray[np.int64], labels: NDArray[np.int64], scores: Scores, keep: bool
    ) -> TaggedTweet:
        words, first = np.unique(units, return_index=True)
        all_scores = np.zeros((n_words, len(self.labels)), np.float32)
        all_scores[:, 0] = 1
        all_scores[words] = np.exp(scores[first])
        all_labels = np.zeros(n_words, np.int64)
        all_labels[words] = labels[first]
        tags = [self.labels[label] for label in all_labels]
        if self._chain is not None:
            tags = repair(tags)
        emitted = all_scores[np.arange(n_words), all_labels].tolist()
        return TaggedTweet(tags, emitted, all_scores if keep else None)

    @overload
    def __call__(self, tweets: str) -> list[dict[str, object]]: ...
    @overload
    def __call__(self, tweets: Sequence[str]) -> list[list[dict[str, object]]]: ...
    def __call__(self, tweets: str | Sequence[str]) -> list[dict[str, object]] | list[list[dict[str, object]]]:
        """Find the entities of one raw tweet, or of each of several.

        Returns:
            For each tweet its entities `{"type", "text", "start", "end", "score"}` in order; `start` and `end` count
            code points of the tweet as given, and `text == tweet[start:end]`.
        """
        if isinstance(tweets, str):
            return self([tweets])[0]
        offsets = [self.split(tweet) for tweet in tweets]
        words = [[tweet[start:end] for start, end in at] for tweet, at in zip(tweets, offsets, strict=True)]
        return [
            [
                {
                    "type": entity.type,
                    "text": tweet[at[entity.start][0] : at[entity.end - 1][1]],
                    "start": at[entity.start][0],
                    "end": at[entity.end - 1][1],
                    "score": score,
                }
                for entity, score in tagged.entities
            ]
            for tweet, at, tagged in zip(tweets, offsets, self.tag_words(words), strict=True)
        ]

    def split(self, tweet: str) -> list[tuple[int, int]]:
        """Where the words of a raw tweet stand, in code points, as the model's own tokenizer splits it."""
        return [at for _, at in self._splitter.pre_tokenize_str(without_surrogates(tweet))]


def chain_of(backend: Backend, decoder: Decoder) -> Chain | None:
    """The chain that a decoder runs over a backend's emissions."""
    return {"argmax": None, "bio": bio_chain(backend.labels), "crf": backend.chain}[decoder]


def load(
    model: str | Path,
    *,
    revision: str = "main",
    hub: str | Path | None = None,
    decoder: Decoder | None = None,
    device: str | None = None,
) -> Tagger:
    """Load a published model by name, or a model folder by path.

    Args:
        model: `NAME` or `tweetner/NAME` in the hub; a path begins with `/` or `.`.
        revision: `main`, a tag such as `v1`, or a revision's hash.
        hub: The hub's folder; else `$TWEETNER_HUB`, else `outputs/hub`.
        decoder: Other than the model's own (`bio` for a native token classifier, `argmax` for a baseline).
        device: Of a neural model; a GPU where there is one, else the CPU.

    Raises:
        ValueError: There is no such model, its labels are not tags, or it cannot decode so.
    """
    folder = hubs.resolve(str(model), revision=revision, hub=hub)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type", "").startswith("tweetner-") and config["model_type"] != "tweetner-tagger":
        from tweetner.baseline import load_baseline

        backend: Backend = load_baseline(folder)
        own: Decoder = "argmax"
    else:
        backend = TorchBackend.from_folder(folder, device)
        own = config.get("decoder", "bio")
    decoder = decoder or own
    if decoder not in DECODERS or (decoder == "crf") != (own == "crf"):
        raise ValueError(f"model {model} decodes by {'crf' if own == 'crf' else 'argmax or bio'}, got {decoder!r}")
    return Tagger(backend, Tokenizer.from_file(str(folder / "tokenizer.json")), decoder)


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
        return cls(model, Tokenizer.from_file(str(folder / "tokenizer.json")), _max_subwords(folder))

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
        scores: list[Scores] = [np.empty(0)] * len(windows)
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
