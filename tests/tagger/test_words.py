"""Tags and entities of many tweets at once, held against the rules for one tweet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.tagger.words import TaggedWords, entities_of_words, repaired
from tweetner.tags import repair, tags_of, tags_to_entities
from tweetner.tokenization import bounds_of

TYPES = ["geo-loc", "person"]
TAGS = tags_of(TYPES)
tweets_of_labels = st.lists(st.lists(st.integers(0, len(TAGS) - 1), max_size=8), max_size=8)


def tagged(tweets: list[list[int]], seed: int = 0) -> TaggedWords:
    labels = np.array([label for tweet in tweets for label in tweet], np.int64)
    log_probabilities = -np.random.default_rng(seed).random((len(labels), len(TAGS)), np.float32)
    return TaggedWords(labels, log_probabilities, bounds_of([len(tweet) for tweet in tweets]))


@given(tweets_of_labels, st.integers(0, 99))
def test_entities_of_many_tweets_are_those_of_each_with_the_mean_of_its_words(
    tweets: list[list[int]], seed: int
) -> None:
    words = tagged(tweets, seed)
    found = list(entities_of_words(words))
    expected = [
        (TYPES.index(entity.type), entity.start, entity.end, number)
        for number, tweet in enumerate(tweets)
        for entity in tags_to_entities([TAGS[label] for label in tweet])
    ]
    assert [(one.type, one.first, one.last, one.tweet) for one in found] == expected
    for one in found:
        first = int(words.bounds[one.tweet])
        own = range(first + one.first, first + one.last)
        mean = sum(
            float(np.exp(words.log_probabilities[word, words.labels[word]])) for word in own
        ) / len(own)
        assert one.score == pytest.approx(mean, abs=1e-6)


@given(tweets_of_labels)
def test_the_repair_of_many_tweets_is_that_of_each(tweets: list[list[int]]) -> None:
    expected = [tag for tweet in tweets for tag in repair([TAGS[label] for label in tweet])]
    assert [TAGS[label] for label in repaired(tagged(tweets)).labels] == expected
