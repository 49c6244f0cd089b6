"""python scripts/convert.py wnut16 outputs/wnut16 --to datasets

Convert a corpus between CoNLL, `datasets` (save_to_disk), Parquet and JSONL, in any direction. The output is a folder
with one file or saved dataset a split; it appears whole or not at all.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tweetner.cli import Parser, command_line
from tweetner.corpus import FORMS, NAMES, load_corpus, parse_source, save_corpus
from tweetner.tags import SCHEMES


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument(
        "data", help="NAME | FOLDER | FILE, with an optional :SPLIT (wnut16, sample:test, my.conll)"
    )
    parser.add_argument("output", type=Path, help="the folder to write")
    parser.add_argument(
        "--to", choices=FORMS, default="datasets", help="form of the output (default: datasets)"
    )
    parser.add_argument(
        "--types",
        nargs="+",
        help="declared entity types (default: the input's own, else WNUT-16's)",
    )
    parser.add_argument(
        "--scheme", choices=SCHEMES, default="IOB2", help="tagging scheme of a CoNLL input"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace an output folder that holds a corpus"
    )
    return parser.parse_args(argv)


def refuse_own_input(data: str, output: Path) -> None:
    source, _ = parse_source(data)
    path = Path(source).resolve()
    if source not in NAMES and output.resolve() in (path, *path.parents):
        raise ValueError(f"{output}: would replace its own input {data}")


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    refuse_own_input(args.data, args.output)
    corpus = load_corpus(args.data, types=args.types, scheme=args.scheme)
    save_corpus(corpus, args.output, form=args.to, force=args.force)
    for split, tweets in corpus.splits.items():
        print(
            f"{split}: {len(tweets):,} tweets, {sum(len(tweet.words) for tweet in tweets):,} words"
        )
    print(f"wrote {args.output} as {args.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
