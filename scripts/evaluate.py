r"""Evaluate a model on annotated tweets, and write everything that was measured as one page.

python scripts/evaluate.py --model distilbert-wnut16 --data wnut16:test --precision 0.6
python scripts/evaluate.py --model ./outputs/models/bilstm-wnut16 --data my.conll \
    --calibrate-on fresh.conll

The folder outputs/evaluations/MODEL/DATA gets report.html, report.md, evaluation.json, types.csv,
errors.csv and predictions.conll (word, gold, prediction), which scripts/score.py --against and
conlleval.pl -d '\t' read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import tweetner
from tweetner.cli import (
    MODEL_HELP,
    Parser,
    add_decoder_option,
    add_hub_option,
    add_revision_option,
    command_line,
)
from tweetner.corpus import (
    ReadOptions,
    Tweet,
    add_reading_options,
    corpus_label,
    load_sample_texts,
    load_tweets,
    parse_source,
    reading_options,
)
from tweetner.evaluation import (
    WANTED,
    Evaluation,
    entities_of,
    evaluate_tagger,
    fitted_tweets,
    measure_parity,
    n_shared,
    prove_thresholds,
    write_predictions,
)
from tweetner.hub import ModelFolder, Threshold, open_model
from tweetner.report import (
    Subject,
    acceptance_table,
    acceptance_text,
    hard_names_table,
    headline_table,
    type_table,
    write_report,
)
from tweetner.tagger import NeuralBackend, Tagger
from tweetner.tags import types_of


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return evaluate_model(parse_args(argv))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("--model", required=True, help=MODEL_HELP)
    add("--data", required=True, help="wnut16:test, FOLDER:SPLIT or a CoNLL file")
    add_decoder_option(parser)
    add_revision_option(parser)
    add_hub_option(parser)
    add(
        "--trained-on",
        nargs="+",
        help="tweets that the model was fitted on (default: what its run config names)",
    )
    add(
        "--calibrate-on",
        help="annotated held-out tweets; score thresholds are chosen on them, for similar tweets",
    )
    add(
        "--precision",
        type=float,
        default=0.8,
        help="required precision of entities accepted without review (%(default)s)",
    )
    add(
        "--confidence",
        type=float,
        default=0.9,
        help="with --calibrate-on: probability that a threshold's precision holds (%(default)s)",
    )
    add("--robustness", action="store_true", help="also tag nine changed copies of the tweets")
    add("--parity", action="store_true", help="also run the stock pipeline over the same tweets")
    add("--output", type=Path, help="folder of the report")
    add_reading_options(parser, types=False, files=False)
    return parser.parse_args(argv)


def evaluate_model(args: argparse.Namespace) -> int:
    folder = open_model(args.model, revision=args.revision, hub=args.hub)
    tagger = tweetner.load(folder, decoder=args.decoder)
    if args.parity and not isinstance(tagger.backend, NeuralBackend):
        raise ValueError(
            f"--parity: expected a model that the stock pipeline loads, {args.model} is not neural"
        )
    types = types_of(tagger.labels)
    tweets = load_tweets(args.data, **options_of(args, types))
    training = training_tweets(args, folder, types)
    evaluation = evaluate_tagger(
        tagger,
        tweets,
        folder,
        training=training,
        thresholds=thresholds_for(args, tagger, folder, training),
        with_robustness=args.robustness,
    )
    print(f"{args.model} ({tagger.decoder}) on {args.data}, ratios in percent\n")
    print_scores(evaluation, args.precision)
    output = args.output or default_output(args)
    subject = Subject(f"{args.model} ({tagger.decoder})", args.data, args.precision)
    write_report(output, subject, evaluation)
    write_predictions(
        output / "predictions.conll", [tweet.words for tweet in tweets], evaluation.pairs
    )
    if args.parity:
        write_parity(output / "parity.json", folder, tweets, args.data)
    print(f"\nreport: {output / 'report.html'}")
    return 0


def options_of(args: argparse.Namespace, types: Sequence[str]) -> ReadOptions:
    """Return how to read annotated tweets: with the types of the model."""
    return ReadOptions(**reading_options(args), types=types, types_option="")


def training_tweets(
    args: argparse.Namespace, folder: ModelFolder, types: Sequence[str]
) -> list[Tweet]:
    """Load the tweets that the model was fitted on: as given, else as its run config says."""
    if args.trained_on is None:
        return fitted_tweets(folder, "train", types, candidates=[args.data])
    return [tweet for data in args.trained_on for tweet in load_tweets(data, types=types)]


def thresholds_for(
    args: argparse.Namespace, tagger: Tagger, folder: ModelFolder, training: Sequence[Tweet]
) -> list[Threshold]:
    """Choose thresholds on the tweets of --calibrate-on, else return those of the model."""
    if not args.calibrate_on:
        stored = folder.metrics.thresholds_of(tagger.decoder)
        check_precision(args.precision, stored)
        return stored
    types = types_of(tagger.labels)
    tweets = load_tweets(args.calibrate_on, **options_of(args, types))
    words = [tweet.words for tweet in tweets]
    used = fitted_tweets(folder, "dev", types, candidates=[args.data, args.calibrate_on])
    if n_shared(words, [*used, *training]):
        print(
            "warning: the model or its temperature was chosen on some of --calibrate-on; the "
            "guarantee of a threshold holds for tweets that no other choice used",
            file=sys.stderr,
        )
    return prove_thresholds(
        entities_of(tagger.tag_words(words), tweets),
        decoder=tagger.decoder,
        on=f"{len(tweets):,} tweets of {corpus_label(args.calibrate_on)}",
        wanted=sorted({*WANTED, args.precision}),
        confidence=args.confidence,
    )


def check_precision(wanted: float, stored: Sequence[Threshold]) -> None:
    precisions = [threshold.precision for threshold in stored]
    if stored and wanted not in precisions:
        listed = ", ".join(f"{precision:g}" for precision in precisions)
        raise ValueError(f"--precision: expected {listed}, or --calibrate-on FILE; got {wanted:g}")


def print_scores(evaluation: Evaluation, precision: float) -> None:
    parts = (headline_table(evaluation), type_table(evaluation), hard_names_table(evaluation))
    tables = [part.to_markdown() for part in parts if part.rows]
    if evaluation.thresholds:
        accepted = acceptance_table(evaluation.thresholds, evaluation.scores.micro)
        tables.append(acceptance_text(evaluation.thresholds, precision))
        tables.append(accepted.to_markdown())
    print(*tables, sep="\n\n")
    if evaluation.n_in_training:
        print(
            f"warning: {evaluation.n_in_training} of these tweets are in the training text",
            file=sys.stderr,
        )


def default_output(args: argparse.Namespace) -> Path:
    model = Path(args.model).name
    data = Path(args.data.replace(":", "-")).name
    return Path("outputs/evaluations") / model / data


def write_parity(path: Path, folder: ModelFolder, tweets: Sequence[Tweet], data: str) -> None:
    """Compare the model with the stock pipeline, print the agreement and write it as JSON."""
    source, split = parse_source(data)
    raw = load_sample_texts()[split] if source == "sample" and split else []
    found = measure_parity(folder, tweets, raw)
    print()
    for form, parity in found.items():
        print(f"{form}: {parity}")
    values = {form: parity.to_dict() for form, parity in found.items()}
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
