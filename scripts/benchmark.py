"""python scripts/benchmark.py all: our way beside the plain way, round by round in one run; a table, JSON and a plot.

Figures are CPU seconds on one thread unless said otherwise; a ratio is the median over rounds of the plain way's time
divided by ours. Results are compared before they are timed. A model that the hub does not have is named and left out.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.races import Result, run

from tweetner.cli import Parser, command_line

COMMANDS = {
    "tagging": "raw tweets to entities, every backend beside the stock pipeline",
    "latency": "one tweet at a time: p50 and p95",
    "host": "everything around a model that costs nothing",
    "startup": "fresh processes, from start to the first tagged tweet",
    "memory": "peak memory of fresh processes",
    "serving": "requests to the service, of one client and of many",
    "cluster": "files of tweets on one machine, with and without Dask",
    "limit": "the share of this machine's matrix products that tagging reaches",
    "training": "fine-tuning beside the plain Trainer recipe",
    "alignment": "words and labels to subwords, beside the library example's map",
    "baseline": "the notebook's SGD tagger, beside a plain rewrite with scikit-learn",
}
"""Modules of `benchmarks`, in the order of the table."""
ALONE = {
    "curves": "the loss curve of our fine-tuning with and without batches of like length: trains six models"
}
"""Modules that `all` leaves out."""


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    ours = logging.StreamHandler(sys.stdout)
    ours.addFilter(logging.Filter("tweetner"))  # Dask's scheduler and workers have much to say
    logging.basicConfig(format="%(message)s", handlers=[ours])
    logging.getLogger("benchmarks").setLevel(logging.INFO)
    os.environ["OMP_NUM_THREADS"] = str(
        args.threads
    )  # before numpy and torch are imported, which read it
    return benchmark(list(COMMANDS) if args.command == "all" else [args.command], args)


def benchmark(names: Sequence[str], args: argparse.Namespace) -> int:
    """Run the modules one after the other, and write after each what there is; a refused one leaves the others be."""
    from benchmarks.report import write_report

    results: list[Result] = []
    notes: list[str] = []
    status = 0
    for name in names:
        try:
            measured, left_out = measure(name, args)
        except (ValueError, OSError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            measured, left_out, status = [], [f"{name}: {error}"], 2
        results += measured
        notes += left_out
        write_report(results, notes, args.output / args.command, data=args.data)
    print(f"\n{args.output / args.command}.{{md,json,png}}")
    return status


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in {**COMMANDS, "all": "all of these, in one table", **ALONE}.items():
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument("--data", default="wnut16", help="corpus (%(default)s)")
        command.add_argument(
            "--tweets", type=positive, help="at most so many tweets, from all over their split"
        )
        command.add_argument(
            "--rounds", type=positive, help="at most so many rounds; each race has its own number"
        )
        command.add_argument(
            "--threads", type=positive, default=1, help="of the libraries (%(default)s)"
        )
        command.add_argument(
            "--output", type=Path, default=Path("outputs/reports/benchmark"), help="(%(default)s)"
        )
    return parser.parse_args(argv)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def measure(name: str, args: argparse.Namespace) -> tuple[list[Result], list[str]]:
    """Run one module's races: their results, and why others were left out."""
    races = import_module(f"benchmarks.{name}").races(args.data, n_tweets=args.tweets)
    results = [result for race in races for result in run(race, args.rounds)]
    return results, [f"{race.name}: {race.note}" for race in races if not race.variants]


if __name__ == "__main__":
    sys.exit(main())
