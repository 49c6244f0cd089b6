r"""Tag files of tweets in many processes or on many machines, with Dask.

python scripts/tag_cluster.py distilbert-wnut16-bio 'tweets/*.jsonl' --output entities --workers 4

Each file of tweets (JSONL, Parquet, CSV, text, CoNLL) becomes one file of the output folder, with
the contents that `tweetner tag` would write. Cut a file that is far larger than the others before
(`split -n l/16`). Each output file appears only when it is complete. A second call tags only those
files whose output is missing, or older than the file or the model. It cannot see that options have
changed: then give another folder, or --force.

Without --scheduler, the worker processes run on this machine, and nothing listens beyond it. To
use several machines, install the same packages on all of them, and give them the same paths to the
tweets, the hub and the output. Keep them in a network of their own, because a scheduler runs any
code that it is sent:

    dask scheduler --host head --port 8786 --no-dashboard       # on one machine
    TOKENIZERS_PARALLELISM=false \
        dask worker tcp://head:8786 --nworkers 16 --nthreads 1  # on each, one process a core
    python scripts/tag_cluster.py MODEL '/shared/tweets/*' --output /shared/entities \
        --hub /shared/hub --scheduler tcp://head:8786

Exit status: 0; 1 where records were errors; 2 for a refusal, in one line, and where a file could
not be tagged.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from tweetner.cli import (
    MODEL_HELP,
    Parser,
    add_hub_option,
    add_record_options,
    command_line,
    record_options,
    say,
)

if TYPE_CHECKING:
    from distributed import Client


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return tag(parse_args(argv))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="+", help="files or globs; the format by the extension"
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        type=Path,
        required=True,
        help="folder to write: a new one, or that of an earlier run to complete it",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="address of a running cluster: tcp://host:8786"
    )
    where.add_argument(
        "--workers",
        metavar="N",
        type=int,
        help="number of processes on this machine (default: as many as cores)",
    )
    parser.add_argument(
        "--output-format",
        choices=["jsonl", "parquet"],
        default="jsonl",
        help="format of the answers (default: %(default)s)",
    )
    parser.add_argument(
        "--min-score",
        metavar="X",
        type=float,
        default=0.0,
        help="leave out entities with a score below X (0-1)",
    )
    add_record_options(parser)
    add_hub_option(parser)
    parser.add_argument(
        "--force", action="store_true", help="tag all files, also those that are complete"
    )
    return parser.parse_args(argv)


def connect(args: argparse.Namespace) -> AbstractContextManager["Client"]:
    """Return a client of the scheduler, or of new processes on this machine."""
    from tweetner.streams.cluster import local_client, remote_client

    return remote_client(args.scheduler) if args.scheduler else local_client(args.workers)


def tag(args: argparse.Namespace) -> int:
    from tweetner.streams.cluster import tag_files

    with connect(args) as client:
        report = tag_files(
            client,
            args.model,
            args.inputs,
            args.output,
            hub=args.hub,
            options=record_options(args, {"jsonl", "csv"}),
            min_score=args.min_score,
            output_format=args.output_format,
            force=args.force,
            progress=os.isatty(2),
        )
    print(
        f"{args.output}: {report.n_parts:,} files ({report.n_skipped:,} were complete), "
        f"{report.n_records:,} tweets tagged"
    )
    for failure in report.failures:
        say(f"error: {failure}")
    if report.n_errors:
        say(f"{report.n_errors:,} of {report.n_records:,} records are errors")
    if report.failures:
        return 2
    return 1 if report.n_errors else 0


if __name__ == "__main__":
    sys.exit(main())
