"""Fit the baselines with scikit-learn, as the reference notebook does."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np

from tweetner.tagger import FeatureColumns, MajorityTagger, SgdTagger, Tweets, fit_vocabulary
from tweetner.tags import tags_of

Tags = Sequence[Sequence[str]]
ALPHAS = (1e-5, 5e-5, 1e-4, 5e-4)


@dataclass(frozen=True)
class SgdFit:
    """The tagger that validation chose, and what every alpha reached there."""

    tagger: SgdTagger
    alpha: float
    validation_f1: dict[float, float]  # alpha → macro F1 over the non-O tags


def fit_sgd(
    words: Tweets,
    tags: Tags,
    *,
    validation: tuple[Tweets, Tags],
    types: Iterable[str],
    alphas: Sequence[float] = ALPHAS,
    class_weight: Literal["balanced"] | None = "balanced",
    max_iter: int = 50,
    tol: float = 1e-3,
    seed: int = 42,
) -> SgdFit:
    """Fit one classifier for each alpha and keep the one with the best validation macro F1 over the non-O tags.

    Args:
        words: The words of each training tweet.
        tags: Their tags, of at least two kinds.
        validation: Words and tags of the tweets that choose; of equal alphas the first wins.
        types: The declared types, in the order of the labels.
        alphas: Strengths of the L2 penalty to try.
        class_weight: "balanced" weighs each tag by the inverse of its frequency.
        max_iter: Most passes over the training words.
        tol: Stop when the training loss improves by less.
        seed: Of the order in which words are visited.

    Raises:
        ValueError: The training tweets hold fewer than two different tags, or a tag is not declared.
    """
    from sklearn.linear_model import SGDClassifier
    from sklearn.metrics import f1_score

    labels = tags_of(types)
    train_tags, validation_tags = _flatten(tags, labels), _flatten(validation[1], labels)
    if len(set(train_tags)) < 2:
        raise ValueError(
            f"expected at least two different tags to learn, got {sorted(set(train_tags))}"
        )
    columns = FeatureColumns(fit_vocabulary(words))
    train_matrix, validation_matrix = columns.matrix(words), columns.matrix(validation[0])

    best: SGDClassifier | None = None
    validation_f1: dict[float, float] = {}
    for alpha in alphas:
        # without n_jobs, which changes no coefficient: scikit-learn's threads race for the process's warning filters
        classifier = SGDClassifier(
            loss="log_loss",
            alpha=alpha,
            max_iter=max_iter,
            tol=tol,
            random_state=seed,
            class_weight=class_weight,
        ).fit(train_matrix, train_tags)
        predicted = classifier.predict(validation_matrix)
        f1 = f1_score(
            validation_tags, predicted, labels=labels[1:], average="macro", zero_division=0
        )
        if best is None or f1 > max(validation_f1.values()):
            best = classifier
        validation_f1[alpha] = float(f1)
    assert best is not None
    coef, intercept = best.coef_, best.intercept_
    if len(best.classes_) == 2:  # one row tells two tags apart; a row for each says the same
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    tagger = SgdTagger(
        labels,
        classes=best.classes_.tolist(),
        coef=coef,
        intercept=intercept,
        vocabulary=columns.vocabulary,
    )
    return SgdFit(tagger, best.alpha, validation_f1)


def fit_majority(tags: Tags, *, types: Iterable[str]) -> MajorityTagger:
    """Count the tags: a word of any kind will get the most frequent one.

    Raises:
        ValueError: There are no tags to count, or one is not declared.
    """
    labels = tags_of(types)
    counts = Counter(_flatten(tags, labels))
    if not counts:
        raise ValueError("expected at least one tag to count, got none")
    return MajorityTagger(
        labels, frequencies=np.array([counts[tag] for tag in labels]) / counts.total()
    )


def _flatten(tags: Tags, labels: Sequence[str]) -> list[str]:
    flat = list(chain.from_iterable(tags))
    if undeclared := set(flat).difference(labels):
        raise ValueError(f"expected tags of {', '.join(labels)}, got {min(undeclared)!r}")
    return flat
