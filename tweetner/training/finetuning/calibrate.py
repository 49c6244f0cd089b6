"""What a model says of tweets that it was not fitted on: the evidence for its temperature, scores and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tokenizers import Tokenizer
from transformers import Trainer

from tweetner.corpus import Tweet
from tweetner.evaluation import (
    ScoredEntities,
    entities_of,
    fit_temperature,
    prove_thresholds,
    scores_of,
)
from tweetner.hub import Decoder, DecoderScores, Threshold
from tweetner.tagger import Emitted, NeuralBackend, TaggedTweet, Tagger, TorchNetwork
from tweetner.training.finetuning.data import Splits


@dataclass(frozen=True)
class Answers:
    """Emissions of annotated tweets, by one model or by one for each fold of the tweets.

    Attributes:
        splitter: The models' tokenizer.
        parts: The emissions of each model, and its tweets.
    """

    splitter: Tokenizer
    parts: Sequence[tuple[Emitted, Sequence[Tweet]]]

    @classmethod
    def by(cls, backend: NeuralBackend, tweets: Sequence[Tweet]) -> Self:
        """Let one model answer."""
        emitted = Emitted.by(backend, [tweet.words for tweet in tweets])
        return cls(backend.encoder.tokenizer, [(emitted, tweets)])

    @classmethod
    def joined(cls, answers: Sequence[Self]) -> Self:
        """The answers of several models, each to its own tweets."""
        return cls(answers[0].splitter, [part for answer in answers for part in answer.parts])

    @property
    def tweets(self) -> list[Tweet]:
        """The tweets of all parts."""
        return [tweet for _, tweets in self.parts for tweet in tweets]

    def tag(self, decoder: Decoder, temperature: float) -> list[TaggedTweet]:
        """The decoded answers at a temperature, with probabilities."""
        return [
            tagged
            for emitted, tweets in self.parts
            for tagged in Tagger(emitted.scaled(1 / temperature), self.splitter, decoder).tag_words(
                [tweet.words for tweet in tweets], probabilities=True
            )
        ]

    def entities(self, decoder: Decoder, temperature: float) -> ScoredEntities:
        """The predicted entities, with their scores at a temperature."""
        return entities_of(self.tag(decoder, temperature), self.tweets)

    def scores(self, decoder: Decoder, temperature: float) -> DecoderScores:
        """What `metrics.json` says of a split."""
        labels = self.parts[0][0].labels
        return scores_of(
            self.tag(decoder, temperature), self.tweets, labels=labels, decoder=decoder
        )


@dataclass(frozen=True)
class Evidence:
    """What the figures of a seed rest on.

    Attributes:
        dev: Answers to the tweets that are reported as dev.
        tempering: To those that fit the temperature.
        proving: To those that prove thresholds.
        choice: Entity F1 on the tweets that choose between seeds.
    """

    dev: Answers
    tempering: Answers
    proving: Answers
    choice: float

    def temperature(self, decoder: Decoder) -> float:
        """The temperature that calibrates the entities of a decoder."""
        return fit_temperature(lambda temperature: self.tempering.entities(decoder, temperature))

    def thresholds(
        self, decoders: Sequence[Decoder], temperature: float, on: str
    ) -> list[Threshold]:
        """What can be proven for each decoder; no row where no tweet was kept back for it."""
        if not self.proving.tweets:
            return []
        rows = [
            prove_thresholds(self.proving.entities(d, temperature), decoder=d, on=on)
            for d in decoders
        ]
        return [row for found in rows for row in found]


def backend_of(trainer: Trainer) -> NeuralBackend:
    """The trained model, ready to answer."""
    model, tokenizer = (
        trainer.accelerator.unwrap_model(trainer.model).eval(),
        trainer.processing_class,
    )
    return NeuralBackend(
        TorchNetwork(model), tokenizer.backend_tokenizer, tokenizer.model_max_length
    )


def evidence_by(trainer: Trainer, splits: Splits) -> Evidence:
    """The evidence of a model that was not trained on dev: its own answers."""
    backend, dev_sets = backend_of(trainer), splits.dev_sets
    dev, tempering, proving = (
        Answers.by(backend, tweets)
        for tweets in (splits.dev, dev_sets.calibration, dev_sets.held_out)
    )
    return Evidence(dev, tempering, proving, float(trainer.state.best_metric))
