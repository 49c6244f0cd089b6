"""Time our way of doing something beside the plain way, and write a table, JSON and a chart.

    python scripts/benchmark.py all

Figures are CPU seconds on one thread unless stated otherwise. A ratio is the plain way's figure
divided by ours, the median over rounds. Results are compared before they are timed. A benchmark
whose model is not in the hub is skipped, with the command that trains the model.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from benchmarks.timing import Result, run

from tweetner.cli import Parser, command_line

COMMANDS = {
    "tagging": "tag raw tweets: every backend beside transformers' pipeline",
    "latency": "tag one tweet at a time: median and 95th percentile",
    "overhead": "tag with a model that costs nothing: what everything around a model takes",
    "startup": "start a process and tag one tweet",
    "memory": "measure the peak memory of processes that tag",
    "serving": "send requests to the service, from one client and from many",
    "cluster": "tag files of tweets on one machine, with and without Dask",
    "streams": "tag the tweets of a Kafka topic, beside a file of the same tweets",
    "matmul": "compare tagging with the matrix products that it needs at least",
    "trends": "count mentions for trends: our tracker beside a groupby of pandas",
    "training": "fine-tune: our recipe beside the plain Trainer",
    "pretraining": "adapt an encoder to tweets: our recipe beside a plain Trainer",
    "alignment": "align words with subwords: our encoder beside the Dataset.map of the example",
    "baseline": "fit and run the notebook's SGD tagger: ours beside plain scikit-learn",
}
"""The modules of `benchmarks` that `all` runs, in the order of its table."""

ONLY_ALONE = {
    "gpu": "train and tag on a GPU, beside the plain Trainer and transformers' pipeline",
    "curves": "compare loss curves with batches grouped by length and shuffled (trains six models)",
}
"""The modules that `all` leaves out."""


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(logging.Filter("benchmarks"))  # Dask's scheduler and workers log a lot
    logging.basicConfig(format="%(message)s", handlers=[handler])
    logging.getLogger("benchmarks").setLevel(logging.INFO)
    # numpy and torch read it when they are imported
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    return run_modules(list(COMMANDS) if args.command == "all" else [args.command], args)


def run_modules(names: Sequence[str], args: argparse.Namespace) -> int:
    """Run modules in order, and rewrite the report after each; one that fails stops no other."""
    from benchmarks.report import write_report

    results: list[Result] = []
    notes: list[str] = []
    status = 0
    for name in names:
        try:
            measured, skipped = measure(name, args)
        except (ValueError, OSError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            measured, skipped, status = [], [f"{name}: {error}"], 2
        results += measured
        notes += skipped
        write_report(results, notes, args.output / args.command, data=args.data)
    print(f"\n{args.output / args.command}.{{md,json,png}}")
    return status


def measure(name: str, args: argparse.Namespace) -> tuple[list[Result], list[str]]:
    """Run the benchmarks of a module; return their results, and why others were skipped."""
    benchmarks = import_module(f"benchmarks.{name}").benchmarks(args.data, n_tweets=args.tweets)
    results: list[Result] = []
    skipped = []
    for benchmark in benchmarks:
        if benchmark.variants:
            results += run(benchmark, args.rounds)
        else:
            skipped.append(f"{benchmark.name}: {benchmark.note}")
            print(f"\n{skipped[-1]}")
    return results, skipped


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    helps = COMMANDS | {"all": "run all of these, and write one table"} | ONLY_ALONE
    for name, text in helps.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--data", default="wnut16", help="corpus (%(default)s)")
        command.add_argument(
            "--tweets", type=positive, help="most tweets to use, spread over their split (all)"
        )
        command.add_argument(
            "--rounds", type=positive, help="most rounds of each benchmark (its own number)"
        )
        command.add_argument(
            "--threads", type=positive, default=1, help="threads of the libraries (%(default)s)"
        )
        command.add_argument(
            "--output",
            type=Path,
            default=Path("outputs/reports/benchmark"),
            help="folder of the report (%(default)s)",
        )
    return parser.parse_args(argv)


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
