"""Fixtures that the tests of pages share."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tweetner.evaluation import TagPairs

VOID = {"meta", "link", "img", "br"}


class ParsedPage(HTMLParser):
    """A page's tags and links; a tag that is closed out of turn fails."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.feed(text)
        assert self.tags, "expected a page, got no tags"
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="session")
def parse_page() -> Callable[[str], ParsedPage]:
    """`parse_page(text)` checks that tags are nested, and returns tags and links."""
    return ParsedPage


@pytest.fixture(scope="session")
def pairs() -> TagPairs:
    """The tags of 45 tweets, by turns: one right, one missed and one invented, one invented."""
    gold = [["O", "B-geo-loc", "I-geo-loc"], ["B-person", "O", "O"], ["O", "O", "O", "O"]]
    predicted = [
        ["O", "B-geo-loc", "I-geo-loc"],
        ["O", "B-person", "O"],
        ["O", "O", "O", "I-person"],
    ]
    return TagPairs(gold * 15, predicted * 15)


@pytest.fixture(scope="session")
def word_scores() -> list[list[float]]:
    """The probability of each predicted tag of `pairs`."""
    return [[0.9, 0.8, 0.7], [0.6, 0.5, 0.99], [1.0, 0.98, 0.9, 0.4]] * 15
