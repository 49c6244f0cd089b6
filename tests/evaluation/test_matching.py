from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.evaluation import CATEGORIES, Counts, TagPairs, score_entities
from tweetner.evaluation.matching import MatchCounts, count_matches, match_entities
from tweetner.evaluation.variants import boundary_scores
from tweetner.tags import Entity, tags_to_entities

# gold, predicted, categories in the order of the tweet
TABLE = [
    ("B-a I-a O", "B-a I-a O", ["right"]),
    ("B-a I-a O", "B-b I-b O", ["wrong type"]),
    ("B-a I-a O", "B-a O O", ["wrong boundary"]),
    ("B-a I-a O", "O B-b I-b", ["wrong type and boundary"]),
    ("B-a O O", "O O O", ["missed"]),
    ("O O O", "O B-a O", ["invented"]),
    ("B-a O B-b", "B-a B-b O", ["right", "invented", "missed"]),
    ("B-a I-a I-a", "B-a B-a I-a", ["invented", "wrong boundary"]),
    ("B-a B-b O", "B-b I-b O", ["missed", "wrong boundary"]),
    ("O O", "O O", []),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), TABLE)
def test_each_entity_is_answered_once_and_named_for_what_is_wrong(
    gold: str, predicted: str, expected: list[str]
) -> None:
    matches = match_entities(tags_to_entities(gold.split()), tags_to_entities(predicted.split()))
    assert [match.category for match in matches] == expected


tag_lists = st.lists(
    st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"]), min_size=7, max_size=7),
    min_size=2,
    max_size=2,
)


@given(tag_lists)
def test_every_entity_is_in_exactly_one_match(pair: list[list[str]]) -> None:
    gold, predicted = (tags_to_entities(tags) for tags in pair)
    matches = match_entities(gold, predicted)
    assert sorted(match.gold for match in matches if match.gold) == sorted(gold)
    assert sorted(match.predicted for match in matches if match.predicted) == sorted(predicted)


@given(tag_lists)
def test_the_order_of_entities_does_not_matter(pair: list[list[str]]) -> None:
    gold, predicted = (tags_to_entities(tags)[:4] for tags in pair)
    expected = match_entities(gold, predicted)
    assert all(match_entities(list(order), predicted) == expected for order in permutations(gold))


@given(tag_lists)
def test_counts_agree_with_exact_and_boundary_scores(pair: list[list[str]]) -> None:
    gold, predicted = [pair[0]], [pair[1]]
    counts, places = (
        count_matches(TagPairs(gold, predicted)),
        boundary_scores(TagPairs(gold, predicted)),
    )
    exact = score_entities(TagPairs(gold, predicted)).micro
    assert (counts.right, counts.predicted, counts.gold) == (exact.tp, exact.predicted, exact.gold)
    assert counts.right + counts.wrong_type == places.tp
    assert counts.partial.f1 >= places.f1 >= exact.f1


# gold, predicted, then what nervaluate 1.2.1 counts under `partial` (correct, partial, missed,
# spurious) and under `ent_type` (correct, incorrect, missed, spurious); the first six are its
# scenarios I to VI
NERVALUATE = [
    ("O B-a I-a O", "O B-a I-a O", (1, 0, 0, 0), (1, 0, 0, 0)),
    ("O O O O", "O B-b I-b O", (0, 0, 0, 1), (0, 0, 0, 1)),
    ("O B-a I-a O", "O O O O", (0, 0, 1, 0), (0, 0, 1, 0)),
    ("O B-a I-a O", "O B-b I-b O", (1, 0, 0, 0), (0, 1, 0, 0)),
    ("O B-a I-a O", "B-a I-a I-a O", (0, 1, 0, 0), (1, 0, 0, 0)),
    ("O B-a I-a O", "B-b I-b I-b O", (0, 1, 0, 0), (0, 1, 0, 0)),
    ("B-a O B-b", "B-a O B-a", (2, 0, 0, 0), (1, 1, 0, 0)),
    ("B-a I-a I-a", "B-a B-a I-a", (0, 1, 0, 1), (1, 0, 0, 1)),
    ("B-a B-b O", "B-b I-b O", (0, 1, 1, 0), (1, 0, 1, 0)),
    ("O B-a B-b I-b O O B-c", "O B-a I-a B-b O O B-c", (1, 2, 0, 0), (3, 0, 0, 0)),
    ("O B-a I-a I-a I-a O O B-b I-b", "O O B-a I-a O O O B-b I-b", (1, 1, 0, 0), (2, 0, 0, 0)),
]


@pytest.mark.parametrize(("gold", "predicted", "partial", "typed"), NERVALUATE)
def test_muc_counts_are_those_of_nervaluate(
    gold: str, predicted: str, partial: tuple[int, int, int, int], typed: tuple[int, int, int, int]
) -> None:
    counts = count_matches(TagPairs([gold.split()], [predicted.split()]))
    exact, right = counts.right + counts.wrong_type, counts.right + counts.wrong_boundary
    overlapping, wrong = (
        counts.wrong_boundary + counts.wrong_both,
        counts.wrong_type + counts.wrong_both,
    )
    assert (exact, overlapping, counts.missed, counts.invented) == partial
    assert (right, wrong, counts.missed, counts.invented) == typed
    assert counts.typed == Counts(right, counts.predicted, counts.gold)


def test_a_gold_entity_is_answered_by_its_own_type_and_not_by_the_first_that_overlaps() -> None:
    # nervaluate takes the first, so it counts an `ent_type` error here
    counts = count_matches(TagPairs([["B-a", "I-a"]], [["B-b", "B-a"]]))
    assert counts == MatchCounts(0, 0, 1, 0, 0, 1)


def test_muc_scores_of_a_worked_example() -> None:
    # 2 right, 1 wrong type, 2 wrong boundary, 1 wrong both, 2 missed, 3 invented:
    # 8 gold, 9 predicted
    counts = MatchCounts(2, 1, 2, 1, 2, 3)
    assert (counts.gold, counts.predicted) == (8, 9)
    assert counts.partial == pytest.approx((4.5 / 9, 4.5 / 8, 2 * 4.5 / 17))
    assert counts.typed == Counts(4, 9, 8)


def test_counts_of_nothing_are_zero() -> None:
    nothing = MatchCounts(0, 0, 0, 0, 0, 0)
    assert (nothing.partial, nothing.typed.f1) == ((0, 0, 0), 0)


def test_categories_are_in_the_order_of_the_counts() -> None:
    assert [
        name.replace("type and boundary", "both").replace(" ", "_") for name in CATEGORIES
    ] == list(MatchCounts.__dataclass_fields__)


def test_a_larger_overlap_wins() -> None:
    gold = [Entity("a", 0, 4)]
    matches = match_entities(gold, [Entity("a", 0, 1), Entity("a", 1, 4)])
    assert [match.predicted for match in matches if match.gold] == [Entity("a", 1, 4)]
