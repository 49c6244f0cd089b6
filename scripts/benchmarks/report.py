"""The files of a benchmark: Markdown and a chart for people, JSON for programs."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.chart import draw
from benchmarks.races import Race, Result, amount, times
from tweetner.report import Table, machine

PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "scikit-learn")
HOW = (
    "A ratio is the first row's figure divided by the row's own, within a round; given are the median over rounds and "
    "the quartiles. CPU: median seconds of the process and its children."
)


def write_report(results: Sequence[Result], notes: Sequence[str], path: Path, **facts: str) -> None:
    """Write `path` with the endings `.md`, `.json` and `.png`; its folder is made.

    Args:
        results: Of all races, in the order of the tables.
        notes: What was left out, and why.
        path: Without an ending.
        facts: What was asked for.

    Raises:
        ValueError: matplotlib is not installed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    measured_on = machine(*PACKAGES)
    values = {
        **facts,
        "machine": measured_on,
        "results": [to_dict(result) for result in results],
        "notes": [*notes],
    }
    strict = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)
    path.with_suffix(".json").write_text(strict + "\n", encoding="utf-8")
    on = ", ".join(f"{name} {value}" for name, value in measured_on.items())
    path.with_suffix(".md").write_text(to_markdown(results, notes, on), encoding="utf-8")
    draw(results, path.with_suffix(".png"))


def to_dict(result: Result) -> dict[str, Any]:
    """Every figure of every round, and what is made of them."""
    return {
        "race": result.race.name,
        "note": result.race.note,
        "work": result.race.work,
        "unit": result.race.unit,
        "variant": result.variant.name,
        "asked": result.variant.at_least,
        "rounds": len(result.figures),
        "median": result.figure,
        "p95": result.p95,
        "rate": result.rate,
        "wall_seconds": result.wall,
        "ratio": result.ratio,
        "ratio_quartiles": result.spread,
        "figures": result.figures,
    }


def to_markdown(results: Sequence[Result], notes: Sequence[str], measured_on: str) -> str:
    """The claims, then a table for each race."""
    races = [(race, list(mine)) for race, mine in groupby(results, key=lambda result: result.race)]
    parts = ["# Benchmark", f"{measured_on}. {HOW}", claims(results).to_markdown()]
    for race, mine in races:
        parts += [
            table(race, mine).to_markdown(),
            *([race.note[0].upper() + race.note[1:] + "."] if race.note else []),
        ]
    parts += [f"- {note}" for note in notes]
    return "\n\n".join(parts) + "\n"


def claims(results: Sequence[Result]) -> Table:
    """The variants of which a ratio is asked."""
    rows = [
        [
            f"{result.race.name}: {result.variant.name}",
            times(result.ratio),
            spread(result),
            times(result.variant.at_least),
        ]
        for result in results
        if result.variant.at_least
    ]
    return Table("Claims", ["", "measured", "quartiles", "asked"], rows)


def table(race: Race, results: Sequence[Result]) -> Table:
    """A race's figures: p95 where rounds are many, a rate where work is counted."""
    columns = {
        "": [result.variant.name for result in results],
        "CPU" if race.unit == "s" else race.unit: [
            amount(result.figure, race.unit) for result in results
        ],
        "p95": [amount(result.p95, race.unit) if result.p95 else "" for result in results],
        "wall": [amount(result.wall, "s") if race.unit == "s" else "" for result in results],
        f"{race.work[1] if race.work else ''}/s": [
            f"{result.rate:,.0f}" if result.rate else "" for result in results
        ],
        "ratio": [times(result.ratio) for result in results],
        "quartiles": [spread(result) for result in results],
    }
    filled = {head: cells for head, cells in columns.items() if any(cells)}
    title = f"{race.name} ({len(results[0].figures)} rounds)"
    return Table(title, list(filled), list(map(list, zip(*filled.values(), strict=True))))


def spread(result: Result) -> str:
    """The quartiles of a ratio."""
    low, high = result.spread
    return f"{low:.2f} to {high:.2f}"
