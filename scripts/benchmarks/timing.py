"""Time several ways of doing the same thing side by side.

In every round each variant runs once, in reversed order every other round, so that a busy moment
of the machine affects all of them. A ratio is taken within a round: the first variant's figure
divided by the variant's own. Medians over rounds are reported.
"""

import gc
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

Value = TypeVar("Value")


@dataclass(frozen=True)
class Variant:
    """One way of doing something.

    Attributes:
        name: Name in the tables.
        run: Function that is timed; it gets what `setup` returned in this round.
        setup: Function that prepares a round, not timed.
        target: Ratio to the first variant that is claimed, or None.
    """

    name: str
    run: Callable[[Any], object]
    setup: Callable[[], object] = lambda: None
    target: float | None = None


@dataclass(frozen=True)
class Benchmark:
    """Several ways of doing the same thing; the first is the plain way.

    Attributes:
        name: Heading in the tables.
        variants: The ways; none if the benchmark is skipped.
        rounds: Number of times that each variant runs.
        unit: `s` for the CPU seconds of `run`, else the unit of the number that `run` returns.
        work: Amount and unit of the work of `run`, for a rate: `(1500, "tweets")`.
        note: Remark for readers of the figures, or the reason why the benchmark is skipped.
    """

    name: str
    variants: list[Variant]
    rounds: int = 9
    unit: str = "s"
    work: tuple[float, str] | None = None
    note: str = ""


@dataclass(frozen=True)
class Result:
    """The figures of one variant, one a round.

    Attributes:
        benchmark: The benchmark that was run.
        variant: The variant measured.
        figures: Measured values, in the benchmark's unit.
        walls: Wall-clock seconds.
        ratios: Figure of the first variant divided by this one's.
    """

    benchmark: Benchmark
    variant: Variant
    figures: list[float]
    walls: list[float]
    ratios: list[float]

    @property
    def figure(self) -> float:
        """Median over rounds, in the benchmark's unit."""
        return median(self.figures)

    @property
    def p95(self) -> float | None:
        """95th percentile over rounds, or None for fewer than 40 rounds."""
        if len(self.figures) < 40:
            return None
        return quantiles(self.figures, n=20, method="inclusive")[-1]

    @property
    def wall(self) -> float:
        """Median over rounds, in wall-clock seconds."""
        return median(self.walls)

    @property
    def ratio(self) -> float:
        """Median over rounds."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Lower and upper quartile of the ratio."""
        if len(self.ratios) == 1:
            return self.ratios[0], self.ratios[0]
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def rate(self) -> float | None:
        """Work done in a CPU second, or None if it is not counted."""
        if not self.benchmark.work or not self.figure:
            return None
        return self.benchmark.work[0] / self.figure

    def __str__(self) -> str:
        low, high = self.spread
        rate = ""
        if self.rate and self.benchmark.work:
            rate = f"{self.rate:12,.0f} {self.benchmark.work[1]}/s"
        figure = amount(self.figure, self.benchmark.unit)
        ratios = f"{times(self.ratio):>8} ({low:.2f} to {high:.2f})"
        return f"  {self.variant.name:44} {figure:>10} {ratios:26}{rate}"


def run(benchmark: Benchmark, rounds_at_most: int | None = None) -> list[Result]:
    """Run a benchmark, log its results, and return them."""
    rounds = min(benchmark.rounds, rounds_at_most or benchmark.rounds)
    figures: list[list[float]] = [[] for _ in benchmark.variants]
    walls: list[list[float]] = [[] for _ in benchmark.variants]
    gc.collect()
    gc.freeze()  # so that no round searches the loaded models for garbage
    for number in range(rounds):
        for i in range(len(benchmark.variants))[:: -1 if number % 2 else 1]:
            figure, seconds = timed(benchmark.variants[i], benchmark.unit)
            figures[i].append(figure)
            walls[i].append(seconds)
    gc.unfreeze()
    note = f": {benchmark.note}" if benchmark.note else ""
    logger.info("\n%s, rounds: %d%s", benchmark.name, rounds, note)
    results = []
    for variant, mine, wall in zip(benchmark.variants, figures, walls, strict=True):
        ratios = [plain / own for plain, own in zip(figures[0], mine, strict=True)]
        results.append(Result(benchmark, variant, mine, wall, ratios))
        logger.info("%s", results[-1])
    return results


def timed(variant: Variant, unit: str) -> tuple[float, float]:
    """Run a variant once; return its figure and its wall-clock seconds."""
    prepared = variant.setup()
    gc.collect()
    wall_start = perf_counter()
    cpu_start = cpu_seconds()
    returned: Any = variant.run(prepared)
    seconds = cpu_seconds() - cpu_start
    wall = perf_counter() - wall_start
    return (seconds if unit == "s" else float(returned)), wall


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    children = getrusage(RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def require_same(what: str, same: bool) -> None:
    """Refuse to time variants whose results differ.

    Raises:
        ValueError: `same` is false.
    """
    if not same:
        raise ValueError(f"{what} differ, so their times cannot be compared")
    logger.info("%s: identical", what)


def spaced(values: Sequence[Value], n: int | None) -> list[Value]:
    """Return at most `n` values, evenly spaced over all of them.

    >>> spaced("abcdefgh", 4)
    ['a', 'c', 'e', 'g']
    """
    if n is None or n >= len(values):
        return list(values)
    return [values[i * len(values) // n] for i in range(n)]


def amount(value: float, unit: str) -> str:
    """Format a figure with its unit.

    >>> amount(0.0123, "s"), amount(1.5, "s"), amount(6592, "MB")
    ('12.3 ms', '1.50 s', '6,592 MB')
    """
    if unit == "s" and value < 1:
        value, unit = 1000 * value, "ms"
    digits = 2 - (value >= 10) - (value >= 100)
    return f"{value:,.{digits}f} {unit}"


def times(ratio: float) -> str:
    """Format a ratio.

    >>> times(1.954), times(18.7)
    ('1.95×', '18.7×')
    """
    return f"{ratio:.1f}×" if ratio >= 10 else f"{ratio:.2f}×"
