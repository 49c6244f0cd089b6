import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from tweetner.evaluation import WANTED, TagPairs, score_entities
from tweetner.tagger import Tagger
from tweetner.tagger.decoding import Emissions
from tweetner.tags import WNUT16_TYPES, tags_of
from tweetner.tokenization import bounds_of

GOLD = "New\tB-geo-loc\nYork\tI-geo-loc\nrocks\tO\n\nAnn\tB-person\nsings\tO\n\n"
GOOD = GOLD
BAD = GOLD.replace("B-person", "O").replace("I-geo-loc", "O")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("gold", GOLD), ("good", GOOD), ("bad", BAD)):
        (tmp_path / f"{name}.conll").write_text(text, encoding="utf-8")
    return tmp_path


def test_score_prints_the_scores_of_two_files(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_script("scripts/score.py").main(["gold.conll", "bad.conll"]) == 0
    out = capsys.readouterr().out
    assert "| exact, conlleval's reading (the headline) | 0.0 | 0.0 | 0.0 | 0 | 1 | 2 | 2 |" in out


def test_score_prints_the_recall_of_names_that_training_lacks_and_of_hashtags(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold = GOLD + "#Rome\tB-geo-loc\n\n"
    (files / "hashtag.conll").write_text(gold, encoding="utf-8")
    (files / "missed.conll").write_text(gold.replace("e\tB-geo-loc", "e\tO"), encoding="utf-8")
    arguments = ["hashtag.conll", "missed.conll", "--trained-on", "bad.conll"]
    assert load_script("scripts/score.py").main(arguments) == 0
    *_, unseen, hashtag = capsys.readouterr().out.splitlines()
    # training has "New" alone, so "New York", "Ann" and "#Rome" are unseen
    assert unseen.startswith("| name in training: unseen | 66.7 |")
    assert hashtag == "| hashtag in the name: yes | 0.0 | 0.0 to 0.0 | 0 | 1 |"


def test_score_writes_reports_and_a_comparison(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "gold.conll",
        "good.conll",
        "--against",
        "bad.conll",
        "--trained-on",
        "gold.conll",
        "--output",
        "out",
    ]
    assert load_script("scripts/score.py").main(arguments) == 0
    written = {f"comparison.{form}" for form in ("html", "md", "json", "csv")}
    assert {path.name for path in (files / "out").iterdir()} == {"good", *written}
    assert (
        json.loads((files / "out/good/evaluation.json").read_text(encoding="utf-8"))[
            "n_in_training"
        ]
        == 2
    )
    assert "(+100.0 F1" in capsys.readouterr().out


def test_tweets_that_the_model_was_trained_on_are_warned_of_once(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bioes = GOLD.replace("B-person", "S-person").replace("I-geo-loc", "E-geo-loc")
    (files / "bioes.conll").write_text(bioes, encoding="utf-8")
    scheme = ["--gold-scheme", "BIOES", "--trained-on", "bioes.conll"]
    assert (
        load_script("scripts/score.py").main(["bioes.conll", "good.conll", "bad.conll", *scheme])
        == 0
    )
    assert capsys.readouterr().err == "warning: 2 of these tweets are in the training text\n"


def test_several_predictions_are_seeds(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_script("scripts/score.py").main(["gold.conll", "good.conll", "bad.conll"]) == 0
    assert "entity F1 over 2 seeds: 50.0 ± 70.7" in capsys.readouterr().out


def test_seeds_of_two_recipes_are_told_apart_by_their_folders_and_none_is_left_out(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for recipe, text in (("new", GOOD), ("old", BAD)):
        for seed in ("seed-1", "seed-2"):
            folder = files / "runs" / recipe / seed / "model"
            folder.mkdir(parents=True)
            (folder / "predictions.conll").write_text(text, encoding="utf-8")
    sides = [
        [f"runs/{recipe}/seed-{seed}/model/predictions.conll" for seed in (1, 2)]
        for recipe in ("new", "old")
    ]
    assert (
        load_script("scripts/score.py").main(
            ["gold.conll", *sides[0], "--against", *sides[1], "--output", "out"]
        )
        == 0
    )
    assert (
        "new-seed (2 seeds) is better than old-seed (2 seeds) (+100.0 F1" in capsys.readouterr().out
    )
    assert {path.name for path in (files / "out").iterdir() if path.is_dir()} == {
        "new-seed-1",
        "new-seed-2",
    }
    rows = json.loads((files / "out/comparison.json").read_text(encoding="utf-8"))["rows"]
    assert (rows[0]["f1_a"], rows[0]["f1_b"]) == ([1, 1], [0, 0])


def test_the_same_file_twice_is_not_two_seeds(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_script("scripts/score.py").main(["gold.conll", "good.conll", "good.conll"]) == 2
    assert (
        capsys.readouterr().err
        == "error: expected files of different names, got good.conll twice\n"
    )


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_folder_is_not_predictions(
    load_script: Callable[[str], ModuleType],
    files: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    assert load_script("scripts/score.py").main(["gold.conll", name]) == 2
    assert capsys.readouterr().err == f"error: {Path(name)}: expected a file, got a folder\n"


def test_predictions_of_another_scheme_are_converted_when_asked(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bioes = GOLD.replace("B-person", "S-person").replace("I-geo-loc", "E-geo-loc")
    (files / "bioes.conll").write_text(bioes, encoding="utf-8")
    assert (
        load_script("scripts/score.py").main(["gold.conll", "bioes.conll", "--scheme", "BIOES"])
        == 0
    )
    assert "| 100.0 | 100.0 | 100.0 | 2 | 0 | 0 | 2 |" in capsys.readouterr().out
    assert load_script("scripts/score.py").main(["gold.conll", "bioes.conll"]) == 2


NOTHING_LOST = [
    ("CRLF", GOLD.replace("\n", "\r\n")),
    ("a BOM", "\ufeff" + GOLD),
    ("spaces for TABs", GOLD.replace("\t", " ")),
    ("no newline at the end", GOLD.rstrip("\n")),
    ("gold beside it", GOLD.replace("\t", "\tO\t")),
]


@pytest.mark.parametrize(("why", "text"), NOTHING_LOST, ids=[row[0] for row in NOTHING_LOST])
def test_another_way_of_writing_the_same_predictions_is_read(
    load_script: Callable[[str], ModuleType],
    files: Path,
    capsys: pytest.CaptureFixture[str],
    why: str,
    text: str | bytes,
) -> None:
    (files / "bad.conll").write_bytes(text.encode())
    assert load_script("scripts/score.py").main(["gold.conll", "bad.conll"]) == 0
    assert "| 100.0 | 100.0 | 100.0 | 2 | 0 | 0 | 2 |" in capsys.readouterr().out


REFUSED = [
    (
        "a word more",
        GOLD.replace("rocks\tO\n", "rocks\tO\n!\tO\n"),
        ": tweet 1: expected 3 words as in gold, got 4",
    ),
    (
        "a word less",
        GOLD.replace("sings\tO\n", ""),
        ": tweet 2: expected 2 words as in gold, got 1",
    ),
    (
        "a word less inside",
        GOLD.replace("York\tI-geo-loc\n", ""),
        ": tweet 1, word 2: expected 'York' as in gold, got 'rocks'",
    ),
    (
        "another word",
        GOLD.replace("York", "york"),
        ": tweet 1, word 2: expected 'York' as in gold, got 'york'",
    ),
    (
        "a BOM inside",
        GOLD.replace("Ann", "\ufeffAnn"),
        ": tweet 2, word 1: expected 'Ann' as in gold, got '\\ufeffAnn'",
    ),
    ("a tweet less", GOLD[: GOLD.index("Ann")], ": tweet 2: expected 2 tweets as in gold, got 1"),
    ("a tweet more", GOLD + "so\tO\n", ": tweet 3: expected 2 tweets as in gold, got 3"),
    (
        "the first tweet less",
        GOLD[GOLD.index("Ann") :],
        ": tweet 1, word 1: expected 'New' as in gold, got 'Ann'",
    ),
    (
        "tweets swapped",
        GOLD[GOLD.index("Ann") :] + GOLD[: GOLD.index("Ann")],
        ": tweet 1, word 1: expected 'New' as in gold, got 'Ann'",
    ),
    (
        "tweets joined",
        GOLD.replace("\n\nAnn", "\nAnn"),
        ": tweet 1: expected 3 words as in gold, got 5",
    ),
    (
        "a tweet parted",
        GOLD.replace("rocks", "\nrocks"),
        ": tweet 1: expected 3 words as in gold, got 2",
    ),
    ("no tweets", "", ": expected at least one tweet, got none"),
    ("blank lines", "\n \n\n", ": expected at least one tweet, got none"),
    (
        "CR alone",
        GOLD.replace("\n", "\r"),
        ":1: expected lines that end in LF or CRLF, got a CR inside a line",
    ),
    ("words alone", "New\nYork\nrocks\n", ':1: expected "token<TAB>tag", got 1 column'),
    (
        "a column more",
        GOLD.replace("Ann\t", "Ann\tB-person\t"),
        ":5: expected 2 columns as on the lines before, got 3",
    ),
    (
        "BIOES",
        GOLD.replace("B-person", "S-person"),
        ":5: expected a tag O, B-TYPE or I-TYPE, got 'S-person'; the file looks like",
    ),
    (
        "another type",
        GOLD.replace("B-person", "B-alien"),
        ":5: type 'alien' of tag 'B-alien' is not declared; declared: company",
    ),
    (
        "no tags",
        GOLD.replace("B-person", "person"),
        ":5: expected a tag O, B-TYPE or I-TYPE, got 'person'",
    ),
    ("UTF-16", GOLD.encode("utf-16"), ":1: expected UTF-8, got other bytes at byte 0"),
    (
        "Latin-1",
        GOLD.replace("Ann", "Änn").encode("latin-1"),
        ":5: expected UTF-8, got other bytes at byte",
    ),
    ("bytes", bytes(range(256)), ":1: expected"),
    ("gzip", gzip.compress(GOLD.encode()), ": expected plain text, got a gzip file"),
]


@pytest.mark.parametrize(("why", "text", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_predictions_that_do_not_line_up_are_refused_in_one_line(
    load_script: Callable[[str], ModuleType],
    files: Path,
    capsys: pytest.CaptureFixture[str],
    why: str,
    text: str | bytes,
    message: str,
) -> None:
    (files / "bad.conll").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert load_script("scripts/score.py").main(["gold.conll", "bad.conll", "--output", "out"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: bad.conll{message}")
    assert not (files / "out").exists()


def test_a_folder_and_a_missing_file_are_refused_in_one_line(
    load_script: Callable[[str], ModuleType], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (files / "folder").mkdir()
    for path, message in (
        ("folder", "folder: expected a file, got a folder"),
        ("nobody.conll", ""),
    ):
        assert load_script("scripts/score.py").main(["gold.conll", path]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith(f"error: {message}")
        assert path in line


class Capitals:
    """A backend that takes every capitalised word for a person."""

    labels = tags_of(WNUT16_TYPES)
    chain = None

    def encode(self, tweets: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
        return tweets

    def emissions(self, tweets: Sequence[Sequence[str]]) -> Emissions:
        words = [word for tweet in tweets for word in tweet]
        scores = np.zeros((len(words), len(self.labels)), np.float32)
        scores[:, 0] = 3
        capitals = [place for place, word in enumerate(words) if word[:1].isupper()]
        scores[capitals, self.labels.index("B-person")] = 4
        lengths = [len(tweet) for tweet in tweets]
        return Emissions(scores, np.concatenate([*map(np.arange, lengths)]), bounds_of(lengths))


@pytest.fixture
def model(files: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that loads as a tagger which knows capitals, with a temperature of 2 folded in."""
    import tweetner

    splitter = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    splitter.pre_tokenizer = WhitespaceSplit()
    folder = files / "model"
    folder.mkdir()
    splitter.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "metrics.json").write_text('{"temperature": 2.0}', encoding="utf-8")
    (folder / "run_config.json").write_text(
        '{"data": "corpus", "split": "corpus"}', encoding="utf-8"
    )
    (files / "corpus").mkdir()
    for split in ("train", "dev", "test"):
        (files / "corpus" / f"{split}.conll").write_text(GOLD, encoding="utf-8")
    monkeypatch.setattr(
        tweetner, "load", lambda *_, **__: Tagger(Capitals(), splitter, "argmax"), raising=False
    )
    return folder


def test_evaluate_writes_the_report_and_predictions_of_a_model(
    load_script: Callable[[str], ModuleType],
    files: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [
        "--model",
        str(model),
        "--data",
        "corpus:test",
        "--calibrate-on",
        "corpus:train",
        "--robustness",
    ]
    assert load_script("scripts/evaluate.py").main(arguments) == 0
    folder = files / "outputs/evaluations/model/corpus-test"
    values = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert (
        values["scores"]["micro"]
        == score_entities(
            TagPairs(
                [["B-geo-loc", "I-geo-loc", "O"], ["B-person", "O"]],
                [["B-person", "B-person", "O"], ["B-person", "O"]],
            ),
        ).micro.to_dict()
    )
    assert values["n_in_training"] == 2
    assert [(row["precision"], row["score"]) for row in values["thresholds"]] == [
        (p, None) for p in WANTED
    ]
    assert {row["on"] for row in values["thresholds"]} == {"2 tweets of corpus:train"}
    assert set(values["robustness"]["upper case"]) == set(WNUT16_TYPES)
    confidence = values["confidence"]
    assert confidence["before"]["mean_score"] > confidence["calibration"]["mean_score"]
    assert (
        (folder / "predictions.conll")
        .read_text(encoding="utf-8")
        .startswith("New\tB-geo-loc\tB-person\n")
    )
    warnings = capsys.readouterr().err
    assert "2 of these tweets are in the training text" in warnings
    assert "the model or its temperature was chosen on some of --calibrate-on" in warnings


def test_evaluate_applies_the_thresholds_that_the_model_keeps(
    load_script: Callable[[str], ModuleType],
    files: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = {
        "decoder": "argmax",
        "precision": 0.6,
        "confidence": 0.9,
        "score": 0.1,
        "n": 50,
        "n_right": 40,
        "on": "dev",
    }
    metrics = {"temperature": 1.0, "thresholds": [row, row | {"decoder": "bio", "score": 0.9}]}
    (model / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    arguments = ["--model", str(model), "--data", "corpus:test", "--precision"]
    assert load_script("scripts/evaluate.py").main([*arguments, "0.6"]) == 0
    folder = files / "outputs/evaluations/model/corpus-test"
    (applied,) = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["thresholds"]
    assert (applied["score"], applied["here"]["n"], applied["here"]["entities"]) == (0.1, 3, 1.0)
    assert "| 60% | 10.0 | 80.0 |" in capsys.readouterr().out
    assert load_script("scripts/evaluate.py").main([*arguments, "0.65"]) == 2
    assert (
        capsys.readouterr().err
        == "error: --precision: expected 0.6, or --calibrate-on FILE; got 0.65\n"
    )


def test_evaluate_refuses_in_one_line(
    load_script: Callable[[str], ModuleType],
    files: Path,
    model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (
        load_script("scripts/evaluate.py").main(["--model", str(model), "--data", "nowhere:test"])
        == 2
    )
    assert capsys.readouterr().err.startswith("error: nowhere:test: expected")
    assert (
        load_script("scripts/evaluate.py").main(
            ["--model", str(model), "--data", "corpus:test", "--parity"]
        )
        == 2
    )
    assert capsys.readouterr().err.startswith(
        "error: --parity: expected a model that the stock pipeline loads"
    )
