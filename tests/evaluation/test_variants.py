import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.evaluation import Counts, TagPairs, score_entities
from tweetner.evaluation.variants import boundary_scores, surface_scores

TAGS = ["O", "B-person", "I-person", "B-movie", "I-movie"]


def test_boundaries_count_whatever_the_type() -> None:
    gold = [["B-person", "I-person", "O", "B-movie"]]
    predicted = [["B-movie", "I-movie", "O", "O"]]
    assert score_entities(TagPairs(gold, predicted)).micro == Counts(0, 1, 2)
    assert boundary_scores(TagPairs(gold, predicted)) == Counts(1, 1, 2)


# why, words, gold, predicted (| separates tweets), then what wnuteval.py, the scorer of the WNUT-17
# shared task, printed under "surface form": right, predicted, gold
SURFACE = [
    ("a name tweeted twice counts once", "Rome Rome", "B-geo B-geo", "B-geo O", (1, 1, 1)),
    ("case tells names apart", "Rome rome", "B-geo B-geo", "B-geo O", (1, 1, 2)),
    ("types tell names apart", "Rome Rome", "B-geo B-movie", "B-geo B-geo", (1, 1, 2)),
    ("a name found in a wrong place is not right", "Rome Rome", "B-geo O", "O B-geo", (0, 1, 1)),
    (
        "words are compared, not the joined text",
        "New York",
        "B-geo I-geo",
        "B-geo B-geo",
        (0, 2, 1),
    ),
    (
        "a name right in one tweet is right",
        "Rome | Rome",
        "B-geo | B-geo",
        "B-geo | B-movie",
        (1, 2, 1),
    ),
    (
        "a name missed in one tweet is not missed",
        "Rome | Rome",
        "B-geo | B-geo",
        "O | B-geo",
        (1, 1, 1),
    ),
    ("an I- after O begins a name", "in Rome Rome", "O I-geo I-geo", "O B-geo I-geo", (1, 1, 1)),
    (
        "an I- of another type begins a name",
        "Ann Lee",
        "B-person I-movie",
        "B-person B-movie",
        (2, 2, 2),
    ),
    ("no gold", "so what | no", "O O | O", "B-geo O | B-geo", (0, 2, 0)),
    ("no predictions", "Up Up Up", "B-movie O B-movie", "O O O", (0, 0, 1)),
    ("nothing is nothing", "so what", "O O", "O O", (0, 0, 0)),
]


@pytest.mark.parametrize(
    ("why", "words", "gold", "predicted", "expected"), SURFACE, ids=[row[0] for row in SURFACE]
)
def test_surface_forms_are_counted_as_the_wnut17_scorer_counts_them(
    why: str, words: str, gold: str, predicted: str, expected: tuple[int, int, int]
) -> None:
    sides = [[tweet.split() for tweet in side.split("|")] for side in (words, gold, predicted)]
    assert surface_scores(sides[0], TagPairs(*sides[1:])) == Counts(*expected)


@given(st.integers(0, 10_000))
def test_where_every_word_is_another_one_surface_forms_are_the_exact_scores(seed: int) -> None:
    random_ = random.Random(seed)
    gold = [random_.choices(TAGS, k=6) for _ in range(4)]
    predicted = [[random_.choice([tag, *TAGS]) for tag in tweet] for tweet in gold]
    words = [[f"{row}-{column}" for column in range(6)] for row in range(4)]
    assert (
        surface_scores(words, TagPairs(gold, predicted))
        == score_entities(TagPairs(gold, predicted)).micro
    )
