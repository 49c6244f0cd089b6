"""python scripts/convert.py wnut16 outputs/wnut16 --to datasets

Convert a corpus between CoNLL, `datasets` (save_to_disk), Parquet and JSONL, in any direction. The
output is a folder with one file or saved dataset per split; it appears whole or not at all.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tweetner.cli import Parser, command_line
from tweetner.corpus import (
    FORMS,
    NAMES,
    add_reading_options,
    load_corpus,
    parse_source,
    reading_options,
    save_corpus,
    split_files,
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument(
        "data", help="NAME | FOLDER | FILE, with an optional :SPLIT (wnut16, sample:test, my.conll)"
    )
    parser.add_argument("output", type=Path, help="folder to write")
    parser.add_argument(
        "--to", choices=FORMS, default="datasets", help="form of the output (%(default)s)"
    )
    parser.add_argument(
        "--force", action="store_true", help="replace an output folder that holds a corpus"
    )
    add_reading_options(parser)
    return parser.parse_args(argv)


def refuse_own_input(data: str, output: Path) -> None:
    """Refuse an output folder that contains the input."""
    source, _ = parse_source(data)
    path = Path(source).resolve()
    if source not in NAMES and output.resolve() in (path, *path.parents):
        raise ValueError(f"{output}: would replace its own input {data}")


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    files = split_files(args)
    for data in [args.data, *(path for paths in files.values() for path in paths)]:
        refuse_own_input(data, args.output)
    corpus = load_corpus(args.data, files=files, **reading_options(args))
    save_corpus(corpus, args.output, form=args.to, force=args.force)
    for split, tweets in corpus.splits.items():
        n_words = sum(len(tweet.words) for tweet in tweets)
        print(f"{split}: {len(tweets):,} tweets, {n_words:,} words")
    print(f"wrote {args.output} as {args.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
