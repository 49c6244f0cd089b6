"""Compare the models of the hub on the same tweets, in one table and one chart.

python scripts/compare.py --data wnut16:test
python scripts/compare.py --data wnut16:test --models sgd-wnut16 ./outputs/models/bilstm-wnut16

The folder outputs/reports/compare gets comparison.html, .md, .csv, .json and .png.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tweetner.cli import Parser, add_hub_option, command_line
from tweetner.evaluation import of_same_types, rank, run_model
from tweetner.hub import hub_root, list_models, open_model
from tweetner.report import leaderboard_page, write_leaderboard


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return compare(parse_args(argv))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add(
        "--data",
        default="wnut16:test",
        help="wnut16:test, FOLDER:SPLIT or a CoNLL file (%(default)s)",
    )
    add(
        "--models",
        nargs="+",
        help="names in the hub, or paths that begin with / or . (default: all of the hub)",
    )
    add_hub_option(parser)
    add(
        "--output",
        type=Path,
        default=Path("outputs/reports/compare"),
        help="folder to write (%(default)s)",
    )
    return parser.parse_args(argv)


def compare(args: argparse.Namespace) -> int:
    names = args.models or [model.name for model in list_models(args.hub)]
    if not names:
        raise ValueError(f"no models in {hub_root(args.hub)}")
    # open all models before the first one is run, so that a wrong name costs no time
    folders = {name: open_model(name, hub=args.hub) for name in names}
    compared, passed_over = of_same_types(folders, args.data)
    for name in passed_over:
        print(f"{name} is passed over: its entity types are not those compared", file=sys.stderr)
    runs = []
    for name, folder in compared.items():
        print(f"{name} ...", file=sys.stderr)
        runs.append(run_model(name, folder, args.data))
    board = rank(args.data, runs)
    write_leaderboard(args.output, board)
    print(leaderboard_page(board).to_markdown())
    print(f"{args.output}/comparison.{{html,md,csv,json,png}}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
