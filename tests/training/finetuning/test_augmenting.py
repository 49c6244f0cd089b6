"""Changed copies of training tweets: what each change does, and that a seed repeats them."""

import random
from collections.abc import Callable

import pytest

from tweetner.corpus import Tweet
from tweetner.training import RunConfig
from tweetner.training.finetuning.augmenting import (
    Change,
    augment,
    change_case,
    copy_some,
    glue_hashtags,
    joined,
    name_replacer,
    pieces_of,
    with_rare_type,
)

NEW_YORK = Tweet(
    "1",
    ("@ann", "landed", "in", "New", "York", ",", "so", "happy"),
    ("O", "O", "O", "B-geo-loc", "I-geo-loc", "O", "O", "O"),
)
EVERY_KIND = {"hashtag_copies": 0.5, "case_copies": 0.5, "name_copies": 0.5, "rare_copies": 1}


def names(tweet: Tweet) -> list[tuple[str, str]]:
    """The type and the text of each entity."""
    return [(type_, " ".join(tweet.words[start:end])) for type_, start, end in tweet.entities]


def changed_often(change: Change, tweet: Tweet = NEW_YORK) -> list[Tweet]:
    """Two hundred copies with a change."""
    random_ = random.Random(0)
    return [change(tweet, random_) for _ in range(200)]


def test_pieces_are_entities_and_single_words_and_make_the_same_tweet(
    many_tweets: list[Tweet],
) -> None:
    pieces = [(" ".join(piece.words), piece.type) for piece in pieces_of(NEW_YORK)]
    assert pieces[2:5] == [("in", ""), ("New York", "geo-loc"), (",", "")]
    assert [joined(tweet, list(pieces_of(tweet))) for tweet in many_tweets] == many_tweets


def test_hashtag_copies_glue_the_entity_and_a_quarter_of_the_plain_words() -> None:
    copies = changed_often(glue_hashtags)
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
    assert {names(copy)[0] for copy in changed_often(glue_hashtags, heart)} == {("other", "#3")}
    smiley = Tweet("1", ("i", ":)"), ("O", "B-other"))
    assert {names(copy)[0] for copy in changed_often(glue_hashtags, smiley)} == {("other", ":)")}


def test_case_copies_are_lower_upper_or_title_case_with_mentions_and_links_unchanged() -> None:
    tweet = Tweet("1", ("@Ann", "in", "PARIS", "http://t.co/Xy"), ("O", "O", "B-geo-loc", "O"))
    copies = changed_often(change_case, tweet)
    assert {copy.words[1:3] for copy in copies} == {
        ("in", "paris"),
        ("IN", "PARIS"),
        ("In", "Paris"),
    }
    for copy in copies:
        assert (copy.words[0], copy.words[3], copy.tags) == ("@Ann", "http://t.co/Xy", tweet.tags)


def test_name_copies_have_other_names_of_the_same_type(tiny_tweets: list[Tweet]) -> None:
    copies = changed_often(name_replacer(tiny_tweets), tiny_tweets[1])
    people, places = zip(*(names(copy) for copy in copies), strict=True)
    assert set(people) == {("person", name) for name in ("Tom Hanks", "Ann", "Bob")}
    assert set(places) == {("geo-loc", name) for name in ("New York", "Berlin", "Paris")}
    assert {copy.words[:2] for copy in copies} == {("@ann", "meets")}
    assert {copy.words[-1] for copy in copies} == {"!"}


def test_a_rare_type_is_one_of_fewer_than_a_twentieth_of_the_entities() -> None:
    person, movie = [Tweet(type_, ("X",), (f"B-{type_}",)) for type_ in ("person", "movie")]
    assert with_rare_type([*20 * [person], movie]) == [movie]
    assert with_rare_type([*19 * [person], movie]) == []


def test_a_share_of_the_tweets_is_copied_each_at_most_once(many_tweets: list[Tweet]) -> None:
    copies = copy_some(many_tweets, 0.5, lambda tweet, _: tweet, "seed")
    assert len(copies) == len(set(copies)) == 18
    assert set(copies) < set(many_tweets)


def test_the_tweets_stay_first_and_a_seed_repeats_their_copies(
    make: Callable[..., RunConfig], many_tweets: list[Tweet]
) -> None:
    config = make(**EVERY_KIND)
    first = augment(many_tweets, config, seed=1)
    assert first[:36] == many_tweets
    assert len(first) == 36 + 18 + 18 + 15  # five of six tweets have an entity; no type is rare
    assert augment(many_tweets, config, seed=1) == first
    assert augment(many_tweets, config, seed=2) != first
    assert augment(many_tweets, make(), seed=1) == many_tweets


def test_every_copy_is_made_of_words_and_names_of_the_tweets(
    make: Callable[..., RunConfig], many_tweets: list[Tweet]
) -> None:
    known = {name.lower() for tweet in many_tweets for _, name in names(tweet)}
    glued = {"#" + name.replace(" ", "") for name in known}
    for tweet in augment(many_tweets, make(**EVERY_KIND), seed=3):
        assert {name.lower() for _, name in names(tweet)} <= known | glued
