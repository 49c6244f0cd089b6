"""The linear taggers: scores and tags against scikit-learn's, and folders."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.plain_sgd import plain_features
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import SGDClassifier

from tweetner.corpus import Tweet
from tweetner.hub import ModelFolder
from tweetner.tagger import MajorityTagger, SgdTagger, Tagger, Tweets
from tweetner.tagger.decoding import decode
from tweetner.tagger.linear import load_baseline
from tweetner.tags import tags_of
from tweetner.tokenization import splitter_tokenizer
from tweetner.training import BaselineConfig
from tweetner.training.baseline.fit import fit_majority, fit_sgd

WORDS = [
    *("@anna", "#NYC", "in", "New", "York", "NEW", "<start>", "<END>", "http://t.co/x", "WWW.a.b"),
    *("2", "a=b", "é", "İ", "", "ǅ", "ß", "١", "👍🏽", "\u200d", "tok=in", "next_lower"),
]

words = st.sampled_from(WORDS) | st.text(max_size=4)
tweets_of_words = st.lists(st.lists(words, max_size=5), max_size=6)
TAGS = tags_of(["person", "geo-loc"])
QUICK = BaselineConfig(types=("person", "geo-loc"), alphas=(1e-3,), tol=1e-2)


def emit(tagger: Any, tweets: Tweets) -> list[Any]:
    emissions = tagger.emissions(tagger.encode(tweets))
    return [
        (emissions.scores[start:end], emissions.words[start:end])
        for start, end in pairwise(emissions.bounds)
    ]


def words_of(tweets: list[Tweet]) -> list[tuple[str, ...]]:
    return [tweet.words for tweet in tweets]


def annotated(*tags: list[str]) -> list[Tweet]:
    return [Tweet(str(i), ("word",) * len(row), tuple(row)) for i, row in enumerate(tags)]


def random_tagger(
    train: Tweets, classes: list[str], *, scale: float, seed: int
) -> tuple[SgdTagger, Any, Any]:
    """Return a tagger with random weights, and scikit-learn's objects with the same ones."""
    random = np.random.default_rng(seed)
    vectorizer = DictVectorizer().fit(plain_features(train))
    n_rows = 1 if len(classes) == 2 else len(classes)
    classifier = SGDClassifier(loss="log_loss")
    classifier.classes_ = np.array(classes)
    classifier.coef_ = random.normal(scale=scale, size=(n_rows, len(vectorizer.vocabulary_)))
    classifier.intercept_ = random.normal(scale=scale, size=n_rows)
    coef, intercept = classifier.coef_, classifier.intercept_
    if n_rows == 1:
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    tagger = SgdTagger(
        TAGS, classes=classes, coef=coef, intercept=intercept, vocabulary=vectorizer.vocabulary_
    )
    return tagger, classifier, vectorizer


def int32_matrix(vectorizer: Any, tweets: Tweets) -> Any:
    matrix = vectorizer.transform(plain_features(tweets))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


@pytest.mark.filterwarnings(
    "ignore:invalid value encountered:RuntimeWarning:sklearn"
)  # at sigmoids of 0, in 1.6
@given(
    tweets_of_words.filter(any),
    st.sampled_from([TAGS, ["B-person", "O"], ["B-geo-loc", "B-person", "I-geo-loc", "O"]]),
    st.sampled_from([1.0, 30.0, 300.0]),  # sigmoids in the middle, many at 1.0, all at 0.0 or 1.0
    st.integers(0, 99),
)
def test_scores_probabilities_and_tags_are_scikit_learns(
    tweets: Tweets, classes: list[str], scale: float, seed: int
) -> None:
    train = [["in", "New", "York"], ["Anna", "loves", "#NYC"]]
    tagger, classifier, vectorizer = random_tagger(train, sorted(classes), scale=scale, seed=seed)
    matrix = int32_matrix(vectorizer, tweets)
    scores, emitted = tagger.scores(tweets), emit(tagger, tweets)
    seen = scores[:, [TAGS.index(tag) for tag in sorted(classes)]]
    assert np.array_equal(
        seen if len(classes) > 2 else seen[:, 1], classifier.decision_function(matrix)
    )

    emissions = np.concatenate([emission for emission, _ in emitted])
    predicted = classifier.predict(matrix).tolist()
    decoded = decode(tagger.emissions(tagger.encode(tweets)), None)
    assert [tagger.labels[label] for label in emissions.argmax(axis=1)] == predicted
    assert [tagger.labels[label] for label in decoded.labels] == predicted
    probabilities = classifier.predict_proba(matrix)[
        :, [sorted(classes).index(tag) for tag in TAGS if tag in classes]
    ]
    ours = np.exp(emissions[:, [tag in classes for tag in TAGS]])
    near_floor = (seen < -660).all(
        axis=1
    )  # scores below -700 count as -700, which shows beside none but these
    assert np.allclose(ours[~near_floor], probabilities[~near_floor], rtol=1e-9, atol=1e-15)
    assert np.isfinite(emissions).all()
    assert [len(words) for words in tweets] == [len(emission) for emission, _ in emitted]
    assert all(
        numbers.tolist() == list(range(len(words)))
        for words, (_, numbers) in zip(tweets, emitted, strict=True)
    )


def test_a_temperature_changes_no_tag_and_makes_probabilities_more_alike(
    six_tweets: list[Tweet], six_tweets_sgd: SgdTagger
) -> None:
    words = words_of(six_tweets)
    plain, tempered = (
        Tagger(tagger, splitter_tokenizer(), "argmax").tag_words(words)
        for tagger in (six_tweets_sgd, six_tweets_sgd.tempered(5))
    )
    assert [found.tags for found in tempered] == [found.tags for found in plain]
    assert sum(sum(found.scores) for found in tempered) < sum(sum(found.scores) for found in plain)
    assert np.allclose(
        six_tweets_sgd.tempered(5).scores(words), six_tweets_sgd.scores(words) / 5, equal_nan=True
    )


def test_a_label_never_seen_in_training_is_finite_and_never_chosen(six_tweets: list[Tweet]) -> None:
    train = six_tweets[:2]  # no I-person
    tagger = fit_sgd(train, train, QUICK).tagger
    assert tagger.classes == ["B-geo-loc", "B-person", "I-geo-loc", "O"]
    emissions = np.concatenate([emission for emission, _ in emit(tagger, words_of(train))])
    unseen = emissions[:, TAGS.index("I-person")]
    assert np.isfinite(unseen).all()
    assert (np.exp(unseen) < 1e-300).all()


def test_tweets_are_tagged_alike_alone_and_together(
    six_tweets: list[Tweet], six_tweets_sgd: SgdTagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*words_of(six_tweets), [], ["unknown", "words"]]
    tagger = six_tweets_sgd
    together = [emission for emission, _ in emit(tagger, words)]
    monkeypatch.setattr("tweetner.tagger.linear.CHUNK", 3)
    chunked = [emission for emission, _ in emit(tagger, words)]
    alone = [emit(tagger, [tweet])[0][0] for tweet in words]
    for emissions in (chunked, alone):
        assert all(np.array_equal(a, b) for a, b in zip(together, emissions, strict=True))
    assert emit(tagger, []) == []


def test_majority_gives_every_word_the_frequencies_of_training() -> None:
    tagger = fit_majority(annotated(["O", "O", "B-person"], ["O"]), ["person", "geo-loc"])
    (emission, numbers), (nothing, _) = emit(tagger, [["New", "York"], []])
    assert np.exp(emission).round(300).tolist() == [[0.75, 0.25, 0.0, 0.0, 0.0]] * 2
    assert np.isfinite(emission).all()
    assert (numbers.tolist(), nothing.shape) == ([0, 1], (0, 5))


def test_a_saved_sgd_tagger_comes_back_the_same(
    six_tweets: list[Tweet], six_tweets_sgd: SgdTagger, tmp_path: Path
) -> None:
    tagger = six_tweets_sgd
    tagger.save(tmp_path)
    loaded = load_baseline(ModelFolder(tmp_path))
    words = words_of(six_tweets)
    assert isinstance(loaded, SgdTagger)
    assert np.array_equal(loaded.coef, tagger.coef)
    for ours, theirs in zip(emit(tagger, words), emit(loaded, words), strict=True):
        assert np.array_equal(ours[0], theirs[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json",
        "model.safetensors",
        "vocabulary.json",
    ]
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert config["model_type"] == "tweetner-sgd"
    assert config["label2id"] == {tag: label for label, tag in enumerate(TAGS)}
    assert config["id2label"] == {str(label): tag for label, tag in enumerate(TAGS)}


def test_a_saved_majority_tagger_comes_back_the_same(tmp_path: Path) -> None:
    fit_majority(annotated(["O", "B-person"], ["O"]), ["person"]).save(tmp_path)
    loaded = load_baseline(ModelFolder(tmp_path))
    assert isinstance(loaded, MajorityTagger)
    assert loaded.labels == ["O", "B-person", "I-person"]
    assert loaded.frequencies.tolist() == [2 / 3, 1 / 3, 0.0]


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    with pytest.raises(
        ValueError, match="expected model_type tweetner-sgd or tweetner-majority, got 'bert'"
    ):
        load_baseline(ModelFolder(tmp_path))


def test_coefficients_that_do_not_fit_the_vocabulary_are_refused() -> None:
    with pytest.raises(ValueError, match="expected coefficients of 2 tags and 3 features, got"):
        SgdTagger(
            TAGS,
            classes=["B-person", "O"],
            coef=np.zeros((2, 4)),
            intercept=np.zeros(2),
            vocabulary=dict.fromkeys("abc", 0),
        )


def test_tagging_imports_neither_torch_nor_transformers_nor_scikit_learn(
    six_tweets_sgd: SgdTagger, tmp_path: Path
) -> None:
    six_tweets_sgd.save(tmp_path)
    splitter_tokenizer().save(str(tmp_path / "tokenizer.json"))
    code = """
import sys, tweetner
tagger = tweetner.load(sys.argv[1])
found = [entity["text"] for entity in tagger("Anna in Rome")]
heavy = ("torch", "transformers", "sklearn", "scipy", "datasets", "pandas")
print(found, [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr) == ("['Anna', 'Rome'] []\n", "")
