"""A `Tagger`: words or raw tweets in, tags or entities with scores out."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import Any, NamedTuple, overload

import numpy as np
from tokenizers import Tokenizer

from tweetner.hub import Decoder
from tweetner.tagger.backends import Backend
from tweetner.tagger.decoding import Chain, Scores, bio_chain, decode
from tweetner.tagger.words import TaggedWords, entities_of_words, repaired, words_of_units
from tweetner.tags import Entity, tags_to_entities, types_of
from tweetner.tokenization import Splitter, without_surrogates

Offsets = Sequence[tuple[int, int]]
"""Where the words of a tweet stand in its text, in code points."""

FoundEntity = dict[str, Any]
"""`{"type", "text", "start", "end", "score"}`, `text` being what stands from `start` to `end`, in code points."""

TOGETHER = 4096
"""Tweets of a list that are tagged together: enough for batches of like lengths, and memory stays bounded."""

REMEMBERED = 50_000
REMEMBERED_CHARACTERS = 10_000_000
"""At most so many tweets of a stream, and of all of them so many characters, are remembered with their answers."""


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
            (entity, float(np.mean(self.scores[entity.start : entity.end])))
            for entity in tags_to_entities(self.tags)
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
        self._splitter = Splitter(splitter)
        self._chain = chain_of(backend, decoder)
        self._types = types_of(self.labels)
        self._encoding = Lock()  # words are looked up and remembered: one thread at a time

    def tag_words(
        self, tweets: Iterable[Sequence[str]], *, probabilities: bool = False
    ) -> list[TaggedTweet]:
        """Tag tweets given as words, one tag a word.

        Raises:
            ValueError: A tweet is a string: give a list of words, or call the tagger with raw text. A word is none.
        """
        tweets = list(tweets)
        _check_words(tweets)
        with self._encoding:
            encoded = self.backend.encode(
                [[without_surrogates(word) for word in words] for words in tweets]
            )
        tagged = self._tag(encoded, [len(words) for words in tweets])
        tags = [self.labels[label] for label in tagged.labels.tolist()]
        scores = tagged.scores.tolist()
        every = np.exp(tagged.log_probabilities) if probabilities else None
        return [
            TaggedTweet(
                tags[start:end], scores[start:end], None if every is None else every[start:end]
            )
            for start, end in pairwise(tagged.bounds.tolist())
        ]

    @overload
    def __call__(self, tweets: str) -> list[FoundEntity]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, tweets: Iterable[str]) -> list[list[FoundEntity]]: ...
    def __call__(self, tweets: str | Iterable[str]) -> list[FoundEntity] | list[list[FoundEntity]]:
        """Find the entities of one raw tweet, or of each of several.

        Returns:
            For each tweet its entities in order, offsets counting code points of the tweet as given.

        Raises:
            ValueError: A tweet is not a string.
        """
        if isinstance(tweets, str):
            return self([tweets])[0]
        tweets = _tweets(tweets)
        answers: dict[str, list[FoundEntity]] = {}
        different = list(dict.fromkeys(tweets))
        for first in range(0, len(different), TOGETHER):
            chunk = different[first : first + TOGETHER]
            answers.update(zip(chunk, self._find(self._prepare(chunk)), strict=True))
        return [_copy(answers[tweet]) for tweet in tweets]

    def stream(
        self, batches: Iterable[Sequence[str | tuple[str, ...]]]
    ) -> Iterator[list[list[FoundEntity]]]:
        """Find the entities of batches of tweets, of any number of batches, and give each batch's answers in order.

        While the network works on a batch the next one is encoded, so a batch is answered when the next has come; an
        empty one will do. Of tweets that are the same and not far apart, one is tagged.

        Args:
            batches: Raw tweets, or tuples of words, in whose answers offsets count as if one space joined the words.
        """
        recent: OrderedDict[str | tuple[str, ...], list[FoundEntity]] = OrderedDict()
        n_characters = 0
        with ThreadPoolExecutor(1) as beside:
            before: tuple[_Batch, Future[_Prepared]] | None = None
            for tweets in batches:
                new: dict[str | tuple[str, ...], list[FoundEntity]] = {
                    t: [] for t in tweets if t not in recent
                }
                recent |= new
                n_characters += sum(map(len, new))
                batch = _Batch([recent[tweet] for tweet in tweets], list(new.values()))
                while len(recent) > REMEMBERED or n_characters > REMEMBERED_CHARACTERS:
                    n_characters -= len(recent.popitem(last=False)[0])
                preparing = beside.submit(self._prepare, list(new))
                if before is not None:
                    yield self._answer(*before)
                before = batch, preparing
            if before is not None:
                yield self._answer(*before)

    def split(self, tweet: str) -> list[tuple[int, int]]:
        """Where the words of a raw tweet stand, in code points, as the model's own tokenizer splits it."""
        return self._splitter(tweet)

    def _answer(self, batch: "_Batch", preparing: "Future[_Prepared]") -> list[list[FoundEntity]]:
        for answer, found in zip(batch.unanswered, self._find(preparing.result()), strict=True):
            answer.extend(found)
        return [_copy(answer) for answer in batch.answers]

    def _prepare(self, tweets: Sequence[str | tuple[str, ...]]) -> "_Prepared":
        texts, offsets, words = [], [], []
        for tweet in tweets:
            text = tweet if isinstance(tweet, str) else " ".join(tweet)
            at = self.split(text) if isinstance(tweet, str) else joined_offsets(tweet)
            clean = without_surrogates(text)
            texts.append(text)
            offsets.append(at)
            words.append([clean[start:end] for start, end in at])
        with self._encoding:
            return _Prepared(texts, offsets, self.backend.encode(words))

    def _find(self, prepared: "_Prepared") -> list[list[FoundEntity]]:
        tagged = self._tag(prepared.encoded, [len(at) for at in prepared.offsets])
        answers: list[list[FoundEntity]] = [[] for _ in prepared.texts]
        for type_, first, last, score, tweet in entities_of_words(tagged):
            at = prepared.offsets[tweet]
            start, end = at[first][0], at[last - 1][1]
            text = prepared.texts[tweet][start:end]
            answers[tweet].append(
                {
                    "type": self._types[type_],
                    "text": text,
                    "start": start,
                    "end": end,
                    "score": score,
                }
            )
        return answers

    def _tag(self, encoded: Any, n_words: Sequence[int]) -> TaggedWords:
        emissions = self.backend.emissions(encoded)
        tagged = words_of_units(emissions, decode(emissions, self._chain), n_words)
        return tagged if self._chain is None else repaired(tagged)


class _Batch(NamedTuple):
    """The answers of a batch, of which some are known, and those that are still to be filled."""

    answers: list[list[FoundEntity]]
    unanswered: list[list[FoundEntity]]


class _Prepared(NamedTuple):
    """Tweets as a backend takes them."""

    texts: list[str]
    offsets: list[Offsets]
    encoded: Any


def _tweets(tweets: Iterable[str]) -> list[str]:
    if not isinstance(tweets, Iterable) or isinstance(tweets, bytes | Mapping):
        raise ValueError(f"expected a tweet or a list of tweets, got {type(tweets).__name__}")
    listed = list(tweets)
    for number, tweet in enumerate(listed, start=1):
        if not isinstance(tweet, str):
            raise ValueError(f"tweet {number}: expected a string, got {type(tweet).__name__}")
    return listed


def _check_words(tweets: Sequence[Sequence[str]]) -> None:
    for number, words in enumerate(tweets, start=1):
        if isinstance(words, str):
            raise ValueError(
                f"expected each tweet as a list of words, got the string {words[:40]!r}"
            )
        for word in words:
            if not isinstance(word, str):
                raise ValueError(
                    f"tweet {number}: expected words that are strings, got {type(word).__name__}"
                )


def _copy(answer: list[FoundEntity]) -> list[FoundEntity]:
    return [dict(entity) for entity in answer]


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
