"""Our own catalogue of inputs that break systems like this one: that each of its numbers has a test.

A number, such as A13, stands at the beginning of the id of a test's parameter, in the file of its section: A reading,
B alignment, C training, D evaluation, E inference, F hub. Numbers that are missing were merged into others; `extra`
is what no number stands for.
"""

import importlib
from types import ModuleType

import pytest

CATALOGUE = {
    "a_reading": [1, 3, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34],
    "b_alignment": [1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13],
    "c_training": [1, 2, 5, 7, 8, 9, 11, 12, 13, 14, 15, 16],
    "d_evaluation": [1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15],
    "e_inference": [
        *(1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25),
        *(27, 28, 29, 30, 31, 32, 33, 35, 38),
    ],
    "f_hub": [1, 3, 4, 6, 7, 8, 9, 10, 12, 16],
}


def ids_of(module: ModuleType) -> set[str]:
    """The ids of all parameters of a module's tests."""
    marks = [mark for test in vars(module).values() for mark in getattr(test, "pytestmark", [])]
    return {row.id for mark in marks if mark.name == "parametrize" for row in mark.args[1] if hasattr(row, "id")}


@pytest.mark.parametrize("section", CATALOGUE)
def test_every_number_of_the_catalogue_has_a_test(section: str) -> None:
    tested = {id_.split("-")[0] for id_ in ids_of(importlib.import_module(f"test_failures_{section}"))}
    assert tested - {"extra"} == {f"{section[0].upper()}{number}" for number in CATALOGUE[section]}
