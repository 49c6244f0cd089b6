"""Score CoNLL predictions against CoNLL gold, without a model, and compare two models or two recipes.

python scripts/score.py gold.conll predicted.conll
python scripts/score.py wnut16:test bert/predictions.conll --against sgd/predictions.conll --output report
python scripts/score.py wnut16:test bert/seed-*/predictions.conll --against sgd/seed-*/predictions.conll

The last column of a predictions file is the prediction: files with word and tag, and files with word, gold and
prediction, both work. `scripts/evaluate.py --model MODEL --data DATA --output FOLDER` writes FOLDER/predictions.conll,
for a published model and for that of one seed (./outputs/runs/NAME/seed-11/model) alike. Several files are seeds of one
recipe: with two or more on both sides, recipes are compared, over other tweets and over other seeds.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from tweetner.cli import Parser, command_line
from tweetner.corpus import Tweet, load_tweets, read_conll
from tweetner.evaluation import Evaluation, check_same_words, compare_sides, evaluate
from tweetner.report import Subject, headline_table, type_table, write_comparison, write_report
from tweetner.tags import SCHEMES, WNUT16_TYPES

Predictions = list[list[str]]


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return score(parse_args(argv))


def score(args: argparse.Namespace) -> int:
    gold = load_tweets(args.gold, types=args.types, scheme=args.gold_scheme)
    runs = [read_predictions(path, gold, args) for path in args.predicted]
    others = [read_predictions(path, gold, args) for path in args.against]
    names = names_of([*args.predicted, *args.against])
    training = [
        tweet
        for data in args.trained_on
        for tweet in load_tweets(data, types=args.types, scheme=args.gold_scheme)
    ]
    evaluations = [
        evaluate_run(name, run, gold, training, args)
        for name, run in zip(names, runs, strict=False)
    ]
    if n_known := evaluations[0].n_in_training:
        print(f"warning: {n_known} of these tweets are in the training text", file=sys.stderr)
    f1 = [evaluation.scores.micro.f1 for evaluation in evaluations]
    if len(f1) > 1:
        print(f"\nentity F1 over {len(f1)} seeds: {100 * mean(f1):.1f} ± {100 * stdev(f1):.1f}")
    if others:
        a, b = name_of_side(names[: len(runs)]), name_of_side(names[len(runs) :])
        sides = compare_sides((a, b), [tweet.gold for tweet in gold], runs, others, args.types)
        print(f"\n{sides.sentence}")
        if args.output:
            print(f"report: {write_comparison(args.output, args.gold, sides)}")
    return 0


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument("gold", help="wnut16:test, FOLDER:SPLIT or a CoNLL file")
    parser.add_argument(
        "predicted", nargs="+", type=Path, help="CoNLL files over the same words, one a seed"
    )
    parser.add_argument(
        "--against",
        nargs="+",
        type=Path,
        default=[],
        help="predictions to compare with, one a seed",
    )
    parser.add_argument(
        "--types", nargs="+", default=WNUT16_TYPES, help="declared types; default those of WNUT-16"
    )
    parser.add_argument(
        "--scheme", choices=SCHEMES, default="IOB2", help="tagging scheme of the predictions"
    )
    parser.add_argument(
        "--gold-scheme", choices=SCHEMES, default="IOB2", help="that of gold and training"
    )
    parser.add_argument(
        "--trained-on", nargs="+", default=[], help="what the model was fitted on, as wnut16:train"
    )
    parser.add_argument("--output", type=Path, help="folder for HTML, Markdown, JSON and CSV")
    return parser.parse_args(argv)


def names_of(paths: list[Path]) -> list[str]:
    """What tells the files apart: `bert` and `sgd` for runs/bert/test.conll and runs/sgd/test.conll."""
    parts = [path.with_suffix("").parts for path in paths]
    shared = set(parts[0]).intersection(*parts[1:])
    names = [
        "-".join([word for word in part if word not in shared] or part[-2:]).strip("/.-")
        for part in parts
    ]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise ValueError(f"expected files of different names, got {paths[position]} twice")
    return names


def name_of_side(names: list[str]) -> str:
    """A file's name, or what the names of seeds share: `bert-seed (3 seeds)`."""
    if len(names) == 1:
        return names[0]
    first, *others = [name.split("-") for name in names]
    shared = [part for part in first if all(part in other for other in others)]
    return f"{'-'.join(shared) or f'{names[0]} to {names[-1]}'} ({len(names)} seeds)"


def read_predictions(path: Path, gold: list[Tweet], args: argparse.Namespace) -> Predictions:
    tweets = read_conll(path, types=args.types, scheme=args.scheme)
    try:
        check_same_words([tweet.words for tweet in gold], [tweet.words for tweet in tweets])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return [list(tweet.gold) for tweet in tweets]


def evaluate_run(
    name: str,
    predicted: Predictions,
    gold: list[Tweet],
    training: list[Tweet],
    args: argparse.Namespace,
) -> Evaluation:
    """Evaluate one file of predictions, print its scores and write its report."""
    evaluation = evaluate(
        [tweet.words for tweet in gold],
        [tweet.gold for tweet in gold],
        predicted,
        types=args.types,
        training=([tweet.words for tweet in training], [tweet.gold for tweet in training])
        if training
        else None,
    )
    print(f"\n{name} against {args.gold}, ratios in percent\n")
    print(
        headline_table(evaluation).to_markdown(), type_table(evaluation).to_markdown(), sep="\n\n"
    )
    if args.output:
        write_report(args.output / name, Subject(name, args.gold), evaluation)
        print(f"\nreport: {args.output / name / 'report.html'}")
    return evaluation


if __name__ == "__main__":
    sys.exit(main())
