"""Predict held-out tweets, and fit the temperature and certify thresholds on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerFast, Trainer

from tweetner.corpus import Tweet
from tweetner.evaluation import (
    ScoredEntities,
    TagPairs,
    entities_of,
    fit_temperature,
    pair_tags,
    prove_thresholds,
    score_entities,
    scores_of,
    write_predictions,
)
from tweetner.hub import Decoder, DecoderScores, Threshold
from tweetner.models import load_classifier
from tweetner.tagger import Emitted, NeuralBackend, TaggedTweet, Tagger, TorchNetwork
from tweetner.training.finetuning.data import Splits


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model with its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast

    @classmethod
    def by(cls, trainer: Trainer) -> Self:
        """Return the trained weights, loaded as users load them: in float32.

        The Trainer's own model computes in the precision of the training (mixed, on a GPU), so its
        scores are not those of the published model.
        """
        model = trainer.accelerator.unwrap_model(trainer.model)
        with TemporaryDirectory(dir=trainer.args.output_dir) as folder:
            model.save_pretrained(folder)
            loaded = load_classifier(Path(folder))
        return cls(loaded.to(model.device).eval(), trainer.processing_class)

    @property
    def backend(self) -> NeuralBackend:
        """The model as the backend of a tagger."""
        return NeuralBackend(
            TorchNetwork(self.model),
            self.tokenizer.backend_tokenizer,
            self.tokenizer.model_max_length,
        )


@dataclass(frozen=True)
class Predictions:
    """Stored emissions of annotated tweets, by one model or by one model per fold.

    Attributes:
        tokenizer: The tokenizer of the models.
        parts: The emissions of each model, and the tweets that they belong to.
    """

    tokenizer: Tokenizer
    parts: Sequence[tuple[Emitted, Sequence[Tweet]]]

    @classmethod
    def by(cls, backend: NeuralBackend, tweets: Sequence[Tweet]) -> Self:
        """Run one model on tweets."""
        emitted = Emitted.by(backend, [tweet.words for tweet in tweets])
        return cls(backend.encoder.tokenizer, [(emitted, tweets)])

    @classmethod
    def concatenated(cls, several: Sequence[Self]) -> Self:
        """Put the predictions of several models together."""
        parts = [part for predictions in several for part in predictions.parts]
        return cls(several[0].tokenizer, parts)

    @property
    def tweets(self) -> list[Tweet]:
        """The tweets of all parts."""
        return [tweet for _, tweets in self.parts for tweet in tweets]

    def with_o_raised(self, bias: float) -> Self:
        """Add a number to the scores of O."""
        parts = []
        for emitted, tweets in self.parts:
            scores = emitted.emitted.scores.copy()  # (units, labels)
            scores[:, 0] += bias
            raised = replace(emitted, emitted=replace(emitted.emitted, scores=scores))
            parts.append((raised, tweets))
        return type(self)(self.tokenizer, parts)

    def f1(self, decoder: Decoder) -> float:
        """Return the entity F1, 0 to 1."""
        tagged = [tweet.tags for tweet in self.tag(decoder, 1.0)]
        gold = [tweet.gold for tweet in self.tweets]
        return score_entities(TagPairs(gold, tagged)).micro.f1

    def tag(self, decoder: Decoder, temperature: float) -> list[TaggedTweet]:
        """Decode at a temperature; the result has the probabilities of all labels."""
        tagged = []
        for emitted, tweets in self.parts:
            tagger = Tagger(emitted.scaled(1 / temperature), self.tokenizer, decoder)
            tagged += tagger.tag_words([tweet.words for tweet in tweets], probabilities=True)
        return tagged

    def entities(self, decoder: Decoder, temperature: float) -> ScoredEntities:
        """Return the predicted entities with their scores at a temperature."""
        return entities_of(self.tag(decoder, temperature), self.tweets)

    def write(self, path: Path, decoder: Decoder) -> None:
        """Write the words with their gold and predicted tags."""
        pairs = pair_tags(self.tag(decoder, 1.0), self.tweets)
        write_predictions(path, [tweet.words for tweet in self.tweets], pairs)

    def scores(self, decoder: Decoder, temperature: float) -> DecoderScores:
        """Score the predictions against the tweets' gold tags."""
        labels = self.parts[0][0].labels
        tagged = self.tag(decoder, temperature)
        return scores_of(tagged, self.tweets, labels=labels, decoder=decoder)


@dataclass(frozen=True)
class HeldOutPredictions:
    """Predictions of tweets that the predicting model was not trained on.

    Attributes:
        dev: Predictions of all dev tweets.
        calibration: Predictions of the tweets that the temperature is fitted on.
        held_out: Predictions of the tweets that thresholds are certified on.
        selection: Predictions of the tweets that select the checkpoint and the seed.
    """

    dev: Predictions
    calibration: Predictions
    held_out: Predictions
    selection: Predictions

    @classmethod
    def by(cls, model: Trained, splits: Splits) -> Self:
        """Predict dev with a model that was not trained on it."""
        backend = model.backend
        sets = splits.dev_sets
        calibration = Predictions.by(backend, sets.calibration)
        held_out = Predictions.by(backend, sets.held_out)
        if sets.selection == sets.calibration:
            dev = Predictions.concatenated([calibration, held_out])
            return cls(dev, calibration, held_out, selection=calibration)
        # the notebook's split: dev selects, and the corpus's own dev does the rest
        dev = Predictions.by(backend, splits.dev)
        return cls(dev, calibration, held_out, selection=dev)

    @classmethod
    def concatenated(cls, folds: Sequence[Self]) -> Self:
        """Put the predictions of several folds together."""
        return cls(
            dev=Predictions.concatenated([fold.dev for fold in folds]),
            calibration=Predictions.concatenated([fold.calibration for fold in folds]),
            held_out=Predictions.concatenated([fold.held_out for fold in folds]),
            selection=Predictions.concatenated([fold.selection for fold in folds]),
        )

    def with_o_raised(self, bias: float) -> Self:
        """Add a number to the scores of O."""
        parts = (self.dev, self.calibration, self.held_out, self.selection)
        return type(self)(*(part.with_o_raised(bias) for part in parts))

    def fit_temperature(self, decoder: Decoder) -> float:
        """Fit the temperature that calibrates the scores of a decoder's entities."""
        return fit_temperature(lambda temperature: self.calibration.entities(decoder, temperature))

    def certify_thresholds(
        self, decoders: Sequence[Decoder], temperature: float, on: str
    ) -> list[Threshold]:
        """Certify thresholds for each decoder; return none if no tweet was held out for them."""
        if not self.held_out.tweets:
            return []
        thresholds = []
        for decoder in decoders:
            entities = self.held_out.entities(decoder, temperature)
            thresholds += prove_thresholds(entities, decoder=decoder, on=on)
        return thresholds


def fold_temperature(model: PreTrainedModel, temperature: float) -> None:
    """Divide the scores of a model by a temperature, in place; the decoded tags stay the same."""
    if hasattr(model, "fold_temperature"):
        model.fold_temperature(temperature)
    else:
        for weight in model.classifier.parameters():
            weight.data /= temperature
