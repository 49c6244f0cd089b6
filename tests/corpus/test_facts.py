import os
from collections import Counter
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny_corpus import CORPUS, PARIS, UNTAGGED, tweet
from tweetner.corpus import LengthBin, Tweet, explore, load_corpus
from tweetner.corpus.audit import count_unseen
from tweetner.corpus.facts import (
    ambiguous_names,
    conflicts,
    frequent_names,
    length_bins,
    lengths,
    schema,
    transitions,
)
from tweetner.tags import tags_of


@given(
    st.lists(st.integers(1, 60), min_size=3, max_size=60).filter(
        lambda values: len(set(values)) > 1
    )
)
def test_lengths_are_described_as_pandas_and_scipy_do(values: list[int]) -> None:
    series = pd.Series(values)
    q1, q3 = series.quantile([0.25, 0.75])
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    facts = lengths(values)
    assert np.isclose(facts.skewness, scipy.stats.skew(values, bias=False), atol=1e-9)
    assert np.isclose(facts.skewness, series.skew(), atol=1e-9)
    assert (facts.low, facts.high, facts.mean, facts.median) == pytest.approx(
        (low, high, series.mean(), series.median())
    )
    assert facts.outliers == ((series < low) | (series > high)).sum()
    assert facts.counts == dict(sorted(Counter(values).items()))


@pytest.mark.parametrize("values", [[3], [3, 4], [5, 5, 5]])
def test_lengths_without_a_spread_have_no_skewness(values: list[int]) -> None:
    assert lengths(values).skewness is None


@given(st.lists(st.tuples(st.integers(1, 80), st.booleans()), min_size=1, max_size=40))
def test_length_bins_are_those_of_the_notebook(rows: list[tuple[int, bool]]) -> None:
    tweets = [
        Tweet(str(place), ("w",) * n, ("B-person" if has else "O",) + ("O",) * (n - 1))
        for place, (n, has) in enumerate(rows)
    ]
    frame = pd.DataFrame(rows, columns=["length", "has_entity"])
    frame["bin"] = pd.cut(frame["length"], bins=[0, 5, 10, 15, 20, 40, 80], include_lowest=True)
    grouped = frame.groupby(["bin", "has_entity"], observed=False).size()
    expected = [
        (int(grouped.get((bin_, False), 0)), int(grouped.get((bin_, True), 0)))
        for bin_ in frame["bin"].cat.categories
    ]
    assert [(bin_.without_entity, bin_.with_entity) for bin_ in length_bins(tweets)] == expected


def test_a_tweet_longer_than_all_bins_has_one_of_its_own() -> None:
    assert length_bins([Tweet("1", ("w",) * 81, ("O",) * 81)])[-1] == LengthBin(81, None, 1, 0)


def test_transitions_stay_within_a_tweet() -> None:
    tweets = [tweet("a b c", "O B-person O"), tweet("d", "O"), tweet("e f", "O B-person")]
    assert transitions(tweets, ["O", "B-person"]) == [[0, 2], [1, 0]]


def test_a_split_is_a_table_with_a_row_a_word() -> None:
    empty = Tweet("1", ("Paris", "", "nice"), ("B-geo-loc", "O", "O"))
    facts = schema([PARIS, empty])
    assert facts.kinds == {
        "tweet": "string",
        "position": "integer",
        "word": "string",
        "tag": "string",
    }
    assert facts.missing == {"tweet": 0, "position": 0, "word": 1, "tag": 0}
    assert (facts.repeated_rows, facts.repeated_places) == (2, 3)


def test_names_are_counted_by_type_and_where_they_stand_untagged() -> None:
    tweets = CORPUS.splits["train"]
    assert [asdict(name) for name in frequent_names(tweets)] == [
        {"name": "paris", "types": {"geo-loc": 1, "person": 1}, "untagged": 1},
        {"name": "new york", "types": {"geo-loc": 1}, "untagged": 1},
    ]


def test_the_most_ambiguous_name_comes_first() -> None:
    tweets = [
        *[tweet("apple", "B-company")] * 9,
        *[tweet("apple", "B-product")],
        *[tweet("justin", "B-person")] * 3,
        *[tweet("justin", "B-musicartist")] * 2,
        *[tweet("rome", "B-geo-loc")] * 20,
    ]
    assert [(name.name, name.types) for name in ambiguous_names(tweets)] == [
        ("justin", {"person": 3, "musicartist": 2}),
        ("apple", {"company": 9, "product": 1}),
    ]


def test_conflicts_show_each_tagging_with_its_count() -> None:
    other = tweet("Paris is nice", "O O O", "4")
    (conflict,) = conflicts([PARIS, other, UNTAGGED, PARIS, UNTAGGED])
    assert asdict(conflict) == {
        "text": "Paris is nice",
        "taggings": [(["Paris (geo-loc)"], 2), ([], 1)],
    }


def test_a_name_is_unseen_when_no_entity_of_train_has_it_whatever_its_type() -> None:
    assert count_unseen(CORPUS, "dev") == {"person": (1, 2), "geo-loc": (0, 0)}


@pytest.mark.skipif(
    "TWEETNER_DATA" not in os.environ, reason="needs the WNUT-16 corpus in $TWEETNER_DATA"
)
def test_the_notebooks_figures_come_out() -> None:
    facts = explore(load_corpus("wnut16"))
    train, test = facts.splits["train"], facts.splits["test"]
    assert (sum(train.tags.values()), sum(test.tags.values())) == (46469, 61908)
    assert set(train.tags) == set(tags_of(facts.types))
    assert list(train.tags.items())[:8] == [
        *(("O", 44007), ("B-person", 449), ("I-other", 320), ("B-geo-loc", 276), ("B-other", 225)),
        *(("I-person", 215), ("B-company", 171), ("I-facility", 105)),
    ]
    assert (round(train.lengths.skewness, 2), train.lengths.low, train.lengths.high) == (
        -0.11,
        -2.5,
        41.5,
    )
    assert train.lengths.outliers == 0
    assert [(bin_.without_entity, bin_.with_entity) for bin_ in train.length_bins] == [
        *((60, 7), (213, 66), (290, 138), (314, 189), (599, 518), (0, 0)),
    ]
    assert (
        set(train.schema.missing.values()),
        train.schema.repeated_rows,
        train.schema.repeated_places,
    ) == ({0}, 0, 0)
    assert (facts.audit.splits["train"].repeats, len(train.conflicts)) == (99, 14)
    assert [round(100 * comparison.unseen_rate) for comparison in facts.audit.comparisons] == [
        85,
        85,
    ]
