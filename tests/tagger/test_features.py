"""The notebook's features of a word, against scikit-learn's `DictVectorizer`."""

import numpy as np
import pytest
from benchmarks.plain_sgd import plain_features
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction import DictVectorizer

from tweetner.tagger import FeatureColumns, Tweets, features, fit_vocabulary
from tweetner.tagger.features import FLAGS

WORDS = [
    *("@anna", "#NYC", "in", "New", "York", "NEW", "<start>", "<END>", "http://t.co/x", "WWW.a.b"),
    *("2", "a=b", "é", "İ", "", "ǅ", "ß", "١", "👍🏽", "\u200d", "tok=in", "next_lower"),
]

words = st.sampled_from(WORDS) | st.text(max_size=4)
tweets_of_words = st.lists(st.lists(words, max_size=5), max_size=6)


def test_a_word_has_the_notebooks_fourteen_features() -> None:
    names = list(fit_vocabulary([["#Hi", "you"]]))
    assert names == [
        *FLAGS,
        *(
            "next_lower=<end>",
            "next_lower=you",
            "prefix1=#",
            "prefix1=y",
            "prefix2=#H",
            "prefix2=yo",
        ),
        *(
            "prev_lower=#hi",
            "prev_lower=<start>",
            "suffix1=i",
            "suffix1=u",
            "suffix2=Hi",
            "suffix2=ou",
        ),
        *("tok=#Hi", "tok=you", "tok_lower=#hi", "tok_lower=you"),
    ]
    first, second = (
        FeatureColumns(fit_vocabulary([["#Hi", "you"]])).matrix([["#Hi", "you"]]).toarray()
    )
    assert {name for name, value in zip(names, first, strict=True) if value} == {
        *(
            "has_hash",
            "is_title",
            "next_lower=you",
            "prefix1=#",
            "prefix2=#H",
            "prev_lower=<start>",
        ),
        *("suffix1=i", "suffix2=Hi", "tok=#Hi", "tok_lower=#hi"),
    }
    assert second.sum() == 8


@given(tweets_of_words.filter(any), tweets_of_words.filter(any))
def test_the_matrix_is_the_one_dict_vectorizer_makes(train: Tweets, other: Tweets) -> None:
    vectorizer = DictVectorizer()
    expected = [
        vectorizer.fit_transform(plain_features(train)),
        vectorizer.transform(plain_features(other)),
    ]
    columns = FeatureColumns(fit_vocabulary(train))
    assert columns.vocabulary == vectorizer.vocabulary_
    for tweets, matrix in zip([train, other], expected, strict=True):
        ours = columns.matrix(tweets)
        assert ours.shape == matrix.shape
        assert np.array_equal(ours.indptr, matrix.indptr)
        assert np.array_equal(ours.indices, matrix.indices)
        assert np.array_equal(ours.data, matrix.data)  # stored zeros too
        assert ours.indices.dtype == ours.indptr.dtype == np.int32  # SGDClassifier refuses int64


def test_a_cache_that_starts_afresh_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = FeatureColumns(fit_vocabulary([WORDS]))
    monkeypatch.setattr(features, "CACHE_WORDS", 5)
    small = FeatureColumns(columns.vocabulary)
    for tweet in [
        ["in", "New", "York"],
        ["a", "b", "in", "c"],
        ["in", "New"],
        WORDS,
        ["York", "d"],
    ]:
        assert np.array_equal(small.matrix([tweet]).toarray(), columns.matrix([tweet]).toarray())


def test_nothing_to_fit_on_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one word"):
        fit_vocabulary([[], []])


def test_a_foreign_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="first columns are has_at"):
        FeatureColumns({"tok=a": 0})
