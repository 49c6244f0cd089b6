"""Tests of the wheel: it works without the checkout."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE")
TWEET = "thanks Nina , off to New York !"

USE = f"""
import json, sys
import tweetner
from tweetner.corpus import load_corpus
from tweetner.evaluation.entity_f1.entity_f1 import EntityF1

tags = [["B-person", "O"]]
metric = EntityF1(cache_dir=sys.argv[2])
print(json.dumps({{
    "file": tweetner.__file__,
    "entities": tweetner.load(sys.argv[1])({TWEET!r}),
    "splits": {{name: len(tweets) for name, tweets in load_corpus("sample").splits.items()}},
    "f1": metric.compute(predictions=tags, references=tags)["f1"],
}}))
"""


def run(*command: str | Path, folder: Path, **more: str | Path) -> str:
    """Run a command in a folder and return what it prints."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    finished = subprocess.run(
        command, cwd=folder, env=own | more, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing in it but what the wheel installs; its packages come from elsewhere."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    source = tmp_path_factory.mktemp("source")  # a build leaves files behind
    shutil.copytree(
        ROOT / "tweetner", source / "tweetner", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in SOURCES:
        shutil.copy(ROOT / name, source)
    built = tmp_path_factory.mktemp("built")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", built, ".", folder=source)
    (wheel,) = built.glob("tweetner-*.whl")
    folder = tmp_path_factory.mktemp("installed")
    run(*pip, "install", "--no-deps", "--no-index", "--target", folder, wheel, folder=built)
    return folder


@pytest.fixture(scope="module")
def model(model_folder: Callable[[str, str], Path]) -> Path:
    return model_folder("bilstm", "bio")


def test_its_modules_find_the_sample_corpus_the_model_and_the_metric(
    installed: Path, model: Path, tmp_path: Path
) -> None:
    printed = run(
        sys.executable, "-c", USE, str(model), str(tmp_path), folder=tmp_path, PYTHONPATH=installed
    )
    found = json.loads(printed)
    assert Path(found["file"]).is_relative_to(installed)
    assert len(found["entities"]) > 0
    assert min(found["splits"].values()) > 0
    assert found["f1"] == 1.0


def test_its_command_tags_as_the_checkout_does(
    installed: Path, model: Path, tmp_path: Path
) -> None:
    (tmp_path / "tweets.txt").write_text(f"{TWEET}\n", encoding="utf-8")
    arguments = ["tag", str(model), "tweets.txt"]
    command = [sys.executable, installed / "bin" / "tweetner"]
    ours = run(*command, *arguments, folder=tmp_path, PYTHONPATH=installed)
    module = [sys.executable, "-m", "tweetner.cli"]
    assert ours == run(*module, *arguments, folder=tmp_path, PYTHONPATH=ROOT)
    assert json.loads(ours)["entities"]


def test_it_holds_the_package_and_nothing_else(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if not path.name.startswith("tweetner-")}
    assert names == {"bin", "tweetner"}
    tracked = {path.relative_to(ROOT) for path in ROOT.glob("tweetner/**/*.py")}
    tracked |= {path.relative_to(ROOT) for path in ROOT.glob("tweetner/*/templates/*")}
    tracked |= {path.relative_to(ROOT) for path in ROOT.glob("tweetner/*/static/*")}
    tracked |= {path.relative_to(ROOT) for path in ROOT.glob("tweetner/*/*.jsonl")}
    tracked |= {Path("tweetner/py.typed")}
    packed = {path.relative_to(installed) for path in installed.glob("tweetner/**/*.*")}
    assert {path for path in packed if "__pycache__" not in path.parts} == tracked
