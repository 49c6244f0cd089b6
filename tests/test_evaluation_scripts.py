import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from tweetner.evaluation import score_entities
from tweetner.inference import Tagger
from tweetner.tags import WNUT16_TYPES, tags_of

GOLD = "New\tB-geo-loc\nYork\tI-geo-loc\nrocks\tO\n\nAnn\tB-person\nsings\tO\n\n"
GOOD = GOLD
BAD = GOLD.replace("B-person", "O").replace("I-geo-loc", "O")


def script(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / "scripts" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("gold", GOLD), ("good", GOOD), ("bad", BAD)):
        (tmp_path / f"{name}.conll").write_text(text, encoding="utf-8")
    return tmp_path


def test_score_prints_the_scores_of_two_files(files, capsys):
    assert script("score").main(["gold.conll", "bad.conll"]) == 0
    out = capsys.readouterr().out
    assert "| exact, conlleval's reading (the headline) | 0.0 | 0.0 | 0.0 | 0 | 1 | 2 | 2 |" in out


def test_score_writes_reports_and_a_comparison(files, capsys):
    arguments = ["gold.conll", "good.conll", "--against", "bad.conll", "--trained-on", "gold.conll", "--output", "out"]
    assert script("score").main(arguments) == 0
    assert {path.name for path in (files / "out").iterdir()} == {"good", "comparison.html", "comparison.md"}
    assert json.loads((files / "out/good/evaluation.json").read_text(encoding="utf-8"))["n_in_training"] == 2
    assert "(+100.0 F1" in capsys.readouterr().out


def test_several_predictions_are_seeds(files, capsys):
    assert script("score").main(["gold.conll", "good.conll", "bad.conll"]) == 0
    assert "entity F1 over 2 seeds: 50.0 ± 70.7" in capsys.readouterr().out


def test_predictions_of_another_scheme_are_converted_when_asked(files, capsys):
    bioes = GOLD.replace("B-person", "S-person").replace("I-geo-loc", "E-geo-loc")
    (files / "bioes.conll").write_text(bioes, encoding="utf-8")
    assert script("score").main(["gold.conll", "bioes.conll", "--scheme", "BIOES"]) == 0
    assert "| 100.0 | 100.0 | 100.0 | 2 | 0 | 0 | 2 |" in capsys.readouterr().out
    assert script("score").main(["gold.conll", "bioes.conll"]) == 2


REFUSED = [
    (GOLD.replace("York\t", "york\t"), "bad.conll: tweet 1, word 2: expected 'York' as in gold, got 'york'"),
    (GOLD.replace("sings\tO\n", ""), "bad.conll: tweet 2: expected 2 words as in gold, got 1"),
    (GOLD.split("\n\n", maxsplit=1)[0] + "\n", "bad.conll: tweet 2: expected 2 tweets as in gold, got 1"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_predictions_that_do_not_line_up_are_refused_in_one_line(files, capsys, text, message):
    (files / "bad.conll").write_text(text, encoding="utf-8")
    assert script("score").main(["gold.conll", "bad.conll", "--output", "out"]) == 2
    assert capsys.readouterr().err == f"error: {message}\n"
    assert not (files / "out").exists()


class Capitals:
    """A backend that takes every capitalised word for a person."""

    labels = tags_of(WNUT16_TYPES)
    chain = None

    def emissions(self, tweets):
        person = self.labels.index("B-person")
        found = []
        for words in tweets:
            scores = np.zeros((len(words), len(self.labels)), np.float32)
            scores[:, 0] = 3
            scores[[i for i, word in enumerate(words) if word[:1].isupper()], person] = 4
            found.append((scores, np.arange(len(words))))
        return found


@pytest.fixture
def model(files, monkeypatch):
    """A folder that loads as a tagger which knows capitals, with a temperature of 2 folded in."""
    import tweetner

    splitter = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    splitter.pre_tokenizer = WhitespaceSplit()
    folder = files / "model"
    folder.mkdir()
    splitter.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "metrics.json").write_text('{"temperature": 2.0}', encoding="utf-8")
    (folder / "run_config.json").write_text('{"data": "corpus", "split": "corpus"}', encoding="utf-8")
    (files / "corpus").mkdir()
    for split in ("train", "dev", "test"):
        (files / "corpus" / f"{split}.conll").write_text(GOLD, encoding="utf-8")
    monkeypatch.setattr(tweetner, "load", lambda *_, **__: Tagger(Capitals(), splitter, "argmax"), raising=False)
    return folder


def test_evaluate_writes_the_report_and_predictions_of_a_model(files, model, capsys):
    arguments = ["--model", str(model), "--data", "corpus:test", "--calibrate-on", "corpus:train", "--robustness"]
    assert script("evaluate").main(arguments) == 0
    folder = files / "outputs/evaluations/model/corpus-test"
    values = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
    assert (
        values["scores"]["micro"]
        == score_entities(
            [["B-geo-loc", "I-geo-loc", "O"], ["B-person", "O"]], [["B-person", "B-person", "O"], ["B-person", "O"]]
        ).micro.to_dict()
    )
    assert values["n_in_training"] == 2
    assert values["threshold"]["score"] is None
    assert set(values["robustness"]["upper case"]) == set(WNUT16_TYPES)
    confidence = values["confidence"]
    assert confidence["before"]["mean_score"] > confidence["calibration"]["mean_score"]
    assert (folder / "predictions.conll").read_text(encoding="utf-8").startswith("New\tB-geo-loc\tB-person\n")
    warnings = capsys.readouterr().err
    assert "2 of these tweets are in the training text" in warnings
    assert "the model or its temperature was chosen on some of --calibrate-on" in warnings


def test_evaluate_refuses_in_one_line(files, model, capsys):
    assert script("evaluate").main(["--model", str(model), "--data", "nowhere:test"]) == 2
    assert capsys.readouterr().err.startswith("error: nowhere:test: expected")
