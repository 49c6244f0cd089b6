"""Fit a gate for a published model: it answers the tweets without entities instead of the model.

python scripts/cascade.py --model distilbert-wnut16-bio --tweets tweets.txt --beside sgd-wnut16

The gate learns from the model's own answers to the tweets of --tweets, which need no annotation,
and to those of train and of the part of dev that is not held out. Its threshold is certified on the
held-out part. The model's next version has the gate, for --triage of tweetner tag and serve.

The folder outputs/reports/cascade gets curve.csv, curve.md and curve.png: F1 and cost on --data for
each share of the tweets that the gate answers, beside a random choice of as many.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

import tweetner
from tweetner.cli import Parser, add_hub_option, command_line
from tweetner.corpus import Tweet, load_tweets
from tweetner.evaluation import (
    compare,
    held_out_sets,
    pair_tags,
    prove_gate,
    tweet_counts,
)
from tweetner.hub import open_model
from tweetner.report import BLUE, MUTED, ORANGE, canvas
from tweetner.streams import RecordOptions, Source, find_inputs
from tweetner.tagger import TaggedTweet, Tagger
from tweetner.tags import types_of
from tweetner.training.gate import fit_gate, publish_gate

SHARES = np.arange(0, 1.01, 0.05)
"""The shares of tweets for triage at which the curve is drawn."""

N_TIMED = 300
"""Number of tweets that are timed one by one."""

N_BATCHED = 1000
"""Number of tweets that are timed in batches."""

Floats = npt.NDArray[np.float64]


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("--model", required=True, help="name of a neural model in the hub")
    add("--tweets", nargs="+", default=[], metavar="FILE", help="tweets, as for tweetner tag")
    add("--data", default="wnut16:test", help="annotated tweets of the curve (%(default)s)")
    add("--max-lost", type=float, default=0.05, help="share of entities to lose (%(default)s)")
    add("--beside", metavar="NAME", help="linear model to measure as a gate, too")
    add("--output", type=Path, default=Path("outputs/reports/cascade"), help="(%(default)s)")
    add_hub_option(parser)
    args = parser.parse_args(argv)
    beside = tweetner.load(args.beside, hub=args.hub) if args.beside else None
    tagger = fit_and_publish(args)
    curve = measure(tagger, beside, load_tweets(args.data, types=types_of(tagger.labels)))
    args.output.mkdir(parents=True, exist_ok=True)
    curve.to_csv(args.output / "curve.csv", index=False)
    table = curve.to_markdown(index=False, floatfmt=".2f")
    (args.output / "curve.md").write_text(f"{table}\n", encoding="utf-8")
    draw(curve, args.output / "curve.png")
    print(f"\n{table}\n\n{args.output}/curve.{{csv,md,png}}")
    return 0


def fit_and_publish(args: argparse.Namespace) -> Tagger:
    """Fit the gate, certify its threshold and publish both; return the tagger with the gate."""
    folder = open_model(args.model, hub=args.hub)
    tagger = tweetner.load(folder)
    train, dev_sets = held_out_sets(folder, types_of(tagger.labels))
    held_out = [tweet.words for tweet in dev_sets.held_out]
    fitted = [tweet.words for tweet in train + dev_sets.calibration]
    fitted_on = f"{len(fitted):,} tweets of train and dev"
    if args.tweets:
        unlabelled = words_of(tagger, args.tweets)
        kept_back = set(held_out)
        fitted += [words for words in unlabelled if words not in kept_back]
        fitted_on += f" and {len(unlabelled):,} tweets without annotation"
    gate = fit_gate(fitted, tagger.tag_words(fitted))
    proof = prove_gate(
        np.array(gate.scores(held_out)),
        n_entities_of(tagger.tag_words(held_out)),
        max_lost=args.max_lost,
        on=f"{len(held_out):,} tweets of {dev_sets.source} that nothing was chosen by",
        fitted_on=fitted_on,
    )
    version = publish_gate(folder, gate, proof, args.model, hub=args.hub)
    print(f"{version.name} {version.tag}, revision {version.revision[:10]}\n{proof}")
    gate.threshold = proof.threshold or 0.0
    tagger.gate = gate
    return tagger


def words_of(tagger: Tagger, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Read raw tweets, each once, and split them into words."""
    texts = {record.text for record in Source(find_inputs(names), RecordOptions()) if record.text}
    tweets = []
    for text in sorted(texts):
        tweets.append(tuple(text[start:end] for start, end in tagger.split(text)))
    return tweets


def n_entities_of(tagged: Sequence[TaggedTweet]) -> npt.NDArray[np.int64]:
    return np.array([len(tweet.entities) for tweet in tagged], np.int64)


class Costs(NamedTuple):
    """Measured costs of tweets that the gate answers, and of the same tweets without a gate.

    Attributes:
        triage: Latency of each timed tweet if the gate answers it, in seconds, (timed,).
        model: The same if the model answers it.
        scores: The gate's scores of these tweets, (timed,).
        triage_cpu: CPU seconds a tweet, in batches, if the gate answers all.
        model_cpu: The same if the model answers all.
        alone_cpu: The same for the model without a gate.
    """

    triage: Floats
    model: Floats
    scores: Floats
    triage_cpu: float
    model_cpu: float
    alone_cpu: float

    def at(self, threshold: float, share: float) -> dict[str, float]:
        """Return the costs at a threshold, in milliseconds a tweet.

        Args:
            threshold: The gate's threshold.
            share: The share of all words that are in tweets for the model.
        """
        latency = np.where(self.scores < threshold, self.triage, self.model)
        cpu = self.triage_cpu + share * (self.model_cpu - self.triage_cpu)
        p50, p95 = 1000 * np.quantile(latency, [0.5, 0.95])
        saved = 100 * (1 - cpu / self.alone_cpu)
        return {"CPU": 1000 * cpu, "CPU saved": saved, "p50": float(p50), "p95": float(p95)}


def measure(tagger: Tagger, beside: Tagger | None, tweets: Sequence[Tweet]) -> pd.DataFrame:
    """Measure the cascade, in percent and milliseconds: at its own threshold, then at `SHARES`."""
    gate = tagger.gate
    assert gate is not None
    words = [tweet.words for tweet in tweets]
    costs = measure_costs(tagger, [" ".join(own) for own in words])  # before the gate knows them
    scores = np.array(gate.scores(words))
    others = scores if beside is None else linear_scores(beside, words)
    thresholds = [gate.threshold, *(threshold_at(scores, share) for share in SHARES)]
    gate.threshold = 0.0  # the model answers every tweet
    pairs = pair_tags(tagger.tag_words(words), tweets)
    counts = tweet_counts(pairs, types_of(tagger.labels)).sum(axis=1)  # (tweets, 3)
    lengths = np.array([len(own) for own in words])
    rows = []
    for threshold in thresholds:
        passed = scores >= threshold
        share = float(passed.mean())
        passed_by_other = others >= threshold_at(others, 1 - share)
        row = {
            "threshold": threshold,
            "to the model": 100 * share,
            "entities lost": 100 * (1 - counts[passed, 1].sum() / counts[:, 1].sum()),
            **f1_columns(counts, passed),
            "F1 of random": f1(counts.sum(axis=0) * [share, share, 1]),
            "F1 of beside": f1(masked(counts, passed_by_other).sum(axis=0)),
        }
        rows.append(row | costs.at(threshold, lengths[passed].sum() / lengths.sum()))
    return pd.DataFrame(rows)


def threshold_at(scores: Floats, share: float) -> float:
    """Return the threshold below which a share of the scores lies."""
    highest_first = np.append(np.sort(scores), np.inf)
    return float(highest_first[round(share * len(scores))])


def linear_scores(tagger: Tagger, words: Sequence[Sequence[str]]) -> Floats:
    """Score tweets as a gate does: by a tagger's probability that the likeliest word is not `O`."""
    tagged = tagger.tag_words(words, probabilities=True)
    outside = [tweet.probabilities[:, 0] for tweet in tagged if tweet.probabilities is not None]
    return np.array([1 - own.min(initial=1) for own in outside])


def masked(counts: npt.NDArray[np.int64], passed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the counts (right, predicted, gold) of tweets when only some reach the model."""
    columns = np.stack([passed, passed, np.ones_like(passed)], axis=1)  # (tweets, 3)
    return counts * columns


def f1(counts: npt.NDArray[np.generic]) -> float:
    """Return F1 in percent from right, predicted and gold."""
    right, predicted, gold = counts
    return float(200 * right / (predicted + gold))


def f1_columns(counts: npt.NDArray[np.int64], passed: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return F1, and its paired difference to the model alone with a 95% interval."""
    cascade = masked(counts, passed)
    (found,) = compare(cascade[None, :, None], counts[None, :, None])
    return {
        "F1": f1(cascade.sum(axis=0)),
        "difference": 100 * found.difference,
        "low": 100 * found.low,
        "high": 100 * found.high,
    }


def measure_costs(tagger: Tagger, texts: Sequence[str]) -> Costs:
    """Time tweets one by one and in batches, all answered by the gate or all by the model."""
    gate = tagger.gate
    assert gate is not None
    proven = gate.threshold
    timed = texts[:: max(1, len(texts) // N_TIMED)]
    texts = texts[:: max(1, len(texts) // N_BATCHED)]
    tagger(["the first call is slow"])
    gate.threshold = np.inf
    triage = np.array([seconds(perf_counter, tagger, text) for text in timed])
    triage_cpu = seconds(process_time, tagger, texts)
    gate.threshold = 0.0
    model = np.array([seconds(perf_counter, tagger, text) for text in timed])
    model_cpu = seconds(process_time, tagger, texts)
    split = [[text[start:end] for start, end in tagger.split(text)] for text in timed]
    tagger.gate = None
    alone_cpu = seconds(process_time, tagger, texts)
    tagger.gate = gate
    gate.threshold = proven
    per_tweet = [cpu / len(texts) for cpu in (triage_cpu, model_cpu, alone_cpu)]
    return Costs(triage, model, np.array(gate.scores(split)), *per_tweet)


def seconds(clock: Callable[[], float], tagger: Tagger, tweets: str | Sequence[str]) -> float:
    start = clock()
    tagger(tweets)
    return clock() - start


def draw(curve: pd.DataFrame, path: Path) -> None:
    """Draw F1, and costs, over the share of tweets that the model answers."""
    proven, curve = curve.iloc[0], curve.iloc[1:]
    share = curve["to the model"]
    with canvas(11, 4.2) as drawing:
        quality, cost = drawing.figure.subplots(1, 2)
        alone = curve["F1"].iloc[0]
        quality.fill_between(
            share, alone + curve["low"], alone + curve["high"], color=BLUE, alpha=0.2
        )
        quality.plot(
            share, curve["F1"], color=BLUE, label="gate, with the 95% interval of its loss"
        )
        quality.plot(share, curve["F1 of beside"], color=ORANGE, label="gate of --beside")
        quality.plot(share, curve["F1 of random"], color=MUTED, label="random choice")
        quality.plot(proven["to the model"], proven["F1"], "o", color=BLUE)
        quality.set(xlabel="tweets that the model answers, %", ylabel="entity F1")
        quality.legend()
        for column, colour in {"CPU": BLUE, "p50": ORANGE, "p95": MUTED}.items():
            cost.plot(share, curve[column], color=colour, label=column)
        cost.set(xlabel="tweets that the model answers, %", ylabel="ms a tweet", yscale="log")
        cost.yaxis.set_major_formatter("{x:g}")
        cost.legend()
        drawing.figure.savefig(path, dpi=140)


if __name__ == "__main__":
    sys.exit(main())
