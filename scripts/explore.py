"""python scripts/explore.py --data wnut16 --output outputs/reports/eda: what is in a corpus, as a page and as JSON."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tweetner.cli import Parser, command_line
from tweetner.corpus import audit_warnings, explore, load_corpus
from tweetner.report import write_eda
from tweetner.tags import SCHEMES


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--data",
        default="wnut16",
        help="corpus: wnut16, sample, a folder with train/dev/test, ... (%(default)s)",
    )
    parser.add_argument(
        "--types", nargs="+", help="declared entity types (the corpus's own, else those of WNUT-16)"
    )
    parser.add_argument(
        "--scheme",
        choices=SCHEMES,
        default="IOB2",
        help="tagging scheme of the corpus files (%(default)s)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("outputs/reports/eda"),
        help="folder to write (%(default)s)",
    )
    arguments = parser.parse_args(argv)
    corpus = load_corpus(arguments.data, types=arguments.types, scheme=arguments.scheme)
    facts = explore(corpus)
    write_eda(arguments.output, facts)
    for split, counted in facts.audit.splits.items():
        print(
            f"{split}: {counted.tweets:,} tweets, {counted.words:,} words, {sum(counted.entities.values()):,} entities"
        )
    for warning in audit_warnings(facts.audit):
        print(f"audit: {warning}")
    print(f"{arguments.output / 'report.html'}\n{arguments.output / 'facts.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
