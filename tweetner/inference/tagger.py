"""A `Tagger`: words or raw tweets in, tags or entities with scores out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tweetner.decoding import Chain, Decoder, Scores, bio_chain, decode
from tweetner.inference.backends import Backend
from tweetner.tags import Entity, repair, tags_to_entities
from tweetner.tokenization import splitter_of, without_surrogates


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
    def __call__(self, tweets: str) -> list[dict[str, object]]: ...  # type: ignore[overload-overlap]
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
