import numpy as np

from tweetner.trends.counts import Counts
from tweetner.trends.past import HALF_LIFE, Past

HOUR = 3_600_000


def counts(forms: list[str], authors: list[int], n_tweets: int) -> Counts:
    n = sum(authors)
    starts = np.concatenate([[0], np.cumsum(authors)])
    return Counts(
        forms, np.array(authors), starts, np.full(n, 0.5), [("a", "b")] * n, [*range(n)], n_tweets
    )


def add(past: Past, time: int, forms: list[str], authors: list[int], n_tweets: int) -> None:
    found = counts(forms, authors, n_tweets)
    past.add(time, found, found.authors.astype(float), past.admit(forms))


def test_a_count_weighs_half_after_the_half_life() -> None:
    past = Past(100, HOUR)
    add(past, 0, ["a", "b"], [8, 2], 100)
    past.age(HALF_LIFE // HOUR)
    np.testing.assert_allclose(past.authors, [4, 1])
    assert past.n_tweets == 50
    np.testing.assert_allclose(past.columns[2], [2, 0.5])


def test_the_prediction_is_the_share_of_the_past_with_half_an_author_more() -> None:
    past = Past(100, HOUR)
    add(past, 0, ["a", "b"], [8, 2], 100)
    past.admit(["new"])
    expected, strength = past.predict(200, HOUR, seasonal=False)
    np.testing.assert_allclose(expected, [17, 5, 1])
    assert strength[0] > 15
    assert strength[2] == 0.5


def test_a_seasonal_prediction_takes_the_larger_mean() -> None:
    past = Past(100, HOUR)
    add(past, 0, ["a"], [50], 100)
    for hour in range(1, 24):
        add(past, hour * HOUR, ["a"], [1], 100)
    at_midnight = past.predict(100, 24 * HOUR, seasonal=True)[0][0]
    at_noon = past.predict(100, 36 * HOUR, seasonal=True)[0][0]
    assert at_midnight == 50.5
    assert at_noon == past.predict(100, 36 * HOUR, seasonal=False)[0][0] < 4


def test_the_weakest_forms_are_dropped_and_what_they_had_is_bounded() -> None:
    past = Past(10, HOUR)
    names = [f"e{number:02}" for number in range(20)]
    add(past, 0, names, [*range(1, 21)], 1_000)
    past.drop_weakest()
    assert list(past.rows) == names[11:]
    assert list(past.rows.values()) == [*range(9)]
    assert past.floor == 11
    assert past.n_dropped == 11
    assert past.columns.shape[1] == past.hourly.shape[1] == 9
    row = past.admit(["e00"])[0]
    assert past.authors[row] == past.floor  # never below its true count, which was 1


def test_without_a_past_there_is_no_prediction() -> None:
    past = Past(10, HOUR)
    past.admit(["a"])
    assert np.isnan(past.predict(100, 0, seasonal=False)[0]).all()
