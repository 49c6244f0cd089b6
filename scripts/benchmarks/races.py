"""Races: several ways of doing the same thing, timed side by side.

In every round each variant runs once, in reversed order every other round, so that a busy moment falls on all of them.
A ratio is taken within a round: the first variant's figure divided by the variant's own. What is reported is the
median over rounds.
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
    """One way of doing something: `run(setup())` is done each round, and only `run` is timed.

    Attributes:
        at_least: The ratio that is asked of it.
    """

    name: str
    run: Callable[[Any], object]
    setup: Callable[[], object] = lambda: None
    at_least: float | None = None


@dataclass(frozen=True)
class Race:
    """Several ways of doing the same thing; the first is the plain one.

    Attributes:
        rounds: How often each variant runs.
        unit: What a figure is: `s`, the CPU seconds of `run`, else the number that `run` gives.
        work: How much `run` gets through, and of what, for a rate: `(1500, "tweets")`.
        note: What a reader of the figures has to know; or why there are no variants.
    """

    name: str
    variants: list[Variant]
    rounds: int = 9
    unit: str = "s"
    work: tuple[float, str] | None = None
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What one variant took in each round.

    Attributes:
        figures: In the race's unit.
        walls: Seconds on the wall.
        ratios: The first variant's figure divided by this one's.
    """

    race: Race
    variant: Variant
    figures: list[float]
    walls: list[float]
    ratios: list[float]

    @property
    def figure(self) -> float:
        """The median over rounds."""
        return median(self.figures)

    @property
    def p95(self) -> float | None:
        """What 19 of 20 rounds stayed within, where there are enough of them to tell."""
        return (
            quantiles(self.figures, n=20, method="inclusive")[-1]
            if len(self.figures) >= 40
            else None
        )

    @property
    def wall(self) -> float:
        """The median over rounds, in seconds."""
        return median(self.walls)

    @property
    def ratio(self) -> float:
        """The median over rounds."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the ratio: half of the rounds lie between them."""
        low, _, high = (
            quantiles(self.ratios, n=4, method="inclusive")
            if len(self.ratios) > 1
            else self.ratios * 3
        )
        return low, high

    @property
    def rate(self) -> float | None:
        """Work done in a CPU second."""
        return self.race.work[0] / self.figure if self.race.work and self.figure else None

    def __str__(self) -> str:
        low, high = self.spread
        rate = f"{self.rate:12,.0f} {self.race.work[1]}/s" if self.rate and self.race.work else ""
        ratios = f"{times(self.ratio):>8} ({low:.2f} to {high:.2f})"
        return (
            f"  {self.variant.name:44} {amount(self.figure, self.race.unit):>10} {ratios:26}{rate}"
        )


def run(race: Race, rounds_at_most: int | None = None) -> list[Result]:
    """Run a race, log its rows, and give them back."""
    rounds = min(race.rounds, rounds_at_most or race.rounds)
    figures: list[list[float]] = [[] for _ in race.variants]
    walls: list[list[float]] = [[] for _ in race.variants]
    gc.collect()
    gc.freeze()  # what is loaded already is not searched again for garbage in every round
    for number in range(rounds):
        for i in range(len(race.variants))[:: -1 if number % 2 else 1]:
            figure, wall = timed(race.variants[i], race.unit)
            figures[i].append(figure)
            walls[i].append(wall)
    gc.unfreeze()
    results = [
        Result(
            race,
            variant,
            mine,
            wall,
            [plain / own for plain, own in zip(figures[0], mine, strict=True)],
        )
        for variant, mine, wall in zip(race.variants, figures, walls, strict=True)
    ]
    logger.info(
        "\n%s (%d round%s)%s", race.name, rounds, "s" * (rounds > 1), race.note and f": {race.note}"
    )
    for result in results:
        logger.info("%s", result)
    return results


def timed(variant: Variant, unit: str) -> tuple[float, float]:
    """Run a variant once: its figure, and seconds on the wall."""
    prepared = variant.setup()
    gc.collect()
    wall, started = perf_counter(), cpu_seconds()
    given = variant.run(prepared)
    seconds, wall = cpu_seconds() - started, perf_counter() - wall
    return (seconds if unit == "s" else float(given)), wall  # type: ignore[arg-type]


def cpu_seconds() -> float:
    """CPU seconds of this process so far, and of those of its children that have ended."""
    children = getrusage(RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def require_same(what: str, same: bool) -> None:
    """Refuse to time things that do not give the same.

    Raises:
        ValueError: They differ.
    """
    if not same:
        raise ValueError(f"{what} differ, so their times cannot be compared")
    logger.info("%s: identical", what)


def evenly(values: Sequence[Value], n: int | None) -> list[Value]:
    """At most `n` of the values, from all over them.

    >>> evenly("abcdefgh", 4)
    ['a', 'c', 'e', 'g']
    """
    if n is None or n >= len(values):
        return list(values)
    return [values[i * len(values) // n] for i in range(n)]


def amount(value: float, unit: str) -> str:
    """A figure for people.

    >>> amount(0.0123, "s"), amount(1.5, "s"), amount(6592, "MB")
    ('12.3 ms', '1.50 s', '6,592 MB')
    """
    if unit == "s" and value < 1:
        value, unit = 1000 * value, "ms"
    return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def times(ratio: float) -> str:
    """A ratio for people.

    >>> times(1.954), times(18.7)
    ('1.95×', '18.7×')
    """
    return f"{ratio:.{1 if ratio >= 10 else 2}f}×"
