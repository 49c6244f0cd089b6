import json
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tweetner.evaluation import Counts, EntityScores, TagPairs, score_entities
from tweetner.evaluation.entities import Ratios
from tweetner.tags import WNUT16_TYPES, repair, tags_of

ALPHABET = ["O", "B-person", "I-person", "B-geo-loc", "I-geo-loc"]

# gold and predicted (| separates tweets), then the output of conlleval.pl, version 2004-01-26:
# entities in gold, found and correct; and of each type precision, recall, FB1 and the number found
CONLLEVAL = [
    # well-formed
    ("B-a I-a O", "B-a I-a O", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("B-a I-a O", "B-b I-b O", (1, 1, 0), {"a": (0.0, 0.0, 0.0, 0), "b": (0.0, 0.0, 0.0, 1)}),
    ("B-a I-a O", "B-a O O", (1, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    ("B-a O O", "B-a I-a O", (1, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    ("B-a B-a", "B-a I-a", (2, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    ("B-a I-a", "B-a B-a", (1, 2, 0), {"a": (0.0, 0.0, 0.0, 2)}),
    ("B-a I-a I-a", "O B-a I-a", (1, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    ("B-a O B-a", "B-a I-a I-a", (2, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    (
        "B-a I-a O B-b | O B-a",
        "B-a I-a O B-a | O B-a",
        (3, 3, 2),
        {"a": (66.67, 100.0, 80.0, 3), "b": (0.0, 0.0, 0.0, 0)},
    ),
    # types with hyphens
    (
        "B-geo-loc I-geo-loc O",
        "B-geo-loc I-geo-loc B-geo-loc",
        (1, 2, 1),
        {"geo-loc": (50.0, 100.0, 66.67, 2)},
    ),
    (
        "B-geo-loc I-geo-loc",
        "B-geo I-geo",
        (1, 1, 0),
        {"geo": (0.0, 0.0, 0.0, 1), "geo-loc": (0.0, 0.0, 0.0, 0)},
    ),
    (
        "B-x-y I-x-z",
        "B-x-y I-x-y",
        (2, 1, 0),
        {"x-y": (0.0, 0.0, 0.0, 1), "x-z": (0.0, 0.0, 0.0, 0)},
    ),
    # I- after O
    ("O I-a I-a", "O B-a I-a", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("O B-a I-a", "O I-a I-a", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("O I-a O", "O I-a O", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("O I-a O", "O I-b O", (1, 1, 0), {"a": (0.0, 0.0, 0.0, 0), "b": (0.0, 0.0, 0.0, 1)}),
    # I- at the start of a tweet
    ("I-a I-a", "B-a I-a", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("B-a I-a", "I-a I-a", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("O | I-a O", "O | B-a O", (1, 1, 1), {"a": (100.0, 100.0, 100.0, 1)}),
    ("B-a | I-a", "B-a | B-a", (2, 2, 2), {"a": (100.0, 100.0, 100.0, 2)}),
    ("B-a | I-a I-a", "B-a | I-a O", (2, 2, 1), {"a": (50.0, 50.0, 50.0, 2)}),
    # I- of another type
    (
        "B-a I-b",
        "B-a I-b",
        (2, 2, 2),
        {"a": (100.0, 100.0, 100.0, 1), "b": (100.0, 100.0, 100.0, 1)},
    ),
    ("B-a I-a", "B-a I-b", (1, 2, 0), {"a": (0.0, 0.0, 0.0, 1), "b": (0.0, 0.0, 0.0, 1)}),
    (
        "B-a I-b I-b",
        "B-a B-b I-b",
        (2, 2, 2),
        {"a": (100.0, 100.0, 100.0, 1), "b": (100.0, 100.0, 100.0, 1)},
    ),
    (
        "I-a B-a I-b I-b",
        "I-a I-a B-b I-b",
        (3, 2, 1),
        {"a": (0.0, 0.0, 0.0, 1), "b": (100.0, 100.0, 100.0, 1)},
    ),
    (
        "B-a I-a I-b I-a",
        "B-a I-a B-b B-a",
        (3, 3, 3),
        {"a": (100.0, 100.0, 100.0, 2), "b": (100.0, 100.0, 100.0, 1)},
    ),
    # I- after a gap
    (
        "B-a I-a O I-a",
        "B-a I-a O I-b",
        (2, 2, 1),
        {"a": (100.0, 50.0, 66.67, 1), "b": (0.0, 0.0, 0.0, 1)},
    ),
    ("B-a O I-a", "B-a I-a I-a", (2, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    (
        "I-a I-b I-a I-b",
        "B-a I-b B-a I-b",
        (4, 4, 4),
        {"a": (100.0, 100.0, 100.0, 2), "b": (100.0, 100.0, 100.0, 2)},
    ),
    # no gold, no predictions, neither
    ("O O", "O O", (0, 0, 0), {}),
    ("O O", "B-a I-a", (0, 1, 0), {"a": (0.0, 0.0, 0.0, 1)}),
    ("B-a I-a", "O O", (1, 0, 0), {"a": (0.0, 0.0, 0.0, 0)}),
    ("O | I-a", "O | O", (1, 0, 0), {"a": (0.0, 0.0, 0.0, 0)}),
]

# the same of 50 random tweets a seed, four hundred in all
CONLLEVAL_RANDOM = [
    (
        0,
        (154, 145, 57),
        {"geo-loc": (30.49, 36.76, 33.33, 82), "person": (50.79, 37.21, 42.95, 63)},
    ),
    (1, (151, 145, 49), {"geo-loc": (35.82, 30.77, 33.1, 67), "person": (32.05, 34.25, 33.11, 78)}),
    (
        2,
        (155, 156, 61),
        {"geo-loc": (40.45, 43.37, 41.86, 89), "person": (37.31, 34.72, 35.97, 67)},
    ),
    (3, (133, 136, 45), {"geo-loc": (28.12, 30.0, 29.03, 64), "person": (37.5, 36.99, 37.24, 72)}),
    (4, (150, 159, 62), {"geo-loc": (37.35, 38.27, 37.8, 83), "person": (40.79, 44.93, 42.76, 76)}),
    (5, (165, 160, 66), {"geo-loc": (41.33, 37.8, 39.49, 75), "person": (41.18, 42.17, 41.67, 85)}),
    (
        6,
        (149, 147, 66),
        {"geo-loc": (43.24, 43.24, 43.24, 74), "person": (46.58, 45.33, 45.95, 73)},
    ),
    (7, (133, 128, 44), {"geo-loc": (35.0, 33.33, 34.15, 60), "person": (33.82, 32.86, 33.33, 68)}),
]

# the same of WNUT-16 test, where every twentieth tag is drawn anew
CONLLEVAL_WNUT16 = (
    (3473, 6341, 3198),
    {
        "company": (65.82, 95.49, 77.92, 901),
        "facility": (40.62, 88.14, 55.61, 549),
        "geo-loc": (74.64, 93.76, 83.12, 1108),
        "movie": (9.79, 94.12, 17.73, 327),
        "musicartist": (35.55, 95.29, 51.78, 512),
        "other": (60.16, 88.7, 71.7, 861),
        "person": (56.49, 92.12, 70.03, 786),
        "product": (40.07, 86.99, 54.87, 534),
        "sportsteam": (30.63, 92.52, 46.02, 444),
        "tvshow": (9.09, 87.88, 16.48, 319),
    },
)

# gold, predicted and {type: (right, predicted, gold)}, read as strict IOB2:
# a run that begins with I- is no entity
STRICT = [
    ("B-a I-a", "I-a I-a", {"a": (0, 0, 1)}),
    ("B-a I-b", "B-a I-b", {"a": (1, 1, 1)}),
    ("O I-a I-a", "O B-a I-a", {"a": (0, 1, 0)}),
    ("B-a I-a", "B-a I-a", {"a": (1, 1, 1)}),
]


@st.composite
def gold_and_predicted(draw: st.DrawFn) -> tuple[list[list[str]], list[list[str]]]:
    lengths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    tags = st.sampled_from(ALPHABET)
    gold = [draw(st.lists(tags, min_size=n, max_size=n)) for n in lengths]
    return gold, [[draw(st.sampled_from([tag, tag, *ALPHABET])) for tag in tweet] for tweet in gold]


def counts_of(
    gold: str, predicted: str, *, strict: bool = False
) -> dict[str, tuple[int, int, int]]:
    scores = score_entities(TagPairs([gold.split()], [predicted.split()]), strict=strict)
    return {
        type_: (counts.tp, counts.predicted, counts.gold)
        for type_, counts in scores.by_type.items()
    }


def random_tweets(seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return well- and ill-formed tags, and predictions that are right for over a third."""
    random_ = random.Random(seed)

    def pick(tags: list[str]) -> str:
        return tags[
            int(len(tags) * random_.random())
        ]  # random() alone is the same in every version of Python

    gold = [
        [pick(["O", *ALPHABET]) for _ in range(1 + int(9 * random_.random()))] for _ in range(50)
    ]
    return gold, [[pick([tag, tag, "O", *ALPHABET]) for tag in tweet] for tweet in gold]


def assert_printed(
    scores: EntityScores, totals: tuple[int, ...], by_type: dict[str, tuple[float, ...]]
) -> None:
    assert (scores.micro.gold, scores.micro.predicted, scores.micro.tp) == totals
    assert scores.by_type.keys() == by_type.keys()
    for type_, counts in scores.by_type.items():
        percent = [round(100 * ratio, 2) for ratio in (counts.precision, counts.recall, counts.f1)]
        assert (*percent, counts.predicted) == by_type[type_]


@pytest.mark.parametrize(("gold", "predicted", "totals", "by_type"), CONLLEVAL)
def test_scores_are_those_that_conlleval_pl_printed(
    gold: str, predicted: str, totals: tuple[int, ...], by_type: dict[str, tuple[float, ...]]
) -> None:
    sides = [[tweet.split() for tweet in side.split("|")] for side in (gold, predicted)]
    assert_printed(score_entities(TagPairs(*sides)), totals, by_type)


@pytest.mark.parametrize(("seed", "totals", "by_type"), CONLLEVAL_RANDOM)
def test_scores_of_random_tags_are_those_that_conlleval_pl_printed(
    seed: int, totals: tuple[int, ...], by_type: dict[str, tuple[float, ...]]
) -> None:
    assert_printed(score_entities(TagPairs(*random_tweets(seed))), totals, by_type)


@pytest.mark.parametrize(("gold", "predicted", "expected"), STRICT)
def test_strict_iob2_drops_entities_that_begin_with_i(
    gold: str, predicted: str, expected: dict[str, tuple[int, int, int]]
) -> None:
    assert counts_of(gold, predicted, strict=True) == expected


@pytest.mark.parametrize("strict", [False, True])
@given(pair=gold_and_predicted())
def test_scores_equal_seqeval(strict: bool, pair: tuple[list[list[str]], list[list[str]]]) -> None:
    scores = score_entities(TagPairs(*pair), strict=strict)
    assume(scores.micro.gold or scores.micro.predicted)  # seqeval cannot report on nothing
    assert_equal_seqeval(*pair, strict=strict)


@pytest.mark.skipif(
    "TWEETNER_DATA" not in os.environ, reason="needs the WNUT-16 corpus in $TWEETNER_DATA"
)
def test_on_wnut16_with_errors_put_in_scores_are_those_of_seqeval_and_conlleval_pl() -> None:
    from tweetner.corpus import load_tweets

    random_, tags = random.Random(0), tags_of(WNUT16_TYPES)
    gold = [list(tweet.gold) for tweet in load_tweets("wnut16:test")]
    predicted = [
        [
            tag if random_.random() < 0.95 else tags[int(len(tags) * random_.random())]
            for tag in tweet
        ]
        for tweet in gold
    ]
    assert_printed(score_entities(TagPairs(gold, predicted)), *CONLLEVAL_WNUT16)
    for strict in (False, True):
        assert_equal_seqeval(gold, predicted, strict=strict)


def assert_equal_seqeval(
    gold: list[list[str]], predicted: list[list[str]], *, strict: bool
) -> None:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    scores = score_entities(TagPairs(gold, predicted), strict=strict)
    options = {"mode": "strict", "scheme": IOB2} if strict else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = classification_report(
            gold, predicted, output_dict=True, zero_division=0, **options
        )
    for type_, counts in scores.by_type.items():
        assert report[type_]["support"] == counts.gold
        assert_ratios(report[type_], counts)
    assert_ratios(report["micro avg"], scores.micro)
    assert_ratios(report["macro avg"], scores.macro)


def assert_ratios(row: dict[str, float], ratios: Counts | Ratios) -> None:
    assert (row["precision"], row["recall"], row["f1-score"]) == pytest.approx(
        (ratios.precision, ratios.recall, ratios.f1), abs=1e-12
    )


@given(pair=gold_and_predicted())
def test_on_repaired_tags_both_readings_agree(
    pair: tuple[list[list[str]], list[list[str]]],
) -> None:
    gold, predicted = ([repair(tags) for tags in side] for side in pair)
    assert (
        score_entities(TagPairs(gold, predicted)).by_type
        == score_entities(TagPairs(gold, predicted), strict=True).by_type
    )


@given(pair=gold_and_predicted())
def test_swapping_gold_and_prediction_swaps_precision_and_recall(
    pair: tuple[list[list[str]], list[list[str]]],
) -> None:
    gold, predicted = pair
    there, back = (
        score_entities(TagPairs(gold, predicted)).micro,
        score_entities(TagPairs(predicted, gold)).micro,
    )
    assert (there.precision, there.recall, there.f1) == (back.recall, back.precision, back.f1)


def test_the_reading_is_named() -> None:
    assert score_entities(TagPairs([["O"]], [["O"]])).reading == "conlleval"
    assert score_entities(TagPairs([["O"]], [["O"]]), strict=True).reading == "strict IOB2"


def test_types_that_only_one_side_has_are_counted_and_listed() -> None:
    scores = score_entities(
        TagPairs([["B-movie", "O"]], [["O", "B-alien"]]), types=["person", "movie"]
    )
    assert list(scores.by_type) == ["person", "movie", "alien"]
    assert scores.micro == Counts(tp=0, predicted=1, gold=1)


def test_macro_leaves_out_declared_types_that_nobody_has() -> None:
    assert (
        score_entities(TagPairs([["B-movie"]], [["B-movie"]]), types=["person", "movie"]).macro.f1
        == 1.0
    )


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [([["O"]], [["O"]]), ([["B-a"]], [["O"]]), ([["O"]], [["B-a"]]), ([], []), ([[]], [[]])],
)
def test_nothing_over_nothing_is_zero(gold: list[list[str]], predicted: list[list[str]]) -> None:
    scores = score_entities(TagPairs(gold, predicted))
    assert (scores.micro.precision, scores.micro.recall, scores.micro.f1) == (0, 0, 0)
    assert tuple(scores.macro) == (0, 0, 0)


def test_scoring_imports_nothing_heavy() -> None:
    code = "import sys, tweetner.evaluation; print(*sys.modules)"
    root = Path(__file__).parents[2]
    modules = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert not {"torch", "transformers", "sklearn", "datasets", "pandas"} & set(modules.split())


EVALUATE = """
import json, sys, warnings
from importlib.resources import files
warnings.simplefilter("ignore")
import evaluate
from seqeval.metrics import f1_score
gold, predicted = json.load(sys.stdin)
metric = evaluate.load(str(files("tweetner") / "evaluation/entity_f1"))
ours = metric.compute(references=gold, predictions=predicted)
print(json.dumps([ours, float(f1_score(gold, predicted))]))
"""


@pytest.mark.slow
def test_the_evaluate_metric_loads_offline_and_agrees_with_seqeval_and_us(tmp_path: Path) -> None:
    random_ = random.Random(0)
    tags = tags_of(WNUT16_TYPES)
    gold = [random_.choices(tags, k=random_.randint(1, 30)) for _ in range(200)]
    predicted = [
        [tag if random_.random() < 0.8 else random_.choice(tags) for tag in tweet] for tweet in gold
    ]
    offline = {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    answer = subprocess.run(
        [sys.executable, "-c", EVALUATE],
        input=json.dumps([gold, predicted]),
        env=os.environ | offline,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    computed, seqeval_f1 = json.loads(answer)
    ours = score_entities(TagPairs(gold, predicted)).micro
    assert computed == ours.to_dict()
    assert seqeval_f1 == pytest.approx(ours.f1, abs=1e-12)
