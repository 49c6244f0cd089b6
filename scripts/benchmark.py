"""python scripts/benchmark.py baseline: our way beside the plain way, in one process, round by round.

Times are process CPU seconds. In every round each variant runs once, in reversed order every other round; a ratio is
the median over rounds of the first variant's time divided by the variant's own. The results are compared before that.
"""

import argparse
import gc
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from tweetner.machine import machine

OUTPUT = Path("outputs/reports/benchmark")


@dataclass(frozen=True)
class Variant:
    """One way of doing something: `run(setup())` is done each round, and only `run` is timed."""

    name: str
    run: Callable[[Any], object]
    setup: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Race:
    """Several ways of doing the same thing; the first is the plain one."""

    name: str
    variants: list[Variant]
    rounds_at_most: int = 1000


@dataclass(frozen=True)
class Result:
    """What one variant took."""

    race: str
    variant: str
    seconds: float
    ratio: float
    rounds: int


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, races_of in COMMANDS.items():
        command = commands.add_parser(name, help=races_of.__doc__, description=races_of.__doc__)
        command.add_argument("--data", default="wnut16", help="corpus (%(default)s)")
        command.add_argument("--rounds", type=int, default=9, help="how often each variant runs (%(default)s)")
        command.add_argument("--output", type=Path, default=OUTPUT, help="folder (%(default)s)")
    arguments = parser.parse_args(argv)
    try:
        races = COMMANDS[arguments.command](arguments.data)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    results = [result for race in races for result in run(race, arguments.rounds)]
    path = arguments.output / f"{arguments.command}.json"
    write_results(results, path, command=arguments.command, data=arguments.data)
    return 0


def run(race: Race, rounds: int) -> list[Result]:
    """Run a race, print its rows, and give them back."""
    rounds = max(1, min(rounds, race.rounds_at_most))
    seconds: dict[str, list[float]] = {variant.name: [] for variant in race.variants}
    for number in range(rounds):
        for variant in race.variants[:: -1 if number % 2 else 1]:
            prepared = variant.setup()
            gc.collect()
            started = process_time()
            variant.run(prepared)
            seconds[variant.name].append(process_time() - started)
    plain = seconds[race.variants[0].name]
    results = [
        Result(race.name, name, median(times), median(a / b for a, b in zip(plain, times, strict=True)), rounds)
        for name, times in seconds.items()
    ]
    print(f"\n{race.name} ({rounds} round{'s' * (rounds > 1)})")
    for result in results:
        print(f"  {result.variant:44} {result.seconds:8.3f} s  {result.ratio:6.1f}×")
    return results


def write_results(results: Sequence[Result], path: Path, **facts: str) -> None:
    """Write all rows, with what they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    measured_on = machine("numpy", "scipy", "scikit-learn")
    values = {**facts, "machine": measured_on, "results": [vars(result) for result in results]}
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{measured_on['processor']}, threads: {measured_on['threads']}; {path}")


def require_same(what: str, same: bool) -> None:
    if not same:
        raise ValueError(f"{what} differ, so their times cannot be compared")
    print(f"{what}: identical")


# --- baseline ---------------------------------------------------------------------------------------------------------

ALPHAS = (1e-5, 5e-5, 1e-4, 5e-4)


def baseline(data: str) -> list[Race]:
    """The notebook's features and SGD tagger, beside a plain rewrite with scikit-learn."""
    from sklearn.feature_extraction import DictVectorizer

    from tweetner.baseline import SgdTagger, fit_sgd
    from tweetner.baseline.features import FeatureColumns, fit_vocabulary
    from tweetner.baseline.plain import plain_features
    from tweetner.corpus import load_corpus, notebook_split
    from tweetner.inference import Tagger
    from tweetner.tokenization import splitter_tokenizer

    corpus = load_corpus(data)
    train, dev = (
        ([tweet.words for tweet in tweets], [tweet.gold for tweet in tweets])
        for tweets in notebook_split(corpus.splits["train"])
    )
    words, test = train[0], [tweet.words for tweet in corpus.splits["test"]]

    def fit(alphas: Sequence[float]) -> SgdTagger:
        return fit_sgd(*train, validation=dev, types=corpus.types, alphas=alphas).tagger

    vectorizer = DictVectorizer().fit(plain_features(words))
    classifier, fitted = plain_fit(train, dev, ALPHAS[:1]), fit(ALPHAS[:1])

    def plain_matrix() -> Any:
        return int32(vectorizer.transform(plain_features(test)))

    def plain_tags(_: object) -> list[str]:
        tagged: list[str] = classifier.predict(plain_matrix()).tolist()
        return tagged

    def forgetful() -> SgdTagger:
        vocabulary = fitted.columns.vocabulary
        own = {"classes": fitted.classes, "coef": fitted.coef, "intercept": fitted.intercept, "vocabulary": vocabulary}
        return SgdTagger(fitted.labels, **own)

    def our_tags(tagger: SgdTagger) -> list[str]:
        emissions = np.concatenate([emission for emission, _ in tagger.emissions(test)])
        return [tagger.labels[label] for label in emissions.argmax(axis=1)]

    def wrapped(backend: SgdTagger) -> Tagger:
        return Tagger(backend, splitter_tokenizer(), "argmax")

    def tag_words(tagger: Tagger) -> list[str]:
        return [tag for tagged in tagger.tag_words(test) for tag in tagged.tags]

    ours, theirs = fitted.columns.matrix(test), plain_matrix()
    parts = [(getattr(ours, part), getattr(theirs, part)) for part in ("indptr", "indices", "data")]
    require_same("vocabularies", fitted.columns.vocabulary == vectorizer.vocabulary_)
    require_same(f"feature matrices {ours.shape}", all(np.array_equal(*pair) for pair in parts))
    require_same("coefficients", np.array_equal(fitted.coef, classifier.coef_))
    require_same(f"tags of {len(test):,} tweets", plain_tags(None) == our_tags(fitted) == tag_words(wrapped(fitted)))

    return [
        Race(
            f"features and vectorizing, fit on {len(words):,} tweets",
            [
                Variant("plain: dicts, fit_transform", lambda _: DictVectorizer().fit_transform(plain_features(words))),
                Variant("ours", lambda _: FeatureColumns(fit_vocabulary(words)).matrix(words)),
            ],
        ),
        Race(
            f"features and vectorizing, {len(test):,} tweets",
            [
                Variant("plain: dicts, transform", lambda _: plain_matrix()),
                Variant("ours, cold", lambda new: new.matrix(test), lambda: FeatureColumns(vectorizer.vocabulary_)),
                Variant("ours, warm", lambda _: fitted.columns.matrix(test)),
            ],
        ),
        Race(
            f"tagging {len(test):,} tweets",
            [
                Variant("plain: dicts, transform, predict", plain_tags),
                Variant("ours with probabilities, cold", our_tags, forgetful),
                Variant("ours with probabilities, warm", our_tags, lambda: fitted),
                Variant("Tagger.tag_words, cold", tag_words, lambda: wrapped(forgetful())),
                Variant("Tagger.tag_words, warm", tag_words, lambda: wrapped(fitted)),
            ],
        ),
        Race(
            f"fit of {len(ALPHAS)} alphas",
            [
                Variant("plain: vectorized once", lambda _: plain_fit(train, dev, ALPHAS)),
                Variant("ours", lambda _: fit(ALPHAS)),
            ],
            rounds_at_most=3,
        ),
    ]


def plain_fit(train: tuple[Any, Any], dev: tuple[Any, Any], alphas: Sequence[float]) -> Any:
    """The notebook's tuning, a dict a word; gives the classifier of the last alpha."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import SGDClassifier

    from tweetner.baseline.plain import plain_features

    vectorizer = DictVectorizer()
    matrix = int32(vectorizer.fit_transform(plain_features(train[0])))
    dev_matrix = int32(vectorizer.transform(plain_features(dev[0])))
    tags = [tag for tweet in train[1] for tag in tweet]
    for alpha in alphas:
        classifier = SGDClassifier(
            loss="log_loss", alpha=alpha, max_iter=50, tol=1e-3, random_state=42, n_jobs=-1, class_weight="balanced"
        ).fit(matrix, tags)
        classifier.predict(dev_matrix)
    return classifier


def int32(matrix: Any) -> Any:
    """What the notebook would have to do: scikit-learn 1.9 makes int64 indices, which its `SGDClassifier` refuses."""
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


COMMANDS: dict[str, Callable[[str], list[Race]]] = {"baseline": baseline}


if __name__ == "__main__":
    sys.exit(main())
