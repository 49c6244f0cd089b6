import pytest
from markupsafe import Markup

from tweetner.evaluation import Interval
from tweetner.report import Table
from tweetner.report.tables import Cell, shown


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0.12345, "12.3"),
        (-0.0001, "0.0"),
        (1234, "1,234"),
        (None, "–"),
        (Interval(0.5, 0.4, 0.6), "40.0 to 60.0"),
        ("a", "a"),
    ],
)
def test_cells_for_people(cell: Cell, expected: str) -> None:
    assert shown(cell) == expected


def test_a_table_as_markdown_csv_and_html() -> None:
    table = Table("T", ["a|b", "F1"], [["x|y", Interval(0.5, 0.25, 0.75)], ["<z>", None]])
    assert table.to_markdown().splitlines()[2:] == [
        "| a\\|b | F1 |",
        "| --- | ---: |",
        "| x\\|y | 25.0 to 75.0 |",
        "| <z> | – |",
    ]
    assert table.to_csv() == "a|b,F1 low,F1 high\nx|y,0.25,0.75\n<z>,,\n"
    assert "<td>&lt;z&gt;</td>" in table.to_html()


def test_a_long_cell_is_not_cut_and_markup_is_not_escaped_again() -> None:
    table = Table("", ["<i>", "text"], [["a" * 200, Markup("<mark>&amp;</mark>")]])
    html = table.to_html()
    assert "<th>&lt;i&gt;</th>" in html
    assert f"<td>{'a' * 200}</td>" in html
    assert "<td><mark>&amp;</mark></td>" in html


def test_integers_stay_integers_beside_a_dash() -> None:
    table = Table("", ["type", "gold"], [["movie", 1234], ["macro", None]])
    assert table.to_csv() == "type,gold\nmovie,1234\nmacro,\n"
    assert table.to_markdown().splitlines()[2:] == ["| movie | 1,234 |", "| macro | – |"]
