"""Imports go one way, and what starts often starts light."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tweetner"

MAY_IMPORT = {
    "tags": "",
    "decoding": "",
    "hub": "",
    "machine": "",
    "model_card": "",
    "models": "",
    "stability": "",
    "tokenization": "",
    "config": "tags",
    "evaluation": "tags",
    "corpus": "tags tokenization",
    "encoders": "tokenization",
    "baseline": "config decoding tags",
    "report": "evaluation",
    "eda": "corpus report tags",
    "inference": "baseline decoding hub models tags tokenization",
    "evidence": "inference tags",
    "fitted": "corpus",
    "leaderboard": "corpus evaluation fitted inference machine report tags",
    "streams": "corpus inference tokenization",
    "parity": "corpus evaluation inference models tags",
    "model_folder": "corpus evaluation inference model_card tags",
    "thresholds": "evaluation",
    "reference": (
        "baseline corpus decoding evaluation fitted inference model_card model_folder stability thresholds tokenization"
    ),
    "training": (
        "config corpus decoding encoders evaluation fitted hub inference model_card model_folder models parity "
        "tags thresholds tokenization"
    ),
    "exporting": "corpus evaluation hub inference model_folder models",
    "registration": "models",
    "__init__": "inference registration",
    "serving": "__init__ inference",
    "cluster": "hub inference streams tokenization",
    "cli": "__init__ hub inference serving streams thresholds",
    "benchmarks": (
        "baseline cluster config corpus decoding exporting hub inference machine models report tags tokenization "
        "training"
    ),
}
"""Room → the rooms that it may import, at its top or inside a function."""

LIGHT = ["tweetner", "tweetner.tags", "tweetner.corpus", "tweetner.hub", "tweetner.evaluation", "tweetner.tagger"]
HEAVY = {"torch", "transformers", "datasets", "sklearn", "matplotlib", "pandas"}


def room_of(path: Path) -> str:
    """`tweetner/hub/layout.py` belongs to the room `hub`, `tweetner/tags.py` to `tags`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The other rooms of the package that a file imports, anywhere in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    parts = [name.split(".") for name in names if name.split(".")[0] == "tweetner"]
    rooms = {part[1] if len(part) > 1 and part[1] in ROOMS else "__init__" for part in parts}
    return rooms - {room_of(path)}


FILES = sorted(path for path in PACKAGE.rglob("*.py") if "metrics" not in path.parts)
ROOMS = {room_of(path) for path in FILES}


def test_every_room_has_its_row_and_no_row_is_left_over() -> None:
    assert set(MAY_IMPORT) == ROOMS


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_the_rooms_of_its_row_and_no_other(room: str) -> None:
    allowed, imported = set(MAY_IMPORT[room].split()), set()
    for path in FILES:
        if room_of(path) == room:
            assert imported_rooms(path) <= allowed, path.relative_to(PACKAGE)
            imported |= imported_rooms(path)
    assert imported == allowed


def test_the_allowed_imports_have_no_circle() -> None:
    graph = {room: set(below.split()) for room, below in MAY_IMPORT.items()}
    order = list(TopologicalSorter(graph).static_order())
    assert order.index("tags") < order.index("corpus") < order.index("training")


def test_files_that_are_copied_into_model_folders_import_nothing_of_ours() -> None:
    for name in ("configuration_tweetner.py", "modeling_tweetner.py"):
        assert imported_rooms(PACKAGE / "models" / name) == set()


def test_what_starts_often_imports_nothing_heavy() -> None:
    script = f"""
import importlib, json, sys
found = {{}}
for name in {LIGHT}:
    importlib.import_module(name)
    found[name] = sorted({HEAVY} & set(sys.modules))
print(json.dumps(found))
"""
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert json.loads(finished.stdout) == {name: [] for name in LIGHT}
