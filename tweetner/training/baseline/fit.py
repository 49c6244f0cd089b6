"""Fit the baselines with scikit-learn, as the reference notebook does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tweetner.corpus import Tweet
from tweetner.tagger import FeatureColumns, MajorityTagger, SgdTagger, fit_vocabulary
from tweetner.tags import tags_of
from tweetner.training.config import BaselineConfig

if TYPE_CHECKING:
    from sklearn.linear_model import SGDClassifier


@dataclass(frozen=True)
class SgdFit:
    """A fitted SGD tagger and the scores that selected it.

    Attributes:
        tagger: The tagger with the best validation score.
        alpha: Its L2 penalty.
        validation_f1: For each alpha, the macro F1 over the non-O tags of the validation words.
    """

    tagger: SgdTagger
    alpha: float
    validation_f1: dict[float, float]


def fit_sgd(train: Sequence[Tweet], validation: Sequence[Tweet], config: BaselineConfig) -> SgdFit:
    """Fit one classifier per alpha and keep the one with the best validation score.

    The score is the macro F1 over the non-O tags. Of equal alphas the first one is kept.

    Raises:
        ValueError: The training tweets hold fewer than two different tags, or a tag is not
            declared.
    """
    from sklearn.metrics import f1_score

    labels = tags_of(config.types)
    train_tags, validation_tags = flat_tags(train, labels), flat_tags(validation, labels)
    if len(set(train_tags)) < 2:
        found = sorted(set(train_tags))
        raise ValueError(f"expected at least two different tags to learn, got {found}")
    columns = FeatureColumns(fit_vocabulary(_words(train)))
    train_matrix, validation_matrix = (columns.matrix(_words(part)) for part in (train, validation))

    classifiers = {}
    scores = {}
    for alpha in config.alphas:
        classifiers[alpha] = _classifier(config, alpha).fit(train_matrix, train_tags)
        predicted = classifiers[alpha].predict(validation_matrix)
        scores[alpha] = float(
            f1_score(
                validation_tags, predicted, labels=labels[1:], average="macro", zero_division=0
            )
        )
    best = max(scores, key=lambda alpha: scores[alpha])
    return SgdFit(_tagger(classifiers[best], labels, columns), best, scores)


def _classifier(config: BaselineConfig, alpha: float) -> "SGDClassifier":
    from sklearn.linear_model import SGDClassifier

    # no `n_jobs`: its threads change no coefficient and race for the process's warning filters
    return SGDClassifier(
        loss="log_loss",
        alpha=alpha,
        max_iter=config.max_iter,
        tol=config.tol,
        random_state=config.seed,
        class_weight=None if config.class_weight == "none" else config.class_weight,
    )


def _tagger(
    classifier: "SGDClassifier", labels: Sequence[str], columns: FeatureColumns
) -> SgdTagger:
    coef, intercept = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        # scikit-learn keeps one row for the second of two classes; the first one's is its negative
        coef = np.vstack([-coef, coef])
        intercept = np.concatenate([-intercept, intercept])
    return SgdTagger(
        labels,
        classes=classifier.classes_.tolist(),
        coef=coef,
        intercept=intercept,
        vocabulary=columns.vocabulary,
    )


def fit_majority(train: Sequence[Tweet], types: Sequence[str]) -> MajorityTagger:
    """Count the training tags; the tagger gives every word the most frequent one.

    Raises:
        ValueError: There are no tags, or a tag is not declared.
    """
    labels = tags_of(types)
    counts = Counter(flat_tags(train, labels))
    if not counts:
        raise ValueError("expected at least one tag to count, got none")
    frequencies = np.array([counts[tag] for tag in labels]) / counts.total()
    return MajorityTagger(labels, frequencies=frequencies)


def flat_tags(tweets: Sequence[Tweet], labels: Sequence[str]) -> list[str]:
    """Return the gold tags of all words, one tweet after the other.

    Raises:
        ValueError: A tag is not among `labels`.
    """
    tags = [tag for tweet in tweets for tag in tweet.gold]
    undeclared = set(tags).difference(labels)
    if undeclared:
        raise ValueError(f"expected tags of {', '.join(labels)}, got {min(undeclared)!r}")
    return tags


def _words(tweets: Sequence[Tweet]) -> list[tuple[str, ...]]:
    return [tweet.words for tweet in tweets]
