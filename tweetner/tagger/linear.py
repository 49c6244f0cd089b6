"""The fitted baselines: backends of `Tagger` that compute log-probabilities with numpy alone.

Their units are the words themselves.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tweetner.files import read_object, write_json
from tweetner.hub import ModelFolder
from tweetner.tagger.decoding import Chain, Emissions
from tweetner.tagger.features import FLAGS, FORMS, Columns, FeatureColumns, Tweets
from tweetner.tokenization import bounds_of

Floats = npt.NDArray[np.float64]


class Features(NamedTuple):
    """The result of `FeatureColumns.lookup`, and the number of words of each tweet."""

    flags: Columns
    forms: Columns
    lengths: list[int]


FLOOR = -700.0  # lowest score: every label keeps a probability above zero
CHUNK = 4096  # words scored together: their scores stay in the processor's cache


class SgdTagger:
    """One linear classifier for each tag over the notebook's features.

    It gives the scores of scikit-learn's `SGDClassifier` without needing scikit-learn.

    Args:
        labels: The tag of each label.
        classes: The tags seen in training, sorted.
        coef: (classes, features).
        intercept: (classes,).
        vocabulary: The column of each feature's name.

    Raises:
        ValueError: A class is not a label, or the shapes do not match.
    """

    model_type = "tweetner-sgd"
    chain: Chain | None = None

    def __init__(
        self,
        labels: Sequence[str],
        *,
        classes: Sequence[str],
        coef: Floats,
        intercept: Floats,
        vocabulary: Mapping[str, int],
    ) -> None:
        if not set(classes) <= set(labels):
            raise ValueError(
                f"expected classes among the labels {list(labels)}, got {list(classes)}"
            )
        if coef.shape != (len(classes), len(vocabulary)) or intercept.shape != (len(classes),):
            raise ValueError(
                f"expected coefficients of {len(classes)} tags and {len(vocabulary)} features, "
                f"got {coef.shape} and {intercept.shape}"
            )
        self.labels = list(labels)
        self.classes = list(classes)
        self.coef = coef
        self.intercept = intercept
        self.columns = FeatureColumns(vocabulary)
        seen = [self.labels.index(tag) for tag in self.classes]
        # (features + 1, labels): column -1, a form not seen in training, is the last row of zeros
        self._weights = np.zeros((len(vocabulary) + 1, len(labels)))
        self._weights[:-1, seen] = coef.T
        self._intercept = np.full(len(labels), -np.inf)
        self._intercept[seen] = intercept
        self._flag_scores = _flag_scores(self._weights)

    def tempered(self, temperature: float) -> Self:
        """Divide all scores by a temperature; the best label of each word stays the same."""
        return type(self)(
            self.labels,
            classes=self.classes,
            coef=self.coef / temperature,
            intercept=self.intercept / temperature,
            vocabulary=self.columns.vocabulary,
        )

    def scores(self, tweets: Tweets) -> Floats:
        """Compute `SGDClassifier.decision_function` for every word, exactly, (words, labels).

        The terms are added in column order, as scipy's sparse product adds them. A label that was
        not seen in training has minus infinity.
        """
        flags, forms, _ = self.encode(tweets)
        return self._scores(flags, forms)

    def _scores(self, flags: Columns, forms: Columns) -> Floats:
        scores = self._flag_scores.take(flags, axis=0)
        for place in range(len(FORMS)):
            scores += self._weights.take(forms[:, place], axis=0)
        scores += self._intercept
        return scores

    def encode(self, tweets: Tweets) -> Features:
        """Look up the features of all words."""
        return Features(*self.columns.lookup(tweets), [len(words) for words in tweets])

    def emissions(self, features: Features) -> Emissions:
        """Compute the log-probabilities of all words.

        They are the logarithm of `SGDClassifier.predict_proba`, bounded below; the highest one is
        always that of the label that `SGDClassifier.predict` returns.
        """
        flags, forms, lengths = features
        logs = np.empty((len(flags), len(self.labels)))
        for first in range(0, len(flags), CHUNK):
            chunk = slice(first, first + CHUNK)
            logs[chunk] = _log_probabilities(self._scores(flags[chunk], forms[chunk]))
        return _emissions(logs, lengths)

    def save(self, folder: Path) -> None:
        """Write config, coefficients and vocabulary into a folder."""
        settings = {"classes": self.classes, "features": [*FLAGS, *FORMS]}
        _save(folder, self, settings, {"coef": self.coef, "intercept": self.intercept})
        (folder / "vocabulary.json").write_text(
            json.dumps(self.columns.vocabulary, indent=0), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: ModelFolder) -> Self:
        """Load a folder that `save` wrote."""
        vocabulary = read_object(folder.path / "vocabulary.json")
        classes = folder.config["classes"]
        return cls(folder.labels, classes=classes, vocabulary=vocabulary, **_tensors(folder))


class MajorityTagger:
    """Gives every word the frequencies of the tags in training.

    Args:
        labels: The tag of each label.
        frequencies: The share of each label, (labels,).
    """

    model_type = "tweetner-majority"
    chain: Chain | None = None

    def __init__(self, labels: Sequence[str], *, frequencies: Floats) -> None:
        if frequencies.shape != (len(labels),):
            raise ValueError(
                f"expected the frequencies of {len(labels)} labels, got {frequencies.shape}"
            )
        self.labels = list(labels)
        self.frequencies = frequencies

    def encode(self, tweets: Tweets) -> list[int]:
        """Return the number of words of each tweet."""
        return [len(words) for words in tweets]

    def emissions(self, lengths: Sequence[int]) -> Emissions:
        """Compute the log-probabilities of all words, bounded below."""
        row = np.log(np.maximum(self.frequencies, np.exp(FLOOR)))
        return _emissions(np.tile(row, (sum(lengths), 1)), lengths)

    def save(self, folder: Path) -> None:
        """Write config and frequencies into a folder."""
        _save(folder, self, {}, {"frequencies": self.frequencies})

    @classmethod
    def load(cls, folder: ModelFolder) -> Self:
        """Load a folder that `save` wrote."""
        return cls(folder.labels, **_tensors(folder))


def load_baseline(folder: ModelFolder) -> SgdTagger | MajorityTagger:
    """Load the baseline of a folder.

    Raises:
        ValueError: The folder's config names another kind of model.
    """
    for tagger in (SgdTagger, MajorityTagger):
        if folder.model_type == tagger.model_type:
            return tagger.load(folder)
    raise ValueError(
        f"{folder.path / 'config.json'}: expected model_type {SgdTagger.model_type} or "
        f"{MajorityTagger.model_type}, got {folder.model_type!r}"
    )


def _log_probabilities(scores: Floats) -> Floats:
    """Return the logarithm of the normalized sigmoids, with the highest where the score is."""
    inverse_sigmoids = 1 + np.exp(-np.maximum(scores, FLOOR))
    logs: Floats = -np.log(inverse_sigmoids * (1 / inverse_sigmoids).sum(axis=1, keepdims=True))
    # Scores above 37 share the sigmoid 1.0: the smallest step up puts the best label on top.
    words = np.arange(len(logs))
    logs[words, scores.argmax(axis=1)] = np.nextafter(logs[words, logs.argmax(axis=1)], np.inf)
    return logs


def _emissions(log_probabilities: Floats, lengths: Sequence[int]) -> Emissions:
    bounds = bounds_of(lengths)
    words = np.arange(bounds[-1]) - np.repeat(bounds[:-1], lengths)  # position in its tweet
    return Emissions(log_probabilities, words, bounds)


def _flag_scores(weights: Floats) -> Floats:
    """Return the scores of each combination of flags, as bits of `lookup`, (2 ** flags, labels)."""
    combinations = np.arange(2 ** len(FLAGS))
    scores = np.zeros((len(combinations), weights.shape[1]))
    for place in range(len(FLAGS)):
        scores += (combinations >> place & 1)[:, None] * weights[place]
    return scores


def _save(
    folder: Path,
    tagger: SgdTagger | MajorityTagger,
    settings: Mapping[str, Any],
    tensors: Mapping[str, Floats],
) -> None:
    from safetensors.numpy import save_file

    config = {
        "model_type": tagger.model_type,
        "id2label": dict(enumerate(tagger.labels)),
        "label2id": {tag: label for label, tag in enumerate(tagger.labels)},
        **settings,
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_json(config, folder / "config.json")
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    save_file(contiguous, folder / "model.safetensors")


def _tensors(folder: ModelFolder) -> dict[str, Floats]:
    from safetensors.numpy import load_file

    return load_file(folder.path / "model.safetensors")
