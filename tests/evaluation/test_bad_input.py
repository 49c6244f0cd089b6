"""Evaluation of input that is easily counted wrongly, or that cannot be scored at all."""

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tweetner.evaluation import TagPairs, check_aligned, check_same_words, score_entities
from tweetner.evaluation.variants import surface_scores

GOLD = "B-person I-person O B-geo-loc"

# --- two tag sequences → right, predicted, gold ------------------------------------------------


def score(gold: str, predicted: str, *, strict: bool = False) -> tuple[int, int, int]:
    """Counts of tweets that are parted by `|`."""
    sides = ([tweet.split() for tweet in side.split("|")] for side in (gold, predicted))
    counts = score_entities(TagPairs(*sides), strict=strict).micro
    return counts.tp, counts.predicted, counts.gold


@pytest.mark.parametrize(
    ("gold", "predicted", "conlleval", "strict"),
    [
        pytest.param(GOLD, GOLD, (2, 2, 2), (2, 2, 2), id="D1-right"),
        pytest.param(GOLD, "B-person O O B-geo-loc", (1, 2, 2), (1, 2, 2), id="D1-too short"),
        pytest.param(
            GOLD, "B-person I-person I-person B-geo-loc", (1, 2, 2), (1, 2, 2), id="D1-too long"
        ),
        pytest.param(
            GOLD, "B-geo-loc I-geo-loc O B-geo-loc", (1, 2, 2), (1, 2, 2), id="D1-another type"
        ),
        pytest.param(GOLD, "B-person B-person O B-geo-loc", (1, 3, 2), (1, 3, 2), id="D1-parted"),
        pytest.param(
            "B-person B-person", "B-person I-person", (0, 1, 2), (0, 1, 2), id="D1-joined"
        ),
        pytest.param(
            GOLD, "I-person I-person O I-geo-loc", (2, 2, 2), (0, 0, 2), id="D2-no B at all"
        ),
        pytest.param(
            GOLD, "B-person I-geo-loc O B-geo-loc", (1, 3, 2), (1, 2, 2), id="D2-I of another type"
        ),
        pytest.param("O I-person", "O B-person", (1, 1, 1), (0, 1, 0), id="D2-in gold"),
        pytest.param(
            "O|B-person", "B-person|I-person", (1, 2, 1), (0, 1, 1), id="D2-I that begins a tweet"
        ),
        pytest.param("B-person", "B-geo-loc", (0, 1, 1), (0, 1, 1), id="D5-a type that gold lacks"),
        pytest.param("O O", "B-person O", (0, 1, 0), (0, 1, 0), id="D6-gold without entities"),
        pytest.param(
            "B-person O", "O O", (0, 0, 1), (0, 0, 1), id="D6-prediction without entities"
        ),
        pytest.param("O O", "O O", (0, 0, 0), (0, 0, 0), id="D6-neither has one"),
        pytest.param("", "", (0, 0, 0), (0, 0, 0), id="D6-no word"),
    ],
)
def test_entities_are_counted_as_conlleval_and_as_strict_iob2_count_them(
    gold: str, predicted: str, conlleval: tuple[int, int, int], strict: tuple[int, int, int]
) -> None:
    assert score(gold, predicted) == conlleval
    assert score(gold, predicted, strict=True) == strict


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        pytest.param(
            [["B-movie", "O"]],
            [["O", "B-alien"]],
            {"micro": 0, "macro": 0, "movie": 0, "alien": 0},
            id="D5-listed",
        ),
        pytest.param(
            [["O"]], [["O"]], {"micro": 0, "macro": 0, "movie": 0}, id="D6-zero over zero"
        ),
        pytest.param([], [], {"micro": 0, "macro": 0, "movie": 0}, id="D6-no tweet"),
        pytest.param(
            [["B-movie", "B-movie", "B-a"]],
            [["B-movie", "O", "B-a"]],
            {"micro": 80, "macro": 83.33, "movie": 66.67, "a": 100},
            id="D10-micro macro",
        ),
        pytest.param(
            [["B-a"]],
            [["B-a"]],
            {"micro": 100, "macro": 100, "movie": 0, "a": 100},
            id="D10-a type that nobody has",
        ),
    ],
)
def test_a_declared_type_is_listed_and_one_that_nobody_has_is_not_averaged(
    gold: list[list[str]], predicted: list[list[str]], expected: dict[str, float]
) -> None:
    scores = score_entities(TagPairs(gold, predicted), types=["movie"])
    found = {
        "micro": scores.micro.f1,
        "macro": scores.macro.f1,
        **{t: c.f1 for t, c in scores.by_type.items()},
    }
    assert {name: round(100 * f1, 2) for name, f1 in found.items()} == expected
    json.dumps(scores.micro.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("predicted", "counts"),
    [
        pytest.param([["B-geo-loc"], ["O"], ["O"]], (1, 1, 2), id="D11-one of two places"),
        pytest.param(
            [["B-geo-loc"], ["B-geo-loc"], ["O"]], (1, 1, 2), id="D11-both places count once"
        ),
        pytest.param(
            [["B-person"], ["O"], ["B-geo-loc"]], (1, 2, 2), id="D11-another type is another form"
        ),
    ],
)
def test_a_surface_form_counts_once_and_as_it_is_written(
    predicted: list[list[str]], counts: tuple[int, int, int]
) -> None:
    found = surface_scores([["Rome"], ["Rome"], ["ROME"]], TagPairs([["B-geo-loc"]] * 3, predicted))
    assert (found.tp, found.predicted, found.gold) == counts


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compare", "gold", "predicted", "refusal"),
    [
        pytest.param(
            check_aligned,
            [["O"], ["O", "O"]],
            [["O"], ["O"]],
            "tweet 2: expected 2 tags as in gold, got 1",
            id="D3-tag missing",
        ),
        pytest.param(
            check_aligned,
            [["O"]],
            [["O", "O"]],
            "tweet 1: expected 1 tags as in gold, got 2",
            id="D3-tag too many",
        ),
        pytest.param(
            check_aligned,
            [["O"], ["O"]],
            [["O"]],
            "tweet 2: expected 2 tweets as in gold, got 1",
            id="D3-tweet missing",
        ),
        pytest.param(
            check_same_words,
            [["a"], ["b"]],
            [["b"], ["a"]],
            "tweet 1, word 1: expected 'a' as in gold, got 'b'",
            id="D3-tweets swapped",
        ),
        pytest.param(
            check_same_words,
            [["a", "b"]],
            [["a"]],
            "tweet 1: expected 2 words as in gold, got 1",
            id="D3-word missing",
        ),
        pytest.param(
            check_aligned,
            [["O"]],
            [["S-a"]],
            "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'S-a'",
            id="D8-BIOES",
        ),
        pytest.param(
            check_aligned,
            [["O"]],
            [["E-a"]],
            "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'E-a'",
            id="D8-its end",
        ),
        pytest.param(
            check_aligned,
            ["O"],
            ["O"],
            "gold, tweet 1: expected a list of tags, got 'O'",
            id="D9-flat lists",
        ),
        pytest.param(
            check_aligned,
            [["O"]],
            [[3]],
            "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got int 3",
            id="D9-label ids",
        ),
        pytest.param(
            check_aligned,
            [["O"]],
            [[None]],
            "predicted, tweet 1: expected a tag O, B-TYPE or I-TYPE, got NoneType None",
            id="D9-null",
        ),
        pytest.param(
            check_aligned,
            np.array([["O"]]),
            [["O"]],
            "gold: expected a list of tweets, each a list of tags, got ndarray",
            id="D9-array",
        ),
        pytest.param(
            check_aligned,
            [["O"]],
            [np.array(["O"])],
            "predicted, tweet 1: expected a list of tags, got ndarray array(['O'], dtype='<U1')",
            id="D9-rows as arrays",
        ),
        pytest.param(
            check_aligned,
            [["o"]],
            [["O"]],
            "gold, tweet 1: expected a tag O, B-TYPE or I-TYPE, got 'o'",
            id="D9-small o",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_first_difference(
    compare: Callable[..., None], gold: Any, predicted: Any, refusal: str
) -> None:
    with pytest.raises(ValueError) as error:
        compare(gold, predicted)
    assert str(error.value) == refusal


# --- files -------------------------------------------------------------------------------------

FILE = "New\tB-geo-loc\nYork\tI-geo-loc\nrocks\tO\n\nAnn\tB-person\n"


@pytest.fixture
def score_files(
    load_script: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., str]:
    """`score_files(predicted, options)`: what `scripts/score.py` says of a file beside `FILE`."""
    module = load_script("scripts/score.py")
    monkeypatch.chdir(tmp_path)

    def run(predicted: str, options: str = "") -> str:
        for name, text in (("gold.conll", FILE), ("predicted.conll", predicted)):
            Path(name).write_text(text, encoding="utf-8")
        status = module.main(["gold.conll", "predicted.conll", *options.split()])
        out, err = capsys.readouterr()
        return err if status else out

    return run


@pytest.mark.parametrize(
    ("predicted", "options", "said"),
    [
        pytest.param(
            FILE,
            "",
            "| exact, conlleval's reading (the headline) | 100.0 | 100.0 | 100.0 | 2 | 0 | 0 | 2 |",
            id="D12-entity F1 leads",
        ),
        pytest.param(
            FILE.replace("B-", "I-"),
            "",
            "| exact, strict IOB2 | 0.0 | 0.0 | 0.0 | 0 | 0 | 2 | 2 |",
            id="D2-the reading is named",
        ),
        pytest.param(
            FILE.replace("B-person", "S-person").replace("I-geo", "E-geo"),
            "--scheme BIOES",
            "| 100.0 | 100.0 | 100.0 | 2 | 0 | 0 | 2 |",
            id="D8-BIOES converted",
        ),
        pytest.param(
            FILE.replace("B-person", "S-person"),
            "",
            "error: predicted.conll:5: expected a tag O, B-TYPE or I-TYPE, got 'S-person'; "
            "the file looks like BIOES or BMES: pass --scheme BIOES or --scheme BMES\n",
            id="D8-BIOES refused",
        ),
        pytest.param(
            FILE.replace("B-", "I-"),
            "--scheme IOB1",
            "| 100.0 | 100.0 | 100.0 | 2 | 0 | 0 | 2 |",
            id="D8-IOB1 converted",
        ),
        pytest.param(
            FILE.replace("York", "york"),
            "",
            "error: predicted.conll: tweet 1, word 2: expected 'York' as in gold, got 'york'\n",
            id="D3-another word",
        ),
        pytest.param(
            FILE.partition("\n\n")[0],
            "",
            "error: predicted.conll: tweet 2: expected 2 tweets as in gold, got 1\n",
            id="D3-half a file",
        ),
        pytest.param(
            "",
            "",
            "error: predicted.conll: expected at least one tweet, got none\n",
            id="D3-empty file",
        ),
    ],
)
def test_two_files_are_scored_or_refused_in_one_line(
    predicted: str, options: str, said: str, score_files: Callable[..., str]
) -> None:
    answer = score_files(predicted, options)
    assert answer == said if said.startswith("error") else said in answer
    rows = [line for line in answer.splitlines() if line.startswith("| ")]
    assert "accuracy" not in answer and (
        not rows or rows[2].startswith("| exact, conlleval's reading (the headline) ")
    )


def test_gold_in_another_scheme_names_the_option_for_gold(
    load_script: Callable[[str], ModuleType],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "gold.conll").write_text(FILE.replace("B-person", "S-person"), encoding="utf-8")
    (tmp_path / "predicted.conll").write_text(FILE, encoding="utf-8")
    main = load_script("scripts/score.py").main
    files = [str(tmp_path / "gold.conll"), str(tmp_path / "predicted.conll")]
    assert main(files) == 2
    error = capsys.readouterr().err
    assert "pass --gold-scheme BIOES or --gold-scheme BMES" in error
    assert main([*files, "--gold-scheme", "BIOES"]) == 0


def test_tweets_of_the_training_text_are_counted(score_files: Callable[..., str]) -> None:
    score_files(FILE, "--trained-on gold.conll --output out")
    report = json.loads(Path("out/predicted/evaluation.json").read_text(encoding="utf-8"))
    assert report["n_in_training"] == report["n_tweets"] == 2


def test_the_metric_of_the_evaluate_library_needs_no_network(
    load_script: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_network(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", no_network)
    module = load_script("tweetner/evaluation/entity_f1/entity_f1.py")
    metric = module.EntityF1(cache_dir=str(tmp_path))
    gold, predicted = [["B-person", "I-person"]], [["B-person", "O"]]
    assert metric.compute(predictions=predicted, references=gold)["f1"] == 0.0
