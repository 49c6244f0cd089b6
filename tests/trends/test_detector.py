import numpy as np
import pytest

from tweetner.trends import Counts, Detector, TrendOptions

HOUR = 3_600_000
OPTIONS = TrendOptions(bucket=HOUR, max_forms=1_000)


def counts(authors: dict[str, int], n_tweets: int = 1_000) -> Counts:
    forms = sorted(form for form, n in authors.items() if n)
    n = np.array([authors[form] for form in forms], dtype=np.int64)
    kinds = [(form, "other") for form in np.repeat(forms, n)]
    starts = np.concatenate([[0], np.cumsum(n)])
    ids: list[str | int] = list(range(int(n.sum())))
    return Counts(forms, n, starts, np.full(len(ids), 0.9), kinds, ids, n_tweets)


def detector() -> Detector:
    return Detector(OPTIONS)


def test_poisson_counts_hardly_ever_alarm_and_a_rise_does() -> None:
    draw = np.random.default_rng(5)
    rates = {f"e{number:03}": rate for number, rate in enumerate(draw.lognormal(-1, 1.5, 300))}
    found = detector()
    n_alarms = 0
    for hour in range(100):
        closed = found.close(hour, counts({form: draw.poisson(r) for form, r in rates.items()}))
        n_alarms += int(closed.alarms.sum())
    assert n_alarms <= 4
    authors = {form: int(draw.poisson(rate)) for form, rate in rates.items()} | {"e000": 40}
    closed = found.close(100, counts(authors))
    assert [row["key"] for row in closed.rows] == ["e000"]


def test_nothing_alarms_before_there_is_a_past() -> None:
    everything = Detector(OPTIONS, describe_all=True)
    closed = everything.close(0, counts({"a": 1_000}))
    assert not closed.alarms.any()
    assert closed.rows == []
    assert closed.q.tolist() == [1.0]


def test_more_tweets_are_no_trend() -> None:
    found = detector()
    for hour in range(30):
        found.close(hour, counts({"a": 20, "b": 10}))
    assert not found.close(30, counts({"a": 200, "b": 100}, n_tweets=10_000)).alarms.any()
    assert found.close(31, counts({"a": 200, "b": 10})).alarms.tolist() == [True, False]


def test_an_empty_hour_ages_the_past() -> None:
    found = detector()
    found.close(0, counts({"a": 20}))
    before = found.past.n_tweets
    found.close(24, counts({}, n_tweets=1))
    assert found.past.n_tweets == before / 2 + 1


def test_an_alarm_enters_the_past_with_twice_what_was_expected_at_most() -> None:
    found = detector()
    for hour in range(30):
        found.close(hour, counts({"a": 5, "b": 10}))
    before = float(found.past.authors[0]) * found.past.decay(86_400_000)
    closed = found.close(30, counts({"a": 500, "b": 10}))
    assert closed.alarms.tolist() == [True, False]
    assert found.past.authors[0] - before == pytest.approx(2 * closed.expected[0] + 1)
