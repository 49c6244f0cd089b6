"""Imports go one way, and what starts often starts light."""

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tweetner"

FLOORS = [
    {"tags", "files", "tokenization"},
    {"corpus", "hub", "models"},
    {"tagger"},
    {"evaluation", "streams"},
    {"training", "export", "trends"},
    {"report", "review"},
    {"serving"},
    {"cli"},
]
"""The rooms of each floor, ground floor first. A room imports only rooms of lower floors."""

LIGHT = [
    "tweetner",
    "tweetner.tags",
    "tweetner.corpus",
    "tweetner.hub",
    "tweetner.evaluation",
    "tweetner.tagger",
    "tweetner.streams",
    "tweetner.cli",
]
HEAVY = {"torch", "transformers", "datasets", "sklearn", "matplotlib", "pandas"}


def room_of(path: Path) -> str:
    """Return the room of a file: `hub` for `tweetner/hub/layout.py`, `tags` for `tags.py`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_modules(path: Path) -> list[list[str]]:
    """Return the parts of each name of ours that a file imports, at its top or in a function."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return [name.split(".") for name in names if name.split(".")[0] == "tweetner"]


def imported_rooms(path: Path) -> set[str]:
    """Return the other rooms that a file imports."""
    rooms = {parts[1] for parts in imported_modules(path) if len(parts) > 1}
    return (rooms & ROOMS) - {room_of(path)}


FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {room_of(path) for path in FILES} - {"__init__"}
DOORS = {
    ".".join(path.parent.relative_to(PACKAGE.parent).parts) for path in PACKAGE.rglob("__init__.py")
}


def test_every_room_stands_on_one_floor() -> None:
    assert set().union(*FLOORS) >= ROOMS
    assert sum(map(len, FLOORS)) == len(set().union(*FLOORS))


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) != "__init__"], ids=str)
def test_a_file_imports_rooms_of_lower_floors_only(path: Path) -> None:
    floor = next(number for number, rooms in enumerate(FLOORS) if room_of(path) in rooms)
    below = set().union(*FLOORS[:floor])
    assert imported_rooms(path) <= below


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_another_room_through_its_door(path: Path) -> None:
    for parts in imported_modules(path):
        if len(parts) > 2 and parts[1] != room_of(path) and (PACKAGE / parts[1]).is_dir():
            assert ".".join(parts[:-1]) in DOORS, ".".join(parts)


def module_of(path: Path) -> str:
    """Return the name of the module that a file holds; a door has the name of its folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def siblings_of(path: Path) -> set[str]:
    """Return the modules of the same room that a file imports, at its top or in a function."""
    names = {".".join(parts) for parts in imported_modules(path) if len(parts) > 2}
    names |= {name.rpartition(".")[0] for name in names}
    room = f"tweetner.{room_of(path)}."
    return {name for name in names & set(MODULES) if name.startswith(room)} - {module_of(path)}


def test_modules_of_a_room_import_each_other_in_one_direction() -> None:
    graph = {name: siblings_of(path) for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 50
    order = list(
        TopologicalSorter(graph).static_order()
    )  # raises CycleError where there is a circle
    assert set(order) == set(MODULES)


def test_the_package_has_few_entries() -> None:
    entries = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 18
    assert sum(path.is_file() for path in entries) <= 5


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
        [sys.executable, "-c", script],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(finished.stdout) == {name: [] for name in LIGHT}
