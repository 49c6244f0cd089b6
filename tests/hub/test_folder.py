import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import Tweet
from tweetner.export import export_graph, write_graph
from tweetner.hub import GRAPHS, ModelFolder, publish, update_metrics
from tweetner.tagger import load
from tweetner.tokenization import splitter_tokenizer
from tweetner.training.baseline.fit import fit_majority


def folder_with(folder: Path, **files: object) -> ModelFolder:
    """Write JSON files, `config={...}` as config.json, and open their folder."""
    for name, values in {"config": {}, **files}.items():
        text = values if isinstance(values, str) else json.dumps(values)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return ModelFolder(folder)


@pytest.mark.parametrize(
    ("config", "family", "decoder", "stock_decoder"),
    [
        ({"model_type": "distilbert"}, "native", "bio", "argmax"),
        ({"model_type": "distilbert", "decoder": "argmax"}, "native", "argmax", "argmax"),
        ({"model_type": "tweetner-tagger"}, "ours", "bio", "bio"),
        ({"model_type": "tweetner-tagger", "decoder": "crf"}, "ours", "crf", "crf"),
        ({"model_type": "tweetner-sgd"}, "linear", "argmax", "argmax"),
        ({"model_type": "tweetner-majority"}, "linear", "argmax", "argmax"),
    ],
)
def test_the_family_and_the_decoders_follow_from_the_config(
    config: dict[str, str], family: str, decoder: str, stock_decoder: str, tmp_path: Path
) -> None:
    folder = folder_with(tmp_path, config=config)
    assert (folder.family, folder.decoder) == (family, decoder)
    assert folder.stock_decoder == stock_decoder


def test_labels_are_in_their_order(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, config={"id2label": {"1": "B-x", "0": "O", "2": "I-x"}})
    assert folder.labels == ["O", "B-x", "I-x"]


@pytest.mark.parametrize(
    ("tokenizer", "positions", "longest"),
    [
        ({}, None, 512),
        ({"model_max_length": 128}, None, 128),
        ({"model_max_length": 10**30}, 256, 256),
        ({"model_max_length": 64}, 256, 64),
    ],
)
def test_the_longest_window_is_what_tokenizer_and_positions_allow(
    tokenizer: dict[str, int], positions: int | None, longest: int, tmp_path: Path
) -> None:
    config = {"max_position_embeddings": positions}
    folder = folder_with(tmp_path, config=config, tokenizer_config=tokenizer)
    assert folder.max_subwords == longest


def test_a_folder_of_config_alone_has_neither_run_nor_metrics(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    assert (folder.run.data, folder.temperature, folder.thresholds) == (None, 1.0, [])
    assert (folder.graphs, folder.revision, folder.versions) == ({}, None, {})
    assert folder.max_subwords == 512


def test_the_run_is_read_with_its_defaults(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, run_config={"data": "sample", "folds": 2, "epochs": 3})
    assert (folder.run.data, folder.run.folds) == ("sample", 2)
    assert (folder.run.scheme, folder.run.split) == ("IOB2", "corpus")


def test_a_version_in_the_hub_knows_its_revision(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    folder = folder_with(tmp_path / "new", config={"model_type": "tweetner-majority"})
    published = publish(folder.path, "new", hub=tmp_path / "hub")
    assert ModelFolder(published.path).revision == published.revision


def test_metrics_are_updated_and_the_rest_stays(tmp_path: Path) -> None:
    folder_with(tmp_path, metrics={"temperature": 2.0, "later": [1]})
    update_metrics(tmp_path, {"onnx": {"checked_on": "dev"}})
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics == {"temperature": 2.0, "later": [1], "onnx": {"checked_on": "dev"}}
    assert ModelFolder(tmp_path).temperature == 2.0


@pytest.mark.parametrize(
    ("files", "read", "message"),
    [
        ({"config": "["}, "path", "config.json: expected JSON: "),
        ({"config": "[" * 9999}, "path", "config.json: expected JSON: "),
        ({"config": []}, "path", "config.json: expected an object, got an array"),
        ({"config": {"model_type": 5}}, "path", "config.json: expected an object that names its"),
        ({}, "family", "config.json: expected a model_type, got none"),
        ({}, "labels", "config.json: expected id2label with a tag for every label from 0"),
        (
            {"config": {"model_type": "bert", "decoder": "beam"}},
            "decoder",
            "config.json: expected decoder argmax, bio, crf, got 'beam'",
        ),
        ({"run_config": "5"}, "run", "run_config.json: expected an object, got a number"),
        ({"metrics": "{"}, "metrics", "metrics.json: expected JSON: "),
        (
            {"metrics": {"temperature": -1}},
            "temperature",
            "metrics.json: temperature: expected a number above 0, got -1",
        ),
        (
            {"tokenizer_config": {"model_max_length": "long"}},
            "max_subwords",
            "tokenizer_config.json: invalid literal",
        ),
    ],
)
def test_a_damaged_file_is_refused_in_one_line_that_names_it(
    files: dict[str, Any], read: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=rf"\A{re.escape(str(tmp_path))}/{message}.*\Z"):
        getattr(folder_with(tmp_path, **files), read)


# --- files are read once --------------------------------------------------------------------------

recordings: list[list[Path]] = []
"""The paths opened since each recording began; empty while nothing is recorded."""


def record_open(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str | Path):
        for recording in recordings:
            recording.append(Path(arguments[0]))


sys.addaudithook(record_open)


@contextmanager
def counted_reads(folder: Path) -> Iterator[Counter[str]]:
    """Count how often Python opens each JSON file of a folder."""
    counts: Counter[str] = Counter()
    opened: list[Path] = []
    recordings.append(opened)
    try:
        yield counts
    finally:
        recordings.remove(opened)
    inside = [path for path in opened if path.parent == folder and path.suffix == ".json"]
    counts.update(path.name for path in inside)


@pytest.mark.parametrize("decoder", ["bio", "crf"])
def test_an_exported_model_is_loaded_with_one_read_of_each_json_file(
    decoder: str, model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(model_folder("bilstm", decoder), tmp_path / "model")
    write_graph(export_graph(folder), folder / GRAPHS["onnx"])
    with counted_reads(folder) as counts:
        assert load(folder, backend="onnx")("in New York") is not None
    assert counts == {"config.json": 1, "tokenizer_config.json": 1}


def test_a_baseline_is_loaded_with_one_read_of_its_config(tmp_path: Path) -> None:
    tweet = Tweet("1", ("in", "Rome"), ("O", "B-person"))
    fit_majority([tweet], types=["person"]).save(tmp_path)
    splitter_tokenizer().save(str(tmp_path / "tokenizer.json"))
    with counted_reads(tmp_path) as counts:
        load(tmp_path)
    assert counts == {"config.json": 1}


def test_a_folder_reads_each_file_once_whatever_is_asked_of_it(tmp_path: Path) -> None:
    config = {"model_type": "bert", "id2label": {"0": "O"}}
    folder_with(tmp_path, config=config, metrics={}, run_config={}, tokenizer_config={})
    with counted_reads(tmp_path) as counts:
        folder = ModelFolder(tmp_path)
        for _ in range(3):
            assert (folder.family, folder.decoder, folder.labels) == ("native", "bio", ["O"])
            assert (folder.temperature, folder.max_subwords, folder.run.folds) == (1.0, 512, 0)
    assert set(counts.values()) == {1} and len(counts) == 4
