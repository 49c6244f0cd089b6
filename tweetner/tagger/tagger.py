"""`Tagger`: finds the entities of words or of raw tweets, with scores."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress, pairwise
from threading import Lock
from typing import Any, Literal, NamedTuple, TypedDict, overload

import numpy as np
from tokenizers import Tokenizer

from tweetner.hub import Decoder
from tweetner.tagger.backends import Backend
from tweetner.tagger.decoding import Chain, Scores, bio_chain, decode
from tweetner.tagger.gate import Gate
from tweetner.tagger.words import (
    TaggedWords,
    entities_of_words,
    parted_at,
    repaired,
    words_of_units,
)
from tweetner.tags import Entity, joined_offsets, tags_to_entities, types_of
from tweetner.tokenization import Splitter, is_line_break, without_surrogates

Offsets = Sequence[tuple[int, int]]
"""Start and end of each word in the text of a tweet, in code points."""

Input = str | tuple[str, ...]
"""A tweet of a stream: its text, or its words."""

CHUNK_TWEETS = 4096
"""Tweets of a list that are tagged together: enough to batch by length, few enough for memory."""

CACHE_TWEETS = 50_000
CACHE_CHARACTERS = 10_000_000
"""Limits of the answer cache of a stream, in tweets and in characters."""


class FoundEntity(TypedDict):
    """An entity of a text; `text` is what the text has from `start` to `end`, in code points."""

    type: str
    text: str
    start: int
    end: int
    score: float


class Answer(list[FoundEntity]):
    """The entities of one tweet, in order.

    Attributes:
        by: `triage` if the gate answered instead of the model, else `model`; None for a tagger
            without a gate.
    """

    by: Literal["triage", "model"] | None = None

    def copy(self) -> "Answer":
        """Copy the answer and its entities."""
        copied = Answer(entity.copy() for entity in self)
        copied.by = self.by
        return copied


def entity_score(word_scores: Sequence[float], entity: Entity) -> float:
    """Return an entity's score: the mean over its words of the emitted tag's probability."""
    scores = word_scores[entity.start : entity.end]
    return float(sum(scores) / len(scores))


@dataclass(frozen=True)
class TaggedTweet:
    """The tags of a tweet's words.

    Attributes:
        tags: The tag of each word.
        scores: The probability of each word's tag.
        probabilities: The probability of every label, (words, labels); None unless requested.
    """

    tags: list[str]
    scores: list[float]
    probabilities: Scores | None = None

    def only(self, words: Sequence[int]) -> "TaggedTweet":
        """Return the tags of some of the words, given by their positions."""
        probabilities = None if self.probabilities is None else self.probabilities[words]
        return TaggedTweet(
            [self.tags[i] for i in words], [self.scores[i] for i in words], probabilities
        )

    @property
    def entities(self) -> list[tuple[Entity, float]]:
        """The entities, in words, each with its score."""
        return [
            (entity, entity_score(self.scores, entity)) for entity in tags_to_entities(self.tags)
        ]


class Tagger:
    """Tags tweets with one model and one decoder.

    Every word gets exactly one tag. A word without subwords (such as a lone control character) is
    `O` with score 1. A word that the splitter divides has the tag of its first part. Where these
    two rules separate an `I-` from its `B-`, the decoders `bio` and `crf` change it to `B-`.

    A gate answers the tweets that score below its threshold, without the model: every word is `O`.

    A tagger from `load` can be copied, pickled and sent to other processes: it travels as its
    folder and options, and is loaded anew where it arrives.

    Attributes:
        labels: The tag of each label.
        decoder: `argmax`, `bio` or `crf`.
        gate: The gate, whose threshold may be changed at any time; None for a tagger without one.
        origin: Loads the tagger anew; None for a tagger that is not from `load`.
    """

    def __init__(
        self, backend: Backend, splitter: Tokenizer, decoder: Decoder, gate: Gate | None = None
    ) -> None:
        self.backend = backend
        self.labels = backend.labels
        self.decoder = decoder
        self.gate = gate
        self.origin: Callable[[], Tagger] | None = None
        self._splitter = Splitter(splitter)
        self._types = types_of(self.labels)
        self._encoding = Lock()  # the encoder's cache of words is not safe for several threads

    def __reduce__(self) -> tuple[Callable[[], "Tagger"], tuple[()], float | None]:
        """Pickle the origin, and the gate's threshold, instead of the weights.

        Raises:
            TypeError: The tagger is not from `load`.
        """
        if self.origin is None:
            raise TypeError("only a tagger from tweetner.load can be copied or sent to a process")
        return self.origin, (), None if self.gate is None else self.gate.threshold

    def __setstate__(self, threshold: float) -> None:
        if self.gate is not None:
            self.gate.threshold = threshold

    def tag_words(
        self, tweets: Iterable[Sequence[str]], *, probabilities: bool = False
    ) -> list[TaggedTweet]:
        """Tag tweets given as words, one tag for each word.

        Args:
            tweets: The words of each tweet.
            probabilities: Whether to return the probability of every label too.

        Raises:
            ValueError: A tweet is a string instead of a list of words, or a word is not a string.
        """
        tweets = list(tweets)
        _check_words(tweets)
        clean = [list(map(without_surrogates, words)) for words in tweets]
        scores = self._gate_scores(clean)
        passed = self._passed(scores)
        by_model = iter(self._tag_words(list(compress(clean, passed)), probabilities))
        return [
            next(by_model) if is_passed else self._outside(len(words), score, probabilities)
            for words, score, is_passed in zip(clean, scores, passed, strict=True)
        ]

    def _tag_words(self, tweets: Sequence[Sequence[str]], probabilities: bool) -> list[TaggedTweet]:
        if not tweets:
            return []
        with self._encoding:
            encoded = self.backend.encode(tweets)
        tagged = self._tag(encoded, tweets)
        tags = [self.labels[label] for label in tagged.labels.tolist()]
        scores = tagged.scores.tolist()
        all_probabilities = np.exp(tagged.log_probabilities) if probabilities else None
        answers = []
        for start, end in pairwise(tagged.bounds.tolist()):
            own = None if all_probabilities is None else all_probabilities[start:end]
            answers.append(TaggedTweet(tags[start:end], scores[start:end], own))
        return answers

    def _gate_scores(self, tweets: Sequence[Sequence[str]]) -> list[float]:
        """Return the gate's score of each tweet; 1 for all of them without a gate."""
        return [1.0] * len(tweets) if self.gate is None else self.gate.scores(tweets)

    def _passed(self, scores: Sequence[float]) -> list[bool]:
        """Return for each tweet whether it is for the model."""
        threshold = 0.0 if self.gate is None else self.gate.threshold
        return [score >= threshold for score in scores]

    def _outside(self, n_words: int, score: float, probabilities: bool) -> TaggedTweet:
        """Return the tags of a tweet that the gate answers; the types share the gate's score."""
        row = np.full(len(self.labels), score / (len(self.labels) - 1), np.float32)
        row[0] = 1 - score
        return TaggedTweet(
            tags=["O"] * n_words,
            scores=[1 - score] * n_words,
            probabilities=np.tile(row, (n_words, 1)) if probabilities else None,
        )

    def tag_texts(
        self, tweets: Sequence[str], *, probabilities: bool = False
    ) -> list[tuple[Offsets, TaggedTweet]]:
        """Tag the words of raw tweets; a line break is no word, and no entity goes over one.

        Args:
            tweets: Raw tweets.
            probabilities: Whether to return the probability of every label too.

        Returns:
            The offsets of each tweet's words, as `split` gives them, and the words' tags.
        """
        offsets = [self.split(tweet, line_breaks=True) for tweet in tweets]
        words = []
        for tweet, places in zip(tweets, offsets, strict=True):
            words.append([tweet[start:end] for start, end in places])
        answers: list[tuple[Offsets, TaggedTweet]] = []
        tagged = self.tag_words(words, probabilities=probabilities)
        for own_words, places, answer in zip(words, offsets, tagged, strict=True):
            kept = [i for i, word in enumerate(own_words) if not is_line_break(word)]
            answers.append(([places[i] for i in kept], answer.only(kept)))
        return answers

    @overload
    def __call__(self, tweets: str) -> Answer: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, tweets: Iterable[str]) -> list[Answer]: ...
    def __call__(self, tweets: str | Iterable[str]) -> Answer | list[Answer]:
        """Find the entities of one raw tweet, or of each of several.

        Returns:
            The entities of each tweet in order, with offsets in code points of the tweet as given.

        Raises:
            ValueError: A tweet is not a string.
        """
        if isinstance(tweets, str):
            return self([tweets])[0]
        tweets = _checked_texts(tweets)
        different = list(dict.fromkeys(tweets))
        starts = range(0, len(different), CHUNK_TWEETS)
        chunks = [different[start : start + CHUNK_TWEETS] for start in starts]
        if len(chunks) > 1:
            found = chain.from_iterable(self.stream(chunks))
        else:  # a single chunk needs no second thread
            found = chain.from_iterable(self._find(self._prepare(chunk)) for chunk in chunks)
        answers = dict(zip(different, found, strict=True))
        return [answers[tweet].copy() for tweet in tweets]

    def stream(self, batches: Iterable[Sequence[Input]]) -> Iterator[list[Answer]]:
        """Find the entities of each batch of tweets, and yield the batches' answers in order.

        The next batch is encoded while the network works on the current one, so a batch is
        answered when the next one arrives, which may be empty. Equal tweets that are not far
        apart are tagged once.

        Args:
            batches: Raw tweets; or tuples of words, whose answers have the offsets of the words
                joined by one space.
        """
        cache = _AnswerCache()
        waiting: _Batch | None = None
        with ThreadPoolExecutor(1) as encoder:
            for tweets in batches:
                answers, new = cache.look_up(tweets)
                prepared = encoder.submit(self._prepare, list(new))
                if waiting is not None:
                    yield self._answer(waiting)
                waiting = _Batch(answers, list(new.values()), prepared)
            if waiting is not None:
                yield self._answer(waiting)

    def split(self, tweet: str, *, line_breaks: bool = False) -> list[tuple[int, int]]:
        """Return the offsets of a raw tweet's words, as the model's own tokenizer splits it.

        Args:
            tweet: A raw tweet.
            line_breaks: Whether a break between two lines is a word too, which is always `O`.
        """
        return self._splitter.with_line_breaks(tweet) if line_breaks else self._splitter(tweet)

    def _answer(self, batch: "_Batch") -> list[Answer]:
        found = self._find(batch.prepared.result())
        for answer, entities in zip(batch.unanswered, found, strict=True):
            answer.extend(entities)
            answer.by = entities.by
        return [answer.copy() for answer in batch.answers]

    def _prepare(self, tweets: Sequence[Input]) -> "_Prepared":
        texts = []
        offsets: list[Offsets] = []
        words = []
        for tweet in tweets:
            text = tweet if isinstance(tweet, str) else " ".join(tweet)
            if isinstance(tweet, str):
                of_words: Offsets = self.split(text, line_breaks=True)
            else:
                of_words = joined_offsets(tweet)
            clean = without_surrogates(text)
            texts.append(text)
            offsets.append(of_words)
            words.append([clean[start:end] for start, end in of_words])
        passed = self._passed(self._gate_scores(words))
        words = list(compress(words, passed))
        with self._encoding:
            encoded = self.backend.encode(words) if words else None
        return _Prepared(texts, offsets, passed, words, encoded)

    def _find(self, prepared: "_Prepared") -> list[Answer]:
        answers = [Answer() for _ in prepared.texts]
        if self.gate is not None:
            for answer, is_passed in zip(answers, prepared.passed, strict=True):
                answer.by = "model" if is_passed else "triage"
        if not prepared.words:
            return answers
        tagged = self._tag(prepared.encoded, prepared.words)
        numbers = list(compress(range(len(answers)), prepared.passed))
        for type_, first, last, score, place in entities_of_words(tagged):
            tweet = numbers[place]
            offsets = prepared.offsets[tweet]
            start = offsets[first][0]
            end = offsets[last - 1][1]
            entity: FoundEntity = {
                "type": self._types[type_],
                "text": prepared.texts[tweet][start:end],
                "start": start,
                "end": end,
                "score": score,
            }
            answers[tweet].append(entity)
        return answers

    def _tag(self, encoded: Any, words: Sequence[Sequence[str]]) -> TaggedWords:
        emissions = self.backend.emissions(encoded)
        n_words = [len(tweet) for tweet in words]
        tagged = words_of_units(emissions, decode(emissions, self._chain), n_words)
        tagged = parted_at([is_line_break(word) for tweet in words for word in tweet], tagged)
        return tagged if self._chain is None else repaired(tagged)

    @cached_property
    def _chain(self) -> Chain | None:
        """The decoder's chain, for which a network that is not loaded yet may have to be."""
        return chain_of(self.backend, self.decoder)


class _AnswerCache:
    """The answers to the most recent tweets of a stream; the oldest are dropped first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Input, Answer] = OrderedDict()
        self._n_characters = 0

    def look_up(self, tweets: Sequence[Input]) -> tuple[list[Answer], dict[Input, Answer]]:
        """Return the answer of each tweet, and the new tweets with answers yet to be filled."""
        new: dict[Input, Answer] = {}
        for tweet in tweets:
            known = self._answers.get(tweet)
            if known is not None and known.by == "triage":  # the gate's threshold may have changed
                del self._answers[tweet]
                self._n_characters -= len(tweet)
            if tweet not in self._answers:
                new[tweet] = Answer()
        self._answers |= new
        self._n_characters += sum(map(len, new))
        answers = [self._answers[tweet] for tweet in tweets]
        while len(self._answers) > CACHE_TWEETS or self._n_characters > CACHE_CHARACTERS:
            oldest, _ = self._answers.popitem(last=False)
            self._n_characters -= len(oldest)
        return answers, new


class _Prepared(NamedTuple):
    """Tweets with the offsets of their words.

    Attributes:
        texts: The text of each tweet.
        offsets: The offsets of each tweet's words.
        passed: Whether each tweet is for the model.
        words: The words of each of those tweets.
        encoded: The same, as the backend's `encode` gives them; None if there are none.
    """

    texts: list[str]
    offsets: list[Offsets]
    passed: list[bool]
    words: list[list[str]]
    encoded: Any


class _Batch(NamedTuple):
    """The answers of a batch, and those of them that `prepared` will fill."""

    answers: list[Answer]
    unanswered: list[Answer]
    prepared: Future[_Prepared]


def _checked_texts(tweets: Iterable[str]) -> list[str]:
    if not isinstance(tweets, Iterable) or isinstance(tweets, bytes | Mapping):
        raise ValueError(f"expected a tweet or a list of tweets, got {type(tweets).__name__}")
    texts = list(tweets)
    for number, tweet in enumerate(texts, start=1):
        if not isinstance(tweet, str):
            raise ValueError(f"tweet {number}: expected a string, got {type(tweet).__name__}")
    return texts


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


def chain_of(backend: Backend, decoder: Decoder) -> Chain | None:
    """Return the chain that a decoder runs over a backend's emissions; None for `argmax`."""
    if decoder == "argmax":
        return None
    return bio_chain(backend.labels) if decoder == "bio" else backend.chain
