"""Copies of training tweets with hashtags: which words are glued, and that a seed repeats them."""

import random

import pytest

from tweetner.corpus import Tweet
from tweetner.training.finetuning.augmenting import (
    glue_hashtags,
    joined,
    pieces_of,
    with_hashtag_copies,
)

NEW_YORK = Tweet(
    "1",
    ("@ann", "landed", "in", "New", "York", ",", "so", "happy"),
    ("O", "O", "O", "B-geo-loc", "I-geo-loc", "O", "O", "O"),
)


def names(tweet: Tweet) -> list[tuple[str, str]]:
    """The type and the text of each entity."""
    return [(type_, " ".join(tweet.words[start:end])) for type_, start, end in tweet.entities]


def glued_often(tweet: Tweet) -> list[Tweet]:
    """Two hundred copies with hashtags."""
    random_ = random.Random(0)
    return [glue_hashtags(tweet, random_) for _ in range(200)]


def test_pieces_are_entities_and_single_words_and_make_the_same_tweet(
    many_tweets: list[Tweet],
) -> None:
    pieces = [(" ".join(piece.words), piece.type) for piece in pieces_of(NEW_YORK)]
    assert pieces[2:5] == [("in", ""), ("New York", "geo-loc"), (",", "")]
    assert [joined(tweet, list(pieces_of(tweet))) for tweet in many_tweets] == many_tweets


def test_hashtag_copies_glue_the_entity_and_a_quarter_of_the_plain_words() -> None:
    copies = glued_often(NEW_YORK)
    entities = {names(copy)[0] for copy in copies}
    assert entities == {("geo-loc", "#NewYork"), ("geo-loc", "#newyork")}
    lengths = {len(copy.words) for copy in copies}
    assert {6, 7} <= lengths <= {5, 6, 7}  # "landed in" and "so happy" may be one hashtag each
    for copy in copies:
        assert copy.words[0] == "@ann"
        assert "," in copy.words
        lowered = "".join(copy.words).lower().replace("#", "")
        assert lowered == "@annlandedinnewyork,sohappy"
    written = [word for copy in copies for word in copy.words]
    assert {"#landed", "#Landed", "#landedin", "#LandedIn"} <= set(written)
    happy = sum("happy" in word.lower() and word[0] == "#" for word in written)
    assert happy / len(copies) == pytest.approx(0.25, abs=0.1)


def test_an_entity_without_letters_stays_as_it_is() -> None:
    heart = Tweet("1", ("i", "<3"), ("O", "B-other"))
    assert {names(copy)[0] for copy in glued_often(heart)} == {("other", "#3")}
    smiley = Tweet("1", ("i", ":)"), ("O", "B-other"))
    assert {names(copy)[0] for copy in glued_often(smiley)} == {("other", ":)")}


def test_the_tweets_stay_first_and_a_seed_repeats_the_copies_of_a_share(
    many_tweets: list[Tweet],
) -> None:
    first = with_hashtag_copies(many_tweets, 0.5, seed=1)
    assert first[:36] == many_tweets
    assert len(first) == 36 + 18
    assert with_hashtag_copies(many_tweets, 0.5, seed=1) == first
    assert with_hashtag_copies(many_tweets, 0.5, seed=2) != first
    assert with_hashtag_copies(many_tweets, 0.0, seed=1) == many_tweets


def test_a_copy_keeps_the_types_and_letters_of_its_tweets_entities(
    many_tweets: list[Tweet],
) -> None:
    copies = with_hashtag_copies(many_tweets, 1.0, seed=3)[36:]
    written = {letters(tweet): entity_letters(tweet) for tweet in many_tweets}
    assert len(copies) == len(written) == 36
    for copy in copies:
        assert written[letters(copy)] == entity_letters(copy)


def letters(tweet: Tweet) -> str:
    """The letters of a tweet, in lower case and without hashes."""
    return "".join(tweet.words).lower().replace("#", "")


def entity_letters(tweet: Tweet) -> list[tuple[str, str]]:
    """The type and the letters of each entity."""
    return [(type_, name.lower().replace("#", "").replace(" ", "")) for type_, name in names(tweet)]
