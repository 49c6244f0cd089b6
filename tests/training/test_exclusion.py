"""Text that repeats evaluation tweets is found, whatever its spaces and its letter case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.corpus import load_tweets
from tweetner.training.exclusion import N_SHARED, ExcludedText, load_excluded

EVALUATED = "just landed in New York , it is much colder here than I thought :("
EXCLUDED = ExcludedText([EVALUATED, "so tired", "Tom &amp; Jerry"])


@pytest.mark.parametrize(
    ("tweet", "reason"),
    [
        (EVALUATED, "equal"),
        ("Just landed in New York, it is much colder here than I thought:(", "equal"),
        ("SO TIRED", "equal"),
        ("tom & jerry", "equal"),
        ("so tired of it", None),
        ("RT @ann: just landed in New York, it is much colder here than Rome", "shared"),
        (f"he said {EVALUATED[:40]}", "shared"),
        (f"he said {EVALUATED[:39]}", None),
        (f"{EVALUATED[-40:]} indeed", "shared"),
        ("New York , it is much", None),
        ("", None),
    ],
)
def test_a_tweet_is_left_out_if_it_equals_or_shares_forty_characters(
    tweet: str, reason: str | None
) -> None:
    assert EXCLUDED.find(tweet) == reason


words = st.lists(st.text("abc", min_size=1, max_size=9), min_size=1, max_size=14).map(" ".join)


@given(words, words, words)
def test_the_index_finds_what_a_plain_search_finds(left: str, tweet: str, right: str) -> None:
    excluded = ExcludedText([tweet])
    other = f"{left} {tweet[: N_SHARED + 5]} {right}"
    squeezed = other.replace(" ", "")
    windows = [tweet[i : i + N_SHARED] for i in range(len(tweet) - N_SHARED + 1)]
    shares = any(window.replace(" ", "") in squeezed for window in windows)
    found = excluded.find(other)
    assert (found is not None) == (shares or squeezed == tweet.replace(" ", ""))


def test_splits_of_a_corpus_are_excluded() -> None:
    excluded = load_excluded(["sample:dev", "sample:test"])
    for split, reason in (("dev", "equal"), ("test", "equal"), ("train", None)):
        found = {excluded.find(" ".join(tweet.words)) for tweet in load_tweets(f"sample:{split}")}
        assert reason in found
        assert found == {reason} or split == "train"


def test_a_split_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a split train, dev, test, got 'final'"):
        load_excluded(["sample:final"])
