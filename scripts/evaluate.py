r"""Evaluate a model on annotated tweets: scores, certainty, rare entities, confidence, errors, as one page.

python scripts/evaluate.py --model distilbert-wnut16 --data wnut16:test --precision 0.6
python scripts/evaluate.py --model ./outputs/models/bilstm-wnut16 --data my.conll --calibrate-on fresh.conll

What is written to outputs/evaluations/MODEL/DATA: report.html, report.md, evaluation.json, types.csv, errors.csv and
predictions.conll (word, gold, prediction, as conlleval.pl -d '\t' and scripts/score.py --against read them).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

import tweetner
from tweetner.cli import (
    MODEL_HELP,
    Parser,
    add_decoder_option,
    add_hub_option,
    add_revision_option,
    command_line,
)
from tweetner.corpus import Tweet, load_sample_texts, load_tweets, parse_source
from tweetner.evaluation import (
    WANTED,
    Threshold,
    apply_thresholds,
    choose_threshold,
    comparable_tagger,
    entities_of,
    evaluate,
    fitted_tweets,
    n_shared,
    parity_on_text,
    parity_on_words,
    robustness,
    write_predictions,
)
from tweetner.hub import ModelFolder, open_model
from tweetner.report import Subject, headline_table, promise, type_table, unread_table, write_report
from tweetner.tagger import Emitted, NeuralBackend, SgdTagger, Tagger
from tweetner.tags import types_of


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return evaluate_model(parse_args(argv))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument("--model", required=True, help=MODEL_HELP)
    parser.add_argument("--data", required=True, help="wnut16:test, FOLDER:SPLIT or a CoNLL file")
    add_decoder_option(parser)
    add_revision_option(parser)
    add_hub_option(parser)
    parser.add_argument(
        "--trained-on", nargs="+", help="what it was fitted on; default what its run config says"
    )
    parser.add_argument(
        "--calibrate-on",
        help="annotated tweets that no choice used: thresholds for tweets like these",
    )
    parser.add_argument(
        "--precision",
        type=float,
        default=0.8,
        help="wanted of entities accepted unread (%(default)s)",
    )
    parser.add_argument(
        "--confidence",
        type=float,
        default=0.9,
        help="with --calibrate-on: how surely (%(default)s)",
    )
    parser.add_argument(
        "--robustness", action="store_true", help="tag nine changed copies of the tweets too"
    )
    parser.add_argument(
        "--parity", action="store_true", help="run the stock pipeline over the same tweets too"
    )
    parser.add_argument("--output", type=Path, help="folder of the report")
    return parser.parse_args(argv)


def evaluate_model(args: argparse.Namespace) -> int:
    folder = open_model(args.model, revision=args.revision, hub=args.hub)
    tagger = tweetner.load(folder, decoder=args.decoder)
    if args.parity and not isinstance(tagger.backend, NeuralBackend):
        raise ValueError(
            f"--parity: expected a model that the stock pipeline loads, {args.model} is not neural"
        )
    types = types_of(tagger.labels)
    tweets = load_tweets(args.data, types=types)
    words, gold = [tweet.words for tweet in tweets], [tweet.gold for tweet in tweets]
    training = training_tweets(args.trained_on, folder, types)
    if args.calibrate_on:
        thresholds = fresh_thresholds(tagger, args, fitted_tweets(folder, "dev", types) + training)
    else:
        thresholds = folder.metrics.thresholds_of(tagger.decoder)
        check_precision(args.precision, thresholds)

    emitted = Emitted.by(tagger.backend, words)
    splitter = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    tagged = Tagger(emitted, splitter, tagger.decoder).tag_words(words)
    temperature = folder.temperature
    plain = (
        tagger.backend.tempered(1 / temperature) if isinstance(tagger.backend, SgdTagger) else None
    )
    before = Tagger(plain or emitted.scaled(temperature), splitter, tagger.decoder).tag_words(
        words, probabilities=True
    )
    predicted = [tweet.tags for tweet in tagged]
    evaluation = evaluate(
        words,
        gold,
        predicted,
        types=types,
        word_scores=[tweet.scores for tweet in tagged],
        scores_before=[tweet.scores for tweet in before] if temperature != 1 else None,
        probabilities=[tweet.probabilities for tweet in before if tweet.probabilities is not None],
        training=([tweet.words for tweet in training], [tweet.gold for tweet in training])
        if training
        else None,
        robustness=robustness(words, gold, lambda new: tags_of(tagger, new), types=types)
        if args.robustness
        else None,
    )
    print(f"{args.model} ({tagger.decoder}) on {args.data}, ratios in percent\n")
    print(
        headline_table(evaluation).to_markdown(), type_table(evaluation).to_markdown(), sep="\n\n"
    )
    if evaluation.n_in_training:
        print(
            f"warning: {evaluation.n_in_training} of these tweets are in the training text",
            file=sys.stderr,
        )

    applied = apply_thresholds(thresholds, entities_of(tagged, tweets))
    if applied:
        print(
            "",
            promise(applied, args.precision),
            unread_table(applied, evaluation.scores.micro).to_markdown(),
            sep="\n\n",
        )
    output = (
        args.output
        or Path("outputs/evaluations")
        / Path(args.model).name
        / Path(args.data.replace(":", "-")).name
    )
    output.mkdir(parents=True, exist_ok=True)
    write_predictions(output / "predictions.conll", words, gold, predicted)
    write_report(
        output,
        Subject(f"{args.model} ({tagger.decoder})", args.data, args.precision, applied),
        evaluation,
    )
    if args.parity:
        show_parity(folder, tweets, args.data, output / "parity.json")
    print(f"\nreport: {output / 'report.html'}")
    return 0


def show_parity(folder: ModelFolder, tweets: Sequence[Tweet], data: str, path: Path) -> None:
    """Compare with the stock pipeline on the words joined by spaces and, for the sample, on the tweets as posted."""
    tagger = comparable_tagger(folder)
    found = {
        f"words, {how}": parity_on_words(folder.path, tagger, tweets, aggregation=how)
        for how in ("first", "simple")
    }
    source, split = parse_source(data)
    if source == "sample" and split:
        found["text, first"] = parity_on_text(folder.path, tagger, load_sample_texts()[split])
    print()
    for what, parity in found.items():
        print(f"{what}: {parity}")
    path.write_text(
        json.dumps({what: parity.to_dict() for what, parity in found.items()}, indent=2) + "\n"
    )


def tags_of(tagger: Tagger, words: Sequence[Sequence[str]]) -> list[list[str]]:
    return [tweet.tags for tweet in tagger.tag_words(words)]


def training_tweets(
    trained_on: Sequence[str] | None, folder: ModelFolder, types: Sequence[str]
) -> list[Tweet]:
    """The text that the model was fitted on: as given, else as its run config says."""
    if trained_on is None:
        return fitted_tweets(folder, "train", types)
    return [tweet for data in trained_on for tweet in load_tweets(data, types=types)]


def fresh_thresholds(
    tagger: Tagger, args: argparse.Namespace, used: Sequence[Tweet]
) -> list[Threshold]:
    """Thresholds that hold for tweets like those of --calibrate-on, if no choice used them."""
    tweets = load_tweets(args.calibrate_on, types=types_of(tagger.labels))
    if n_shared(tweets, used):
        print(
            "warning: the model or its temperature was chosen on some of --calibrate-on; the thresholds' promise "
            "holds for tweets that no other choice used",
            file=sys.stderr,
        )
    entities = entities_of(tagger.tag_words([tweet.words for tweet in tweets]), tweets)
    on = f"{len(tweets):,} tweets of {Path(args.calibrate_on).name}"
    return [
        replace(choose_threshold(entities, precision=precision, confidence=args.confidence), on=on)
        for precision in sorted({*WANTED, args.precision})
    ]


def check_precision(wanted: float, stored: Sequence[Threshold]) -> None:
    precisions = [threshold.precision for threshold in stored]
    if stored and wanted not in precisions:
        listed = ", ".join(f"{precision:g}" for precision in precisions)
        raise ValueError(f"--precision: expected {listed}, or --calibrate-on FILE; got {wanted:g}")


if __name__ == "__main__":
    sys.exit(main())
