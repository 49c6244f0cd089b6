"""Tag files of tweets on many processes or machines, with Dask.

python scripts/tag_cluster.py distilbert-wnut16-bio 'tweets/*.jsonl' --output entities --workers 4

A file of tweets (JSONL, Parquet, CSV, text, CoNLL) becomes one file of the output folder, as `tweetner tag` writes it;
cut a file that is far larger than the others first (`split -n l/16`). Each file appears whole, and a second call does
only those that are missing or whose input has changed. The folder's manifest.json says what it was made with: another
model or other options are refused there.

Without --scheduler, worker processes run on this machine, and nothing listens beyond it. On several machines that have
the same packages, and the same paths to the tweets, the hub and the output, in a network of their own (a scheduler runs
what anybody sends who reaches it):

    dask scheduler --host head --port 8786 --no-dashboard                                          # on one
    TOKENIZERS_PARALLELISM=false dask worker tcp://head:8786 --nworkers 16 --nthreads 1            # a process a core
    python scripts/tag_cluster.py MODEL '/shared/tweets/*' --output /shared/entities --hub /shared/hub \
        --scheduler tcp://head:8786

Exit status: 0; 1 where records were errors; 2 for a refusal, in one line, and where files could not be tagged.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client

INTERRUPTED = 130


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "model", metavar="MODEL", help="name in the hub, or a folder's path that begins with / or ."
    )
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="+", help="files or globs; the format by the extension"
    )
    parser.add_argument(
        "--output", metavar="FOLDER", type=Path, required=True, help="new, or of an earlier run"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a cluster that runs, as tcp://host:8786"
    )
    where.add_argument(
        "--workers", metavar="N", type=int, help="processes on this machine (as many as cores)"
    )
    parser.add_argument(
        "--output-format", choices=["jsonl", "parquet"], default="jsonl", help="(%(default)s)"
    )
    parser.add_argument(
        "--min-score", metavar="X", type=float, default=0.0, help="leave out entities below, 0 to 1"
    )
    parser.add_argument(
        "--column", metavar="NAME", default="text", help="key or column of the tweet (%(default)s)"
    )
    parser.add_argument("--hub", metavar="FOLDER", help="default $TWEETNER_HUB, else outputs/hub")
    parser.add_argument(
        "--force", action="store_true", help="delete the parts of an earlier run, and begin anew"
    )
    return parser.parse_args(argv)


def client_of(args: argparse.Namespace) -> AbstractContextManager["Client"]:
    from tweetner.streams.cluster import local_client, remote_client

    if not find_spec("distributed"):
        raise ValueError("tagging on a cluster needs Dask: pip install 'tweetner[cluster]'")
    return remote_client(args.scheduler) if args.scheduler else local_client(args.workers)


def tag(args: argparse.Namespace) -> int:
    from tweetner.streams.cluster import tag_files

    with client_of(args) as client:
        report = tag_files(
            client,
            args.model,
            args.inputs,
            args.output,
            hub=args.hub,
            column=args.column,
            min_score=args.min_score,
            output_format=args.output_format,
            force=args.force,
            progress=os.isatty(2),
        )
    print(
        f"{args.output}: {report.n_parts:,} files ({report.n_skipped:,} were complete), {report.n_records:,} tweets"
    )
    for failure in report.failures:
        print(f"error: {failure}", file=sys.stderr)
    if report.n_errors:
        print(f"{report.n_errors:,} of {report.n_records:,} records are errors", file=sys.stderr)
    if report.failures:
        return 2
    return 1 if report.n_errors else 0


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        return tag(args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
