"""Write the results of benchmarks as Markdown, JSON and a chart."""

import json
from collections.abc import Sequence
from itertools import compress, groupby
from pathlib import Path
from typing import Any

from benchmarks.chart import draw
from benchmarks.timing import Benchmark, Result, amount, times
from tweetner.report import Table, machine

PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "scikit-learn")
EXPLANATION = (
    "A ratio is the first row's figure divided by the row's own in the same round; the table "
    "shows its median and quartiles over rounds. CPU is the median of the seconds of the process "
    "and its children."
)


def write_report(results: Sequence[Result], notes: Sequence[str], path: Path, **facts: str) -> None:
    """Write `path` with the extensions `.md`, `.json` and `.png`; create its folder.

    Args:
        results: Results of all benchmarks, in the order of the tables.
        notes: Skipped benchmarks, with the reasons.
        path: Path without an extension.
        facts: Options of the run, for the JSON file.

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
    """Return the figures of every round and their summary as JSON values."""
    return {
        "benchmark": result.benchmark.name,
        "note": result.benchmark.note,
        "work": result.benchmark.work,
        "unit": result.benchmark.unit,
        "variant": result.variant.name,
        "target": result.variant.target,
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
    """Return the report: the claims, then a table for each benchmark."""
    parts = ["# Benchmark", f"{measured_on}. {EXPLANATION}", claims(results).to_markdown()]
    for benchmark, mine in groupby(results, key=lambda result: result.benchmark):
        parts.append(table(benchmark, list(mine)).to_markdown())
        if benchmark.note:
            parts.append(benchmark.note[0].upper() + benchmark.note[1:] + ".")
    parts += [f"- {note}" for note in notes]
    return "\n\n".join(parts) + "\n"


def claims(results: Sequence[Result]) -> Table:
    """Return the table of the variants for which a ratio is claimed."""
    rows = [
        [
            f"{result.benchmark.name}: {result.variant.name}",
            times(result.ratio),
            spread(result),
            times(result.variant.target),
        ]
        for result in results
        if result.variant.target
    ]
    return Table("Claims", ["", "measured", "quartiles", "target"], rows)


def table(benchmark: Benchmark, results: Sequence[Result]) -> Table:
    """Return the table of a benchmark, without the columns that would be empty."""
    unit = benchmark.unit
    is_time = unit == "s"
    work_unit = benchmark.work[1] if benchmark.work else ""
    heads = ["", "CPU" if is_time else unit, "p95", "wall", f"{work_unit}/s", "ratio", "quartiles"]
    rows = [
        [
            result.variant.name,
            amount(result.figure, unit),
            amount(result.p95, unit) if result.p95 else "",
            amount(result.wall, "s") if is_time else "",
            f"{result.rate:,.0f}" if result.rate else "",
            times(result.ratio),
            spread(result),
        ]
        for result in results
    ]
    filled = [any(cells) for cells in zip(*rows, strict=True)]
    title = f"{benchmark.name} ({len(results[0].figures)} rounds)"
    return Table(
        title, list(compress(heads, filled)), [list(compress(row, filled)) for row in rows]
    )


def spread(result: Result) -> str:
    """Format the quartiles of a ratio."""
    low, high = result.spread
    return f"{low:.2f} to {high:.2f}"
