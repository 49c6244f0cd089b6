import random

import numpy as np

from tweetner.trends.counts import Bucket, Counts
from tweetner.trends.forms import normal_form
from tweetner.trends.records import Mention, Tweet

TWEETS = [
    Tweet(1, "a", "nina", [Mention("New York", "geo-loc", 0.9), Mention("Nike", "company", 0.6)]),
    Tweet(2, "b", "nina", [Mention("#NewYork", "geo-loc", 0.7)]),
    Tweet(3, "c", "omar", [Mention("New York", "sportsteam", 0.95)]),
    Tweet(4, "d", None, [Mention("Nike", "company", 0.5)]),
    Tweet(5, "e", None, [Mention("Nike", "company", 0.5), Mention("nike", "product", 0.3)]),
    Tweet(6, "f", "omar", []),
]


def count(tweets: list[Tweet]) -> Counts:
    bucket = Bucket()
    for tweet in tweets:
        bucket.add(tweet)
    return bucket.count(normal_form)


def test_a_form_is_counted_once_an_author_and_without_one_once_a_tweet() -> None:
    counts = count(TWEETS)
    assert counts.forms == ["newyork", "nike"]
    assert dict(zip(counts.forms, counts.authors.tolist(), strict=True)) == {
        "newyork": 2,
        "nike": 3,
    }
    assert dict(zip(counts.forms, counts.mentions.tolist(), strict=True)) == {
        "newyork": 3,
        "nike": 4,
    }
    assert counts.n_tweets == 6


def test_the_commonest_name_the_surest_type_and_the_first_tweets_describe_a_form() -> None:
    counts = count(TWEETS)
    names, types, examples = counts.describe(counts.forms.index("newyork"))
    assert list(names.items()) == [("New York", 2), ("#NewYork", 1)]
    assert list(types.items()) == [("geo-loc", 2), ("sportsteam", 1)]
    assert examples == ["a", "b", "c"]
    np.testing.assert_allclose(counts.score_sums, [2.55, 1.9])
    np.testing.assert_allclose(counts.scores_of(0), [0.9, 0.7, 0.95])


def test_the_same_tweet_twice_counts_once() -> None:
    once, twice = count(TWEETS), count(TWEETS + TWEETS)
    assert once.authors.tolist() == twice.authors.tolist()
    assert once.mentions.tolist() == twice.mentions.tolist()
    assert once.n_tweets == twice.n_tweets


def test_the_order_of_arrival_does_not_matter() -> None:
    shuffled = random.Random(1).sample(TWEETS, len(TWEETS))
    first, second = count(TWEETS), count(shuffled)
    assert first.forms == second.forms
    assert first.kinds == second.kinds
    assert first.tweets == second.tweets
    assert first.scores.tobytes() == second.scores.tobytes()


def test_a_bucket_without_mentions_has_no_forms() -> None:
    counts = count([Tweet(1, "a", "nina", [])])
    assert counts.forms == []
    assert len(counts.authors) == len(counts.score_sums) == 0
    assert counts.n_tweets == 1
