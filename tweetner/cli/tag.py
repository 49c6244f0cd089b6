"""`tweetner tag`: find the entities in a stream of tweets."""

import argparse
import os
from pathlib import Path

from tweetner.cli.shared import (
    add_answer_options,
    add_model_options,
    add_record_options,
    check_answer_options,
    load_tagger,
    min_score_of,
    record_options,
    say,
)

TAG_HELP = """
Find the entities in tweets. Records are read one by one, in constant memory, and each gets one
answer, in the same order. A JSONL record and its answer:

    {"id": 7, "text": "in NYC"}
    {"id": 7, "entities": [{"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, "score": 0.9}]}

start and end count code points. A record without an id gets its number in the stream as its id.
A record that cannot be read (also a blank line of JSONL) is answered by {"id": ..., "error": ...},
and the exit status is 1. CoNLL output cannot hold an error, so there the run stops.

Tweets as Twitter's API gives them are read as they are: objects, streams and pages of search
results; compressed files too (gzip, bz2, xz, zstd). If a tweet is cut off, its whole text is taken
from the record; if the record does not hold it, the answer has "truncated": true. Entities are
found in that text, which --keep text adds to the answer:

    tweetner tag MODEL tweets.jsonl.gz --keep text created_at author_id > tagged.jsonl
"""


def add_tag(tag: argparse.ArgumentParser) -> None:
    tag.set_defaults(run=run_tag)
    add_model_options(tag)
    _add_input(tag)
    _add_output(tag)
    add_answer_options(tag)


def _add_input(tag: argparse.ArgumentParser) -> None:
    tag.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        help="files or globs; '-' or nothing for standard input",
    )
    tag.add_argument(
        "--input-format",
        choices=["jsonl", "text", "csv", "tsv", "conll", "parquet"],
        help="default: by the extension (.txt, .csv, .tsv, .conll, .parquet), else jsonl, which "
        "is JSON lines, an array of objects, or pages of search results",
    )
    add_record_options(tag)
    tag.add_argument(
        "--strict", action="store_true", help="stop at the first record that cannot be read"
    )


def _add_output(tag: argparse.ArgumentParser) -> None:
    tag.add_argument(
        "--output",
        metavar="FILE",
        default="-",
        help="file to write, named FILE.part until it is complete (default: standard output)",
    )
    tag.add_argument(
        "--output-format",
        choices=["jsonl", "parquet", "conll"],
        help="default: by the extension (.parquet, .conll), else jsonl; conll is word<TAB>tag",
    )
    tag.add_argument("--force", action="store_true", help="replace FILE if it exists")
    tag.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted FILE.part; give the same inputs and options as before",
    )


def run_tag(args: argparse.Namespace) -> int:
    """Run `tweetner tag`."""
    from tweetner import streams

    inputs = streams.find_inputs(args.inputs, args.input_format)
    check_answer_options(args)
    options = record_options(args, {input_.format for input_ in inputs})
    path = None if args.output == "-" else Path(args.output)
    output_format = streams.output_format_of(path, args.output_format)
    streams.refuse_inputs_as_output(inputs, path)
    if options.keep and output_format == "conll":
        raise ValueError("--keep: expected an output of jsonl or parquet, got conll")
    answers_are_shown = path is None and os.isatty(1)
    with streams.open_output(path, output_format, force=args.force, resume=args.resume) as output:
        tagger = load_tagger(args)
        tally = streams.tag_stream(
            tagger,
            streams.Source(inputs, options),
            output,
            min_score=min_score_of(args, tagger.decoder),
            batch_size=args.batch,
            strict=args.strict,
            progress=os.isatty(2) and not answers_are_shown,
        )
    for name in sorted(tally.never_kept):
        say(f"warning: no record has a value for {name!r} of --keep")
    if tally.n_errors:
        say(f"{tally.n_errors:,} of {tally.n_records:,} records are errors")
    return 1 if tally.n_errors else 0
