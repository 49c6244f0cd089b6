"""Score CoNLL predictions against CoNLL gold, without a model, and compare two models or recipes.

python scripts/score.py gold.conll predicted.conll
python scripts/score.py wnut16:test bert.conll --against sgd.conll --output report
python scripts/score.py wnut16:test bert/seed-*.conll --against sgd/seed-*.conll

The last column of a predictions file is the prediction: files with word and tag, and files with
word, gold and prediction, both work. scripts/evaluate.py writes such a file, predictions.conll, for
a published model and for the model of one seed (./outputs/runs/NAME/seed-11/model) alike. Several
files are seeds of one recipe: with two or more on both sides, recipes are compared, over other
tweets and over other seeds.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from tweetner.cli import Parser, command_line
from tweetner.corpus import ReadOptions, Tweet, load_tweets, read_conll
from tweetner.evaluation import (
    Evaluation,
    TagPairs,
    check_same_words,
    compare_recipes,
    evaluate,
)
from tweetner.report import (
    Subject,
    hard_names_table,
    headline_table,
    type_table,
    write_comparison,
    write_report,
)
from tweetner.tags import SCHEMES, WNUT16_TYPES


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    return score(parse_args(argv))


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("gold", help="wnut16:test, FOLDER:SPLIT or a CoNLL file")
    add("predicted", nargs="+", type=Path, help="CoNLL files over the same words, one a seed")
    add(
        "--against",
        nargs="+",
        type=Path,
        default=[],
        help="predictions to compare with, one file a seed",
    )
    add(
        "--types",
        nargs="+",
        default=WNUT16_TYPES,
        help="declared entity types (default: those of WNUT-16)",
    )
    add(
        "--scheme",
        choices=SCHEMES,
        default="IOB2",
        help="tagging scheme of the predictions (%(default)s)",
    )
    add(
        "--gold-scheme",
        choices=SCHEMES,
        default="IOB2",
        help="tagging scheme of the gold and training files (%(default)s)",
    )
    add(
        "--trained-on",
        nargs="+",
        default=[],
        help="tweets that the model was fitted on, such as wnut16:train",
    )
    add("--output", type=Path, help="folder for HTML, Markdown, JSON and CSV")
    return parser.parse_args(argv)


def score(args: argparse.Namespace) -> int:
    reading = ReadOptions(types=args.types, scheme=args.gold_scheme, scheme_option="--gold-scheme")
    gold = load_tweets(args.gold, **reading)
    runs = [read_pairs(path, gold, args) for path in args.predicted]
    others = [read_pairs(path, gold, args) for path in args.against]
    names = names_of([*args.predicted, *args.against])
    training = [tweet for data in args.trained_on for tweet in load_tweets(data, **reading)]
    evaluations = [
        evaluate_run(name, run, gold, training, args)
        for name, run in zip(names, runs, strict=False)
    ]
    n_known = evaluations[0].n_in_training
    if n_known:
        print(f"warning: {n_known} of these tweets are in the training text", file=sys.stderr)
    f1 = [evaluation.scores.micro.f1 for evaluation in evaluations]
    if len(f1) > 1:
        print(f"\nentity F1 over {len(f1)} seeds: {100 * mean(f1):.1f} ± {100 * stdev(f1):.1f}")
    if others:
        a, b = name_of_recipe(names[: len(runs)]), name_of_recipe(names[len(runs) :])
        comparison = compare_recipes((a, b), runs, others, args.types)
        print(f"\n{comparison.sentence}")
        if args.output:
            print(f"report: {write_comparison(args.output, args.gold, comparison)}")
    return 0


def read_pairs(path: Path, gold: list[Tweet], args: argparse.Namespace) -> TagPairs:
    """Read the predicted tags of a file, and pair them with the gold tags of the same words."""
    tweets = read_conll(path, types=args.types, scheme=args.scheme)
    try:
        check_same_words([tweet.words for tweet in gold], [tweet.words for tweet in tweets])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return TagPairs([tweet.gold for tweet in gold], [tweet.gold for tweet in tweets])


def names_of(paths: list[Path]) -> list[str]:
    """Name files by what differs: `bert` and `sgd` for bert/test.conll and sgd/test.conll."""
    parts = [path.with_suffix("").parts for path in paths]
    shared = set(parts[0]).intersection(*parts[1:])
    names: list[str] = []
    for path, words in zip(paths, parts, strict=True):
        different = [word for word in words if word not in shared]
        name = "-".join(different or words[-2:]).strip("/.-")
        if name in names:
            raise ValueError(f"expected files of different names, got {path} twice")
        names.append(name)
    return names


def name_of_recipe(names: list[str]) -> str:
    """Return a file's name, or the common part of the names of seeds: `bert-seed (3 seeds)`."""
    if len(names) == 1:
        return names[0]
    first, *others = [name.split("-") for name in names]
    shared = [part for part in first if all(part in other for other in others)]
    return f"{'-'.join(shared) or f'{names[0]} to {names[-1]}'} ({len(names)} seeds)"


def evaluate_run(
    name: str,
    pairs: TagPairs,
    gold: list[Tweet],
    training: list[Tweet],
    args: argparse.Namespace,
) -> Evaluation:
    """Evaluate one file of predictions, print its scores and write its report."""
    words = [tweet.words for tweet in gold]
    evaluation = evaluate(words, pairs, types=args.types, training=training)
    print(f"\n{name} against {args.gold}, ratios in percent\n")
    tables = (headline_table(evaluation), type_table(evaluation), hard_names_table(evaluation))
    print(*(table.to_markdown() for table in tables if table.rows), sep="\n\n")
    if args.output:
        write_report(args.output / name, Subject(name, args.gold), evaluation)
        print(f"\nreport: {args.output / name / 'report.html'}")
    return evaluation


if __name__ == "__main__":
    sys.exit(main())
