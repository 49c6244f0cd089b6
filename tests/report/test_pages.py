from collections.abc import Callable
from typing import Any

import pytest
from jinja2 import UndefinedError

from tweetner.report import Card, Page, Section, Table, render
from tweetner.report.pages import Chart, Details, marked

NASTY = '<script>alert("1")</script>'


def nasty_page() -> Page:
    """A page with HTML in every text that it holds."""
    table = Table(NASTY, [NASTY, "n"], [[NASTY, 1]])
    section = Section(
        NASTY,
        [NASTY],
        [NASTY],
        charts=[Chart(NASTY, f"<svg>{NASTY}</svg>")],
        tables=[table],
        details=[Details(NASTY, table)],
    )
    return Page(NASTY, NASTY, [Card(NASTY, NASTY, NASTY)], [section])


def test_whatever_comes_in_is_escaped(parse_page: Callable[[str], Any]) -> None:
    page = parse_page(nasty_page().to_html())
    assert "script" not in page.tags
    assert len(page.links) == 1
    assert page.links[0].startswith("data:image/svg+xml;base64,")


def test_every_page_fits_the_width_of_a_phone() -> None:
    html = nasty_page().to_html()
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "@media (max-width: 40rem)" in html


def test_markdown_has_everything_but_charts() -> None:
    table = Table("T", ["a", "b"], [["x", 1]])
    section = Section("S", ["text"], ["careful"], [Chart("c", "<svg/>")], [table])
    page = Page("Title & more", "subtitle", [Card("F1", "46.8", "95%"), Card("n", "1")], [section])
    assert (
        page.to_markdown()
        == """# Title & more

subtitle

- **F1 46.8** 95%
- **n 1**

## S

**careful**

text

### T

| a | b |
| --- | ---: |
| x | 1 |
"""
    )


def test_gold_is_underlined_and_the_prediction_shaded() -> None:
    assert (
        marked(["a", "<b>"], range(1, 2), range(1, 2))
        == 'a <mark class="gold predicted">&lt;b&gt;</mark>'
    )


def test_a_missing_value_of_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="page"):
        render("page.html")
