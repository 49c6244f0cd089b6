"""Describe a corpus: its tags, lengths and names, and what makes it hard.

python scripts/explore.py --data wnut16 --output outputs/reports/eda

writes a self-contained page, `report.html`, and its figures, `facts.json`.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tweetner.cli import Parser, command_line
from tweetner.corpus import (
    add_reading_options,
    audit_warnings,
    explore,
    load_corpus,
    reading_options,
    split_files,
)
from tweetner.report import write_exploration


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    """Write the page of a corpus, and print its sizes and the warnings of its audit."""
    arguments = parse_arguments(argv)
    files = split_files(arguments)
    corpus = load_corpus(arguments.data, files=files, **reading_options(arguments))
    facts = explore(corpus)
    write_exploration(arguments.output, facts)
    for split, audit in facts.audit.splits.items():
        n_entities = sum(audit.entities.values())
        print(f"{split}: {audit.tweets:,} tweets, {audit.words:,} words, {n_entities:,} entities")
    for warning in audit_warnings(facts.audit):
        print(f"audit: {warning}")
    print(arguments.output / "report.html", arguments.output / "facts.json", sep="\n")
    return 0


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--data",
        default="wnut16",
        help="corpus: wnut16, sample, or a folder with train, dev and test (%(default)s)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("outputs/reports/eda"),
        help="folder to write (%(default)s)",
    )
    add_reading_options(parser)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
