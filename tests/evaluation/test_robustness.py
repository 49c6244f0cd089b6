import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.evaluation import robustness
from tweetner.evaluation.robustness import CHANGES, changed
from tweetner.tags import count_ill_formed, repair, tags_to_entities

# change, words before, tags before, words after, tags after
TABLE = [
    ("lower case", "OMG New York", "O B-geo I-geo", "omg new york", "O B-geo I-geo"),
    ("lower case", "RT @Bob http://t.co/X", "O B-x O", "rt @Bob http://t.co/X", "O B-x O"),
    (
        "upper case",
        "in Rome @bob http://t.co/x",
        "O B-geo O O",
        "IN ROME @bob http://t.co/x",
        "O B-geo O O",
    ),
    (
        "@user and URL masked",
        "@bob @bob: https://t.co/x a@b",
        "B-x O O O",
        "@user @bob: http a@b",
        "B-x O O O",
    ),
    ("entities as hashtags", "in New York now", "O B-geo I-geo O", "in #NewYork now", "O B-geo O"),
    ("entities as hashtags", "#Rome O'Neil", "B-geo B-x", "#Rome #ONeil", "B-geo B-x"),
    (
        "hashtags split",
        "#NewYork2016 rocks",
        "B-geo O",
        "New York 2016 rocks",
        "B-geo I-geo I-geo O",
    ),
    (
        "hashtags split",
        "#WWETonight # #東京",
        "B-x O B-geo",
        "WWE Tonight # 東京",
        "B-x I-x O B-geo",
    ),
    ("hashtags split", "go #iOS now", "O O O", "go i OS now", "O O O O"),
    ("HTML entities", "AT&T <3", "B-company O", "AT&amp;T &lt;3", "B-company O"),
    ("HTML entities", "AT&amp;T", "B-company", "AT&amp;T", "B-company"),
]


@pytest.mark.parametrize(("change", "words", "tags", "new_words", "new_tags"), TABLE)
def test_a_change_does_this_to_a_tweet(
    change: str, words: str, tags: str, new_words: str, new_tags: str
) -> None:
    found = CHANGES[change](words.split(), tags.split(), random.Random(0))
    assert found == (new_words.split(), new_tags.split())


WORDS = st.sampled_from(
    ["New", "york", "#NewYork", "@bob", "http://t.co/x", "AT&T", "soo", "2016", "#", "❤️", "O'Neil"]
)
tweets = st.lists(
    st.tuples(WORDS, st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"])), min_size=1, max_size=9
)


@pytest.mark.parametrize("change", CHANGES)
@given(tweet=tweets, seed=st.integers(0, 99))
def test_entities_are_carried_through(change: str, tweet: list[tuple[str, str]], seed: int) -> None:
    words, tags = [word for word, _ in tweet], repair([tag for _, tag in tweet])
    before = words.copy(), tags.copy()
    new_words, new_tags = CHANGES[change](words, tags, random.Random(seed))
    assert (words, tags) == before
    assert len(new_words) == len(new_tags)
    assert all(new_words)
    assert count_ill_formed(new_tags) == 0
    assert [entity.type for entity in tags_to_entities(new_tags)] == [
        entity.type for entity in tags_to_entities(tags)
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_seed_gives_the_same_tweets(change: str) -> None:
    words, tags = [["Good", "morning", "beautiful", "Rome"]] * 9, [["O", "O", "O", "B-geo"]] * 9
    assert changed(words, tags, change, seed=1) == changed(words, tags, change, seed=1)


@pytest.mark.parametrize("change", ["elongation", "typos", "emoji inserted"])
def test_random_changes_change_some_words_and_differ_between_seeds(change: str) -> None:
    words, tags = [["Good", "morning", "beautiful", "Rome"]] * 30, [["O", "O", "O", "B-geo"]] * 30
    first, second = changed(words, tags, change, seed=1)[0], changed(words, tags, change, seed=2)[0]
    assert first != second
    assert first != words


def test_a_typo_is_one_edit() -> None:
    words = ["beautiful"] * 200
    typos = {
        word
        for word in CHANGES["typos"](words, ["O"] * 200, random.Random(0))[0]
        if word != "beautiful"
    }
    assert len(typos) > 5
    assert all(abs(len(word) - 9) <= 1 and word[0] == "b" for word in typos)


def test_every_change_is_scored_against_its_own_gold() -> None:
    words, tags = [["in", "New", "York"], ["#Rome"]], [["O", "B-geo", "I-geo"], ["B-geo"]]
    asked = []

    def tag(new_words: str):
        asked.append(new_words)
        return [["B-geo" if word[:1] == "#" else "O" for word in tweet] for tweet in new_words]

    scores = robustness(words, tags, tag, types=["geo", "movie"])
    assert list(scores) == list(CHANGES)
    assert len(asked) == len(CHANGES)
    assert scores["entities as hashtags"].by_type["geo"].f1 == 1
    assert (scores["hashtags split"].by_type["geo"].f1, scores["lower case"].by_type["geo"].tp) == (
        0,
        1,
    )
    assert all("movie" in found.by_type for found in scores.values())
