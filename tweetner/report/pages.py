"""Self-contained pages from Jinja2 templates: nothing is fetched, and what comes in is escaped."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from tweetner.files import atomic_write
from tweetner.report.tables import Table


@dataclass(frozen=True)
class Card:
    """One headline figure, with a note in small print."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing with its caption, which is also its alternative text."""

    text: str
    svg: str

    @property
    def data_uri(self) -> str:
        """The drawing inside a link."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg.encode()).decode()


@dataclass(frozen=True)
class Details:
    """A table that is folded under its summary; `prose` aligns its cells as text."""

    summary: str
    table: Table
    prose: bool = False


@dataclass(frozen=True)
class Section:
    """A titled part of a page."""

    title: str
    text: Sequence[str] = ()
    warnings: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    details: Sequence[Details] = ()


@dataclass(frozen=True)
class Page:
    """A whole report: HTML for a browser, Markdown without charts for a repository."""

    title: str
    subtitle: str
    cards: Sequence[Card]
    sections: Sequence[Section]

    def to_html(self) -> str:
        return render("page.html", page=self)

    def to_markdown(self) -> str:
        return render("page.md", page=self)


def render(template: str, **values: Any) -> str:
    """Fill a template of `tweetner/report/templates`; pages extend `base.html`, and escape values.

    Raises:
        jinja2.UndefinedError: The template names a value that is missing.
    """
    return _environment().get_template(template).render(values)


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write text files, by their names, into a folder; each is written whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        with atomic_write(folder / name) as path:
            path.write_text(text, encoding="utf-8", newline="")


def marked(words: Iterable[str], gold: range, predicted: range) -> Markup:
    """Return a tweet as HTML with its gold words underlined and its predicted words shaded.

    >>> marked(["<b>", "Up"], range(1, 2), range(0))
    Markup('&lt;b&gt; <mark class="gold">Up</mark>')
    """
    parts = []
    for position, word in enumerate(words):
        classes = [
            name
            for name, places in (("gold", gold), ("predicted", predicted))
            if position in places
        ]
        mark = Markup('<mark class="{}">{}</mark>').format(" ".join(classes), word)
        parts.append(mark if classes else escape(word))
    return Markup(" ").join(parts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tweetner.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
