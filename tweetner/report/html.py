"""One self-contained HTML page: text, tables and plots inside it, nothing fetched, whatever comes in escaped."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from tweetner.report.tables import Table

CSS = """
:root { color-scheme: light; }
body { margin: 0; background: #f5f7fa; color: #1f2933; font: 15px/1.5 system-ui, "Segoe UI", sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1.2rem 4rem; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.15rem; margin: 0 0 .4rem; }
.sub { color: #616e7c; margin: .2rem 0 1.4rem; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin-bottom: 1rem; }
.card, section { background: #fff; border: 1px solid #e4e7eb; border-radius: .5rem; }
.card { padding: .7rem 1.1rem; min-width: 8.2rem; }
.card b { display: block; font-size: 1.7rem; line-height: 1.25; }
.card.first { background: #2b6cb0; border-color: #2b6cb0; color: #fff; }
.card small { color: #616e7c; } .card.first small { color: #dbe9f7; }
section { padding: 1.1rem 1.3rem; margin-bottom: 1rem; }
section p { max-width: 46rem; margin: .2rem 0 .7rem; color: #3e4c59; }
p.warning { background: #fff4e5; border-left: 4px solid #dd6b20; padding: .5rem .8rem; max-width: none; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
img { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; margin-bottom: .6rem; }
caption { text-align: left; white-space: nowrap; color: #616e7c; padding-bottom: .25rem; }
th, td { padding: .22rem .48rem; text-align: right; border-bottom: 1px solid #edf0f3; white-space: nowrap; }
th { color: #616e7c; font-weight: 600; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; }
.errors td { text-align: left; white-space: normal; vertical-align: top; }
mark { border-radius: .2rem; padding: 0 .12rem; background: none; }
mark.gold { box-shadow: inset 0 -.16em #2f855a; } mark.predicted { background: #fde3cf; }
.errors .tag { color: #616e7c; white-space: nowrap; }
"""


@dataclass(frozen=True)
class Card:
    """One headline figure."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A titled part of the page; plots are (alternative text, SVG), `html` is trusted and already escaped."""

    title: str
    text: Sequence[str] = ()
    warnings: Sequence[str] = ()
    plots: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    html: str = ""

    def to_html(self) -> str:
        parts = [f"<h2>{escape(self.title)}</h2>"]
        parts += [f'<p class="warning">{escape(warning)}</p>' for warning in self.warnings]
        parts += [f"<p>{escape(paragraph)}</p>" for paragraph in self.text]
        images = [f'<img alt="{escape(text)}" src="{_data_uri(svg)}">' for text, svg in self.plots]
        tables = [f'<div class="scroll">{table.to_html()}</div>' for table in self.tables]
        if images or tables:
            parts.append(f'<div class="row">{"".join(images + tables)}</div>')
        return "<section>" + "\n".join(parts) + self.html + "</section>"

    def to_markdown(self) -> str:
        blocks = [f"## {self.title}", *(f"**{warning}**" for warning in self.warnings), *self.text]
        return "\n\n".join([*blocks, *(table.to_markdown() for table in self.tables)])


@dataclass(frozen=True)
class Page:
    """A whole report, as HTML for a browser and as Markdown without plots for a repository."""

    title: str
    subtitle: str
    cards: Sequence[Card]
    sections: Sequence[Section]

    def to_html(self) -> str:
        cards = "".join(_card(card, first=not position) for position, card in enumerate(self.cards))
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(self.title)}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{CSS}</style></head>\n'
            f'<body><main><h1>{escape(self.title)}</h1><p class="sub">{escape(self.subtitle)}</p>'
            f'<div class="cards">{cards}</div>\n'
            + "\n".join(section.to_html() for section in self.sections)
            + "</main></body></html>\n"
        )

    def to_markdown(self) -> str:
        cards = "\n".join(
            f"- **{card.name} {card.value}** {card.note}".rstrip() for card in self.cards
        )
        blocks = [
            f"# {self.title}",
            self.subtitle,
            cards,
            *(section.to_markdown() for section in self.sections),
        ]
        return "\n\n".join(blocks) + "\n"


def marked(words: Iterable[str], gold: range, predicted: range) -> str:
    """A tweet as HTML, its gold words underlined and its predicted words shaded; the tweet is escaped."""
    parts = []
    for position, word in enumerate(words):
        classes = " ".join(
            name
            for name, places in (("gold", gold), ("predicted", predicted))
            if position in places
        )
        parts.append(f'<mark class="{classes}">{escape(word)}</mark>' if classes else escape(word))
    return " ".join(parts)


def _card(card: Card, *, first: bool) -> str:
    note = f"<small>{escape(card.note)}</small>" if card.note else ""
    return f'<div class="card{" first" if first else ""}">{escape(card.name)}<b>{escape(card.value)}</b>{note}</div>'


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
