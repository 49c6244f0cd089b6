import pytest

from tweetner.corpus import Tweet, letter_case
from tweetner.evaluation import TagPairs, score_entities
from tweetner.evaluation.rare import GROUPS, TrainingNames, rare_recall

TRAIN = [
    Tweet("1", ("New", "York"), ("B-geo-loc", "I-geo-loc")),
    Tweet("2", ("Rome", "Rome", "rome"), ("B-geo-loc", "B-person", "B-geo-loc")),
    Tweet("3", ("iPhone",), ("B-product",)),
]

WORDS = [["NEW", "YORK", "and", "#Rome"], ["Oslo"], ["roMe", "Up", "in", "the", "Air"]]
GOLD = [
    ["B-geo-loc", "I-geo-loc", "O", "B-person"],
    ["B-movie"],
    ["B-product", "B-movie", *["I-movie"] * 3],
]
PREDICTED = [
    ["B-geo-loc", "I-geo-loc", "O", "O"],
    ["O"],
    ["B-product", "B-movie", *["I-movie"] * 3],
]


def recalls(training: TrainingNames | None) -> dict[tuple[str, str], list[int]]:
    rare = rare_recall(WORDS, TagPairs(GOLD, PREDICTED), training)
    sums = rare.counts.sum(axis=0).tolist()
    return {group: counts for group, counts in zip(rare.groups, sums, strict=True) if counts[1]}


def test_names_are_counted_lower_cased_and_whatever_their_type() -> None:
    names = TrainingNames.of(TRAIN)
    assert names.names == {"new york": 1, "rome": 3, "iphone": 1}
    assert names.types == {"geo-loc": 3, "person": 1, "product": 1}


def test_every_group_has_its_found_and_gold_entities() -> None:
    assert recalls(TrainingNames.of(TRAIN)) == {
        ("name in training", "seen"): [2, 2],
        ("name in training", "unseen"): [1, 3],
        ("times in training", "0"): [1, 3],
        ("times in training", "1"): [1, 1],
        ("times in training", "2–4"): [1, 1],
        ("share of type in training", "under 5%"): [1, 2],
        ("share of type in training", "over 15%"): [2, 3],
        ("case", "Title"): [1, 3],
        ("case", "UPPER"): [1, 1],
        ("case", "mixed"): [1, 1],
        ("hashtag in the name", "no"): [3, 4],
        ("hashtag in the name", "yes"): [0, 1],
        ("words in the name", "1"): [1, 3],
        ("words in the name", "2"): [1, 1],
        ("words in the name", "4+"): [1, 1],
    }


def test_without_training_text_only_the_way_of_writing_is_grouped() -> None:
    assert {dimension for dimension, _ in recalls(None)} == {
        "case",
        "hashtag in the name",
        "words in the name",
    }


@pytest.mark.parametrize("training", [None, TrainingNames.of(TRAIN)])
def test_each_dimension_holds_all_gold_entities_once(training: TrainingNames | None) -> None:
    micro = score_entities(TagPairs(GOLD, PREDICTED)).micro
    groups = recalls(training)
    for dimension in {dimension for dimension, _ in groups}:
        rows = [
            groups[dimension, name] for name in GROUPS[dimension] if (dimension, name) in groups
        ]
        assert [sum(column) for column in zip(*rows, strict=True)] == [micro.tp, micro.gold]


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("rome", "lower"),
        ("Rome", "Title"),
        ("#Rome", "Title"),
        ("@Rome", "Title"),
        ("A", "Title"),
        ("New York 2", "Title"),
        ("Lord of the Rings", "Title"),
        ("Michael jackson", "mixed"),
        ("NYC", "UPPER"),
        ("A$AP", "UPPER"),
        ("iPhone", "mixed"),
        ("McDonalds", "mixed"),
        ("49", "no letters"),
        ("東京", "no letters"),
    ],
)
def test_case_patterns(name: str, case: str) -> None:
    assert letter_case(name) == case
