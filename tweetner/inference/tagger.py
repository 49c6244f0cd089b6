"""A `Tagger`: words or raw tweets in, tags or entities with scores out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tweetner.decoding import Chain, Decoder, Scores, bio_chain, decode
from tweetner.inference.backends import Backend
from tweetner.tags import Entity, repair, tags_to_entities
from tweetner.tokenization import splitter_of, without_surrogates

Offsets = Sequence[tuple[int, int]]
"""Where the words of a tweet stand in its text, in code points."""

FoundEntity = dict[str, Any]
"""`{"type", "text", "start", "end", "score"}`, `text` being what stands from `start` to `end`, in code points."""


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

    def entities_in(self, text: str, offsets: Offsets) -> list[FoundEntity]:
        """Entities in the text that the words come from."""
        found = []
        for entity, score in self.entities:
            start, end = offsets[entity.start][0], offsets[entity.end - 1][1]
            found.append({"type": entity.type, "text": text[start:end], "start": start, "end": end, "score": score})
        return found


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
        if len(units) != n_words or units.tolist() != list(range(n_words)):  # not one unit a word
            words, first = np.unique(units, return_index=True)
            first_labels, first_scores = labels[first], scores[first]
            labels, scores = np.zeros(n_words, np.int64), np.full((n_words, len(self.labels)), -np.inf, np.float32)
            scores[:, 0] = 0
            labels[words], scores[words] = first_labels, first_scores
        tags = [self.labels[label] for label in labels.tolist()]
        if self._chain is not None:
            tags = repair(tags)
        emitted = np.exp(scores[np.arange(n_words), labels]).astype(np.float32).tolist()
        return TaggedTweet(tags, emitted, np.exp(scores) if keep else None)

    @overload
    def __call__(self, tweets: str) -> list[FoundEntity]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, tweets: Sequence[str]) -> list[list[FoundEntity]]: ...
    def __call__(self, tweets: str | Sequence[str]) -> list[FoundEntity] | list[list[FoundEntity]]:
        """Find the entities of one raw tweet, or of each of several.

        Returns:
            For each tweet its entities in order, offsets counting code points of the tweet as given.
        """
        if isinstance(tweets, str):
            return self([tweets])[0]
        offsets = [self.split(tweet) for tweet in tweets]
        words = [[tweet[start:end] for start, end in at] for tweet, at in zip(tweets, offsets, strict=True)]
        return [
            found.entities_in(tweet, at)
            for tweet, at, found in zip(tweets, offsets, self.tag_words(words), strict=True)
        ]

    def split(self, tweet: str) -> list[tuple[int, int]]:
        """Where the words of a raw tweet stand, in code points, as the model's own tokenizer splits it."""
        return [at for _, at in self._splitter.pre_tokenize_str(without_surrogates(tweet))]


def joined_offsets(words: Sequence[str]) -> Offsets:
    """Where words stand in their text when one space joins them.

    >>> joined_offsets(["New", "York"])
    [(0, 3), (4, 8)]
    """
    offsets, start = [], 0
    for word in words:
        offsets.append((start, start + len(word)))
        start += len(word) + 1
    return offsets


def chain_of(backend: Backend, decoder: Decoder) -> Chain | None:
    """The chain that a decoder runs over a backend's emissions."""
    return {"argmax": None, "bio": bio_chain(backend.labels), "crf": backend.chain}[decoder]
