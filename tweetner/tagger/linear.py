"""The fitted baselines: words in, log-probabilities of every label out, with numpy alone.

They are backends of `tweetner.tagger.Tagger`, whose units are here the words themselves.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from tweetner.files import read_object
from tweetner.hub import ModelFolder
from tweetner.tagger.decoding import Chain, Emissions, bounds_of
from tweetner.tagger.features import FLAGS, FORMS, Columns, FeatureColumns, Tweets

Floats = npt.NDArray[np.float64]


class Features(NamedTuple):
    """What scores are computed from: `FeatureColumns.lookup` of all words, and how many words each tweet has."""

    flags: Columns
    forms: Columns
    lengths: list[int]


FLOOR = -700.0  # lower scores count as this one: every label keeps a probability above zero
CHUNK = 4096  # words scored at a time: the scores of a chunk stay in the processor's cache


class SgdTagger:
    """One linear classifier per tag over the notebook's features: scikit-learn's `SGDClassifier`, without it.

    Args:
        labels: The tag of each label.
        classes: The tags seen in training, sorted: one row of `coef` each.
        coef: `(classes, features)`.
        intercept: `(classes,)`.
        vocabulary: Feature name → column.
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
        # by label, row by row in memory; the last row, which column -1 means, is that of a form never seen in training
        self._weights = np.zeros((len(vocabulary) + 1, len(labels)))
        self._weights[:-1, seen] = coef.T
        self._intercept = np.full(len(labels), -np.inf)
        self._intercept[seen] = intercept
        self._flag_scores = _flag_scores(self._weights)

    def tempered(self, temperature: float) -> Self:
        """The same classifiers with their scores divided by a temperature: no other `argmax`, other probabilities."""
        coef, intercept, vocabulary = (
            self.coef / temperature,
            self.intercept / temperature,
            self.columns.vocabulary,
        )
        return type(self)(
            self.labels, classes=self.classes, coef=coef, intercept=intercept, vocabulary=vocabulary
        )

    def scores(self, tweets: Tweets) -> Floats:
        """`SGDClassifier.decision_function` of every word to the last bit, by label: `(words, labels)`.

        The terms are added in column order, as scipy's sparse product adds them. A label never seen in training has
        minus infinity.
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
        """As `Backend.encode`."""
        return Features(*self.columns.lookup(tweets), [len(words) for words in tweets])

    def emissions(self, features: Features) -> Emissions:
        """Log-probabilities of all words.

        They are the logarithm of `SGDClassifier.predict_proba`, never minus infinity; the highest one is always that
        of the label `SGDClassifier.predict` gives.
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
        """Read what `save` wrote."""
        vocabulary = read_object(folder.path / "vocabulary.json")
        classes = folder.config["classes"]
        return cls(folder.labels, classes=classes, vocabulary=vocabulary, **_tensors(folder))


class MajorityTagger:
    """The same answer for every word: how often each tag occurred in training.

    Args:
        labels: The tag of each label.
        frequencies: `(labels,)`, adding up to 1.
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
        """As `Backend.encode`: how many words each tweet has."""
        return [len(words) for words in tweets]

    def emissions(self, lengths: Sequence[int]) -> Emissions:
        """Log-probabilities of all words, never minus infinity."""
        row = np.log(np.maximum(self.frequencies, np.exp(FLOOR)))
        return _emissions(np.tile(row, (sum(lengths), 1)), lengths)

    def save(self, folder: Path) -> None:
        """Write config and frequencies into a folder."""
        _save(folder, self, {}, {"frequencies": self.frequencies})

    @classmethod
    def load(cls, folder: ModelFolder) -> Self:
        """Read what `save` wrote."""
        return cls(folder.labels, **_tensors(folder))


def load_baseline(folder: ModelFolder) -> SgdTagger | MajorityTagger:
    """Load whichever baseline a folder holds.

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
    """The logarithm of the normalized sigmoids, the highest of each row being where its score is."""
    inverse_sigmoids = 1 + np.exp(-np.maximum(scores, FLOOR))
    logs: Floats = -np.log(inverse_sigmoids * (1 / inverse_sigmoids).sum(axis=1, keepdims=True))
    # scores above 37 share the sigmoid 1.0: the smallest step up keeps the winner
    words = np.arange(len(logs))
    logs[words, scores.argmax(axis=1)] = np.nextafter(logs[words, logs.argmax(axis=1)], np.inf)
    return logs


def _emissions(log_probabilities: Floats, lengths: Sequence[int]) -> Emissions:
    bounds = bounds_of(lengths)
    return Emissions(
        log_probabilities, np.arange(bounds[-1]) - np.repeat(bounds[:-1], lengths), bounds
    )


def _flag_scores(weights: Floats) -> Floats:
    """What each combination of flags adds to the scores, `(2 ** flags, labels)`: the bits are those of `lookup`."""
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
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save_file(
        {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()},
        folder / "model.safetensors",
    )


def _tensors(folder: ModelFolder) -> dict[str, Floats]:
    from safetensors.numpy import load_file

    return load_file(folder.path / "model.safetensors")
