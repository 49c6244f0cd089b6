"""Fit the gate of a triage on a model's own answers, and publish it with the model."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tweetner.hub import GateProof, ModelFolder, Published, publish, update_metrics, with_section
from tweetner.tagger import N_BUCKETS, OFFSETS, Gate, TaggedTweet, buckets_of, padded

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ALPHA = 1e-5
"""The regularization strength, chosen by folds of the part of WNUT-16 dev that is not held out."""

EPOCHS = 10

MIN_TWEETS = 30
"""The smallest number of tweets with, and of tweets without entities that a gate is fitted on."""


def fit_gate(tweets: Sequence[Sequence[str]], answers: Sequence[TaggedTweet]) -> Gate:
    """Fit a logistic regression of "the model tags this word" on all words of tweets.

    A second one, of "the model finds an entity" on the largest log-odds of a tweet's words in folds
    that left the tweet out, makes the scores probabilities (Platt 1999).

    Args:
        tweets: The words of tweets.
        answers: The model's answers to them.

    Raises:
        ValueError: The model's entities are too few to learn from.
    """
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.model_selection import GroupKFold, cross_val_predict

    tagged = np.array([tag != "O" for answer in answers for tag in answer.tags])  # (words,)
    lengths = [len(words) for words in tweets]
    of_tweet = np.repeat(np.arange(len(lengths)), lengths)  # (words,): the tweet of each
    n_with_entities = len(np.unique(of_tweet[tagged]))
    if not MIN_TWEETS <= n_with_entities <= len(lengths) - MIN_TWEETS:
        raise ValueError(
            f"expected {MIN_TWEETS} tweets or more with entities of the model, and as many "
            f"without, got {n_with_entities} of {len(lengths)}"
        )
    matrix = feature_matrix(tweets)
    classifier = SGDClassifier(
        loss="log_loss", alpha=ALPHA, max_iter=EPOCHS, tol=None, average=True, random_state=0
    )
    log_odds = cross_val_predict(
        classifier, matrix, tagged, groups=of_tweet, cv=GroupKFold(5), method="decision_function"
    )
    starts = np.unique(of_tweet, return_index=True)[1]  # (tweets with words,): their first words
    highest = np.maximum.reduceat(log_odds, starts)
    platt = LogisticRegression().fit(highest[:, None], np.logical_or.reduceat(tagged, starts))
    scale, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    classifier.fit(matrix, tagged)
    weights = scale * classifier.coef_[0]
    return Gate(weights.astype(np.float32), scale * float(classifier.intercept_[0]) + shift)


def feature_matrix(tweets: Iterable[Sequence[str]]) -> "csr_matrix":
    """Count the hashed features around each word, whose weights `Gate` adds: (words, buckets)."""
    from scipy.sparse import csr_matrix

    @cache
    def buckets(word: str) -> list[npt.NDArray[np.int32]]:
        return [np.array(at_offset, np.int32) for at_offset in buckets_of(word)]

    columns = []
    ends = [0]
    for words in tweets:
        around = padded(words)
        for place in range(len(words)):
            own = [buckets(around[place + at])[at] for at in range(len(OFFSETS))]
            columns += own
            ends.append(ends[-1] + sum(map(len, own)))
    values = np.ones(ends[-1], np.float32)
    shape = (len(ends) - 1, N_BUCKETS)
    return csr_matrix((values, np.concatenate(columns), np.array(ends, np.int32)), shape=shape)


def publish_gate(
    model: ModelFolder, gate: Gate, proof: GateProof, name: str, *, hub: str | None = None
) -> Published:
    """Publish the next version of a model: its files, the gate, and the proof in its card."""
    with TemporaryDirectory() as work:
        draft = Path(work) / "draft"
        shutil.copytree(model.path, draft, copy_function=shutil.copyfile)
        gate.save(draft)
        update_metrics(draft, {"gate": asdict(proof)})
        card = draft / "README.md"
        text = card.read_text(encoding="utf-8") if card.is_file() else ""
        card.write_text(with_section(text, "Triage", describe(proof)), encoding="utf-8")
        return publish(draft, name, hub=hub)


def describe(proof: GateProof) -> str:
    """Write the section of a model card on the gate."""
    text = (
        "`gate.safetensors` scores tweets before the model reads them: a linear model over hashed "
        f"features, fitted on the model's answers to {proof.fitted_on}. Use it by "
        "`tweetner.load(NAME, triage=True)` or `--triage`."
    )
    lost = f"at most {100 * proof.max_lost:g}% of the model's entities are lost"
    if proof.threshold is None:
        return f"{text} No threshold could be certified below which {lost}: every tweet passes."
    counts = f"{proof.n_lost:,} of {proof.n:,} entities lost, {proof.skipped:.0%} of the tweets"
    return (
        f"{text} A tweet that scores below {proof.threshold:g} is answered without the model. "
        f"With {proof.confidence:.0%} confidence {lost} by that: certified on {proof.on} "
        f"({counts}); this holds for tweets from the same source."
    )
