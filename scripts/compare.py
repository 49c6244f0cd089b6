"""python scripts/compare.py --data wnut16:test [--models NAME ...]: the models of the hub in one table and one chart.

What is written to outputs/reports/compare: comparison.html, .md, .csv, .json and .png.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tweetner import hub as hubs
from tweetner.cli import Parser, add_hub_option, command_line
from tweetner.evaluation import rank, run_model
from tweetner.report import to_markdown, write_leaderboard


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return compare(parse_args(argv))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--data",
        default="wnut16:test",
        help="wnut16:test, FOLDER:SPLIT or a CoNLL file (%(default)s)",
    )
    parser.add_argument(
        "--models", nargs="+", help="names in the hub, or paths that begin with / or .; default all"
    )
    add_hub_option(parser)
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("outputs/reports/compare"),
        help="folder to write (%(default)s)",
    )
    return parser.parse_args(argv)


def compare(args: argparse.Namespace) -> int:
    names = args.models or [model.name for model in hubs.list_models(args.hub)]
    if not names:
        raise ValueError(f"no models in {hubs.hub_root(args.hub)}")
    folders = {
        name: hubs.resolve(name, hub=args.hub) for name in names
    }  # all of them, before the first one is run
    runs = []
    for name, folder in folders.items():
        print(f"{name} ...", file=sys.stderr)
        runs.append(run_model(name, folder, args.data))
    board = rank(args.data, runs)
    write_leaderboard(args.output, board)
    print(to_markdown(board))
    print(f"{args.output}/comparison.{{html,md,csv,json,png}}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
