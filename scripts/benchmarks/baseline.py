"""Measure the features, the fit and the tagging of the notebook's SGD tagger.

Ours is compared with a plain rewrite of the notebook with scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import SGDClassifier

from benchmarks.plain_sgd import plain_features
from benchmarks.timing import Benchmark, Variant, require_same, spaced
from tweetner.corpus import Tweet, load_corpus, notebook_split
from tweetner.tagger import FeatureColumns, SgdTagger, Tagger, fit_vocabulary
from tweetner.tokenization import splitter_tokenizer
from tweetner.training import BaselineConfig
from tweetner.training.baseline import fit_sgd

ALPHAS = (1e-5, 5e-5, 1e-4, 5e-4)

Words = list[tuple[str, ...]]
Annotated = tuple[Words, list[tuple[str, ...]]]
"""The words and the tags of tweets."""


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare features, tagging and the fit; `n_tweets` test tweets are tagged."""
    corpus = load_corpus(data)
    train, dev = (annotated(tweets) for tweets in notebook_split(corpus.splits["train"]))
    test = [tweet.words for tweet in spaced(corpus.splits["test"], n_tweets)]
    plain = Plain.fitted(train, dev, ALPHAS[:1])
    ours = Ours(fit_ours(train, dev, corpus.types, ALPHAS[:1]))
    require_same_results(plain, ours, test)
    return [
        Benchmark(
            f"features and vectorizing, fit on {len(train[0]):,} tweets",
            [
                Variant(
                    "plain: dicts, fit_transform",
                    lambda _: DictVectorizer().fit_transform(plain_features(train[0])),
                ),
                Variant(
                    "ours", lambda _: FeatureColumns(fit_vocabulary(train[0])).matrix(train[0])
                ),
            ],
        ),
        features_benchmark(plain, ours, test),
        tagging_benchmark(plain, ours, test),
        Benchmark(
            f"fit of {len(ALPHAS)} alphas",
            [
                Variant("plain: vectorized once", lambda _: Plain.fitted(train, dev, ALPHAS)),
                Variant("ours", lambda _: fit_ours(train, dev, corpus.types, ALPHAS)),
            ],
            rounds=3,
        ),
    ]


def features_benchmark(plain: "Plain", ours: "Ours", test: Words) -> Benchmark:
    """Compare the feature matrices of words; warm: with all words in the cache."""
    return Benchmark(
        "features and vectorizing",
        [
            Variant("plain: dicts, transform", lambda _: plain.matrix(test)),
            Variant("ours, cold", lambda new: new.matrix(test), ours.new_columns),
            Variant("ours, warm", lambda _: ours.tagger.columns.matrix(test)),
        ],
        work=(len(test), "tweets"),
    )


def tagging_benchmark(plain: "Plain", ours: "Ours", test: Words) -> Benchmark:
    """Compare the tagging of words; warm: with all words in the cache."""
    return Benchmark(
        "SGD tagging",
        [
            Variant("plain: dicts, transform, predict", lambda _: plain.tags(test)),
            Variant(
                "ours with probabilities, cold",
                lambda new: tags_of(new, test),
                ours.forgetful,
                target=3,
            ),
            Variant(
                "ours with probabilities, warm", lambda _: tags_of(ours.tagger, test), target=10
            ),
            Variant(
                "Tagger.tag_words, cold",
                lambda new: tag_words(new, test),
                lambda: wrapped(ours.forgetful()),
            ),
            Variant(
                "Tagger.tag_words, warm",
                lambda new: tag_words(new, test),
                lambda: wrapped(ours.tagger),
            ),
        ],
        work=(len(test), "tweets"),
    )


def require_same_results(plain: "Plain", ours: "Ours", test: Words) -> None:
    """Check that vocabularies, feature matrices, coefficients and tags are the same.

    Raises:
        ValueError: One of them differs.
    """
    mine, theirs = ours.tagger.columns.matrix(test), plain.matrix(test)
    parts = [(getattr(mine, part), getattr(theirs, part)) for part in ("indptr", "indices", "data")]
    require_same("vocabularies", ours.tagger.columns.vocabulary == plain.vectorizer.vocabulary_)
    require_same(f"feature matrices {mine.shape}", all(np.array_equal(*pair) for pair in parts))
    require_same("coefficients", np.array_equal(ours.tagger.coef, plain.classifier.coef_))
    tags = plain.tags(test)
    require_same(
        f"tags of {len(test):,} tweets",
        tags == tags_of(ours.tagger, test) == tag_words(wrapped(ours.tagger), test),
    )


@dataclass(frozen=True)
class Plain:
    """The notebook's way: one dict a word, and scikit-learn for the rest."""

    vectorizer: Any
    classifier: Any

    @classmethod
    def fitted(cls, train: Annotated, dev: Annotated, alphas: Sequence[float]) -> "Plain":
        """Fit one classifier for each alpha, as the notebook does, and keep the last."""
        vectorizer = DictVectorizer()
        matrix = int32(vectorizer.fit_transform(plain_features(train[0])))
        dev_matrix = int32(vectorizer.transform(plain_features(dev[0])))
        tags = [tag for tweet in train[1] for tag in tweet]
        for alpha in alphas:
            classifier = SGDClassifier(
                loss="log_loss",
                alpha=alpha,
                max_iter=50,
                tol=1e-3,
                random_state=42,
                n_jobs=-1,
                class_weight="balanced",
            ).fit(matrix, tags)
            classifier.predict(dev_matrix)
        return cls(vectorizer, classifier)

    def matrix(self, tweets: Words) -> Any:
        return int32(self.vectorizer.transform(plain_features(tweets)))

    def tags(self, tweets: Words) -> list[str]:
        tagged: list[str] = self.classifier.predict(self.matrix(tweets)).tolist()
        return tagged


@dataclass(frozen=True)
class Ours:
    """Our fitted tagger, and copies of it with empty caches."""

    tagger: SgdTagger

    def new_columns(self) -> FeatureColumns:
        return FeatureColumns(self.tagger.columns.vocabulary)

    def forgetful(self) -> SgdTagger:
        return SgdTagger(
            self.tagger.labels,
            classes=self.tagger.classes,
            coef=self.tagger.coef,
            intercept=self.tagger.intercept,
            vocabulary=self.tagger.columns.vocabulary,
        )


def fit_ours(
    train: Annotated, dev: Annotated, types: Sequence[str], alphas: Sequence[float]
) -> SgdTagger:
    config = BaselineConfig(types=tuple(types), alphas=tuple(alphas))
    return fit_sgd(tweets_of(train), tweets_of(dev), config).tagger


def tweets_of(annotated: Annotated) -> list[Tweet]:
    return [Tweet("", *words_and_tags) for words_and_tags in zip(*annotated, strict=True)]


def tags_of(tagger: SgdTagger, tweets: Words) -> list[str]:
    """Return the most probable tag of each word."""
    best = tagger.emissions(tagger.encode(tweets)).scores.argmax(axis=1)
    return [tagger.labels[label] for label in best.tolist()]


def wrapped(backend: SgdTagger) -> Tagger:
    return Tagger(backend, splitter_tokenizer(), "argmax")


def tag_words(tagger: Tagger, tweets: Words) -> list[str]:
    return [tag for tagged in tagger.tag_words(tweets) for tag in tagged.tags]


def annotated(tweets: Sequence[Tweet]) -> Annotated:
    return [tweet.words for tweet in tweets], [tweet.gold for tweet in tweets]


def int32(matrix: Any) -> Any:
    """Convert indices, as scikit-learn 1.9 makes int64 ones that its `SGDClassifier` refuses."""
    matrix.indices = matrix.indices.astype(np.int32)
    matrix.indptr = matrix.indptr.astype(np.int32)
    return matrix
