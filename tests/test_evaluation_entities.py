import json
import os
import random
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tweetner.evaluation import Counts, check_aligned, score_entities
from tweetner.tags import WNUT16_TYPES, repair, tags_of

ALPHABET = ["O", "B-person", "I-person", "B-geo-loc", "I-geo-loc"]

# gold, predicted, {type: (right, predicted, gold)} as the rules of conlleval.pl give them
CONLLEVAL = [
    ("B-a I-a O", "B-a I-a O", {"a": (1, 1, 1)}),
    ("B-a I-a", "I-a I-a", {"a": (1, 1, 1)}),
    ("B-a I-a", "B-a B-a", {"a": (0, 2, 1)}),
    ("B-a B-a", "B-a I-a", {"a": (0, 1, 2)}),
    ("B-a I-b", "B-a I-b", {"a": (1, 1, 1), "b": (1, 1, 1)}),
    ("B-a I-a", "B-a I-b", {"a": (0, 1, 1), "b": (0, 1, 0)}),
    ("O I-a I-a", "O B-a I-a", {"a": (1, 1, 1)}),
    ("B-a I-a I-a", "B-a I-a O", {"a": (0, 1, 1)}),
    ("B-a O B-a", "B-a I-a I-a", {"a": (0, 1, 2)}),
    ("I-a B-a I-b I-b", "I-a I-a B-b I-b", {"a": (0, 1, 2), "b": (1, 1, 1)}),
    ("O O", "B-a I-a", {"a": (0, 1, 0)}),
    ("B-geo-loc I-geo-loc", "B-geo-loc I-geo-loc", {"geo-loc": (1, 1, 1)}),
    ("B-a I-a O I-a", "B-a I-a O I-b", {"a": (1, 1, 2), "b": (0, 1, 0)}),
    ("O O", "O O", {}),
]

# the same, read as strict IOB2: a run that begins with I- is no entity
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


def counts_of(gold: str, predicted: str, *, strict: bool = False) -> dict[str, tuple[int, int, int]]:
    scores = score_entities([gold.split()], [predicted.split()], strict=strict)
    return {type_: (counts.tp, counts.predicted, counts.gold) for type_, counts in scores.by_type.items()}


@pytest.mark.parametrize(("gold", "predicted", "expected"), CONLLEVAL)
def test_ill_formed_tags_are_counted_as_conlleval_counts_them(gold, predicted, expected):
    assert counts_of(gold, predicted) == expected


@pytest.mark.parametrize(("gold", "predicted", "expected"), STRICT)
def test_strict_iob2_drops_entities_that_begin_with_i(gold, predicted, expected):
    assert counts_of(gold, predicted, strict=True) == expected


@pytest.mark.parametrize("strict", [False, True])
@settings(deadline=None)  # the first call imports seqeval
@given(pair=gold_and_predicted())
def test_scores_equal_seqeval(strict, pair):
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    gold, predicted = pair
    scores = score_entities(gold, predicted, strict=strict)
    assume(scores.micro.gold or scores.micro.predicted)  # seqeval cannot report on nothing
    options = {"mode": "strict", "scheme": IOB2} if strict else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = classification_report(gold, predicted, output_dict=True, zero_division=0, **options)
    for type_, counts in scores.by_type.items():
        assert report[type_]["support"] == counts.gold
        assert_ratios(report[type_], counts)
    assert_ratios(report["micro avg"], scores.micro)
    assert_ratios(report["macro avg"], scores.macro)


def assert_ratios(row, ratios):
    assert (row["precision"], row["recall"], row["f1-score"]) == pytest.approx(
        (ratios.precision, ratios.recall, ratios.f1), abs=1e-12
    )


@given(pair=gold_and_predicted())
def test_on_repaired_tags_both_readings_agree(pair):
    gold, predicted = ([repair(tags) for tags in side] for side in pair)
    assert score_entities(gold, predicted).by_type == score_entities(gold, predicted, strict=True).by_type


@given(pair=gold_and_predicted())
def test_swapping_gold_and_prediction_swaps_precision_and_recall(pair):
    gold, predicted = pair
    there, back = score_entities(gold, predicted).micro, score_entities(predicted, gold).micro
    assert (there.precision, there.recall, there.f1) == (back.recall, back.precision, back.f1)


def test_the_reading_is_named():
    assert score_entities([["O"]], [["O"]]).reading == "conlleval"
    assert score_entities([["O"]], [["O"]], strict=True).reading == "strict IOB2"


def test_types_that_only_one_side_has_are_counted_and_listed():
    scores = score_entities([["B-movie", "O"]], [["O", "B-alien"]], types=["person", "movie"])
    assert list(scores.by_type) == ["person", "movie", "alien"]
    assert scores.micro == Counts(tp=0, predicted=1, gold=1)


def test_macro_leaves_out_declared_types_that_nobody_has():
    assert score_entities([["B-movie"]], [["B-movie"]], types=["person", "movie"]).macro.f1 == 1.0


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [([["O"]], [["O"]]), ([["B-a"]], [["O"]]), ([["O"]], [["B-a"]]), ([], []), ([[]], [[]])],
)
def test_nothing_over_nothing_is_zero(gold, predicted):
    scores = score_entities(gold, predicted)
    assert (scores.micro.precision, scores.micro.recall, scores.micro.f1) == (0, 0, 0)
    assert tuple(scores.macro) == (0, 0, 0)


REFUSED = [
    ([["O", "O"]], [["O"]], "tweet 1: expected 2 tags as in gold, got 1"),
    ([["O"], ["O"]], [["O"], ["O", "O"]], "tweet 2: expected 1 tags as in gold, got 2"),
    ([["O"], ["O"]], [["O"]], "tweet 2: expected 2 tweets as in gold, got 1"),
    ([["O"]], [["O"], ["O"]], "tweet 2: expected 1 tweets as in gold, got 2"),
    (["O", "O"], ["O", "O"], "gold, tweet 1: expected a list of tags, got 'O'"),
    ([["O"]], [[3]], "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got int 3"),
    ([["O"]], [np.array(["O"])], "predicted, tweet 1: expected a list of tags, got ndarray array(['O'], dtype='<U1')"),
    (np.zeros((2, 2)), [["O"]], "gold: expected a list of tweets, each a list of tags, got ndarray"),
    ([["O"]], "O", "predicted: expected a list of tweets, each a list of tags, got str"),
    ([["O"]], [["S-person"]], "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'S-person'"),
    ([["o"]], [["O"]], "gold, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'o'"),
    ([["B-"]], [["O"]], "gold, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'B-'"),
]


@pytest.mark.parametrize(("gold", "predicted", "message"), REFUSED)
def test_tags_that_cannot_be_compared_are_refused(gold, predicted, message):
    for refuse in (check_aligned, score_entities):
        with pytest.raises(ValueError) as error:
            refuse(gold, predicted)
        assert str(error.value) == message


def test_scoring_imports_nothing_heavy():
    code = "import sys, tweetner.evaluation.entities; print(*sys.modules)"
    root = Path(__file__).parents[1]
    modules = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout
    assert not {"numpy", "torch", "sklearn", "datasets"} & set(modules.split())


EVALUATE = """
import json, sys, warnings
from importlib.resources import files
warnings.simplefilter("ignore")
import evaluate
from seqeval.metrics import f1_score
gold, predicted = json.load(sys.stdin)
metric = evaluate.load(str(files("tweetner") / "metrics/entity_f1"))
print(json.dumps([metric.compute(references=gold, predictions=predicted), float(f1_score(gold, predicted))]))
"""


def test_the_evaluate_metric_loads_offline_and_agrees_with_seqeval_and_us(tmp_path):
    random_ = random.Random(0)
    tags = tags_of(WNUT16_TYPES)
    gold = [random_.choices(tags, k=random_.randint(1, 30)) for _ in range(200)]
    predicted = [[tag if random_.random() < 0.8 else random_.choice(tags) for tag in tweet] for tweet in gold]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[1])}
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
    ours = score_entities(gold, predicted).micro
    assert computed == ours.to_dict()
    assert seqeval_f1 == pytest.approx(ours.f1, abs=1e-12)
