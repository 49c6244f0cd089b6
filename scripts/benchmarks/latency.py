"""Measure the time to tag one tweet; each round is another tweet.

Every backend of our Tagger is compared with transformers' pipeline.
"""

from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks import random_models, taggers
from benchmarks.timing import Benchmark, Variant, spaced


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare two encoders and the other models; `n_tweets` is the number of rounds (200)."""
    tweets = spaced(taggers.raw_tweets(data, n_tweets), 200)
    if not (encoder := taggers.find_model(taggers.ENCODER)):
        return [taggers.skipped("latency", taggers.ENCODER)]
    others = {
        name: folder
        for name in (taggers.BILSTM, taggers.SGD)
        if (folder := taggers.find_model(name))
    }
    return [
        latency_benchmark("bundled encoder, 22M", encoder, tweets, others),
        latency_benchmark("DistilBERT's shape, 66M", random_models.distilbert(encoder), tweets, {}),
    ]


def latency_benchmark(
    label: str, folder: Path, tweets: Sequence[str], others: dict[str, Path]
) -> Benchmark:
    """Compare backends and other models with the pipeline, on tweets with the same entities."""
    kept, note = taggers.keep_comparable(folder, tweets)
    targets = {"onnx": 1.7}
    variants = [of_each("pipeline", taggers.stock_pipeline(folder), kept)]
    variants += [
        of_each(f"Tagger, {name}", taggers.our_tagger(folder, name), kept, targets.get(name))
        for name in taggers.backends_of(folder)
    ]
    variants += [
        of_each(f"{name}, another model", taggers.our_tagger(other), kept)
        for name, other in others.items()
    ]
    return Benchmark(f"one tweet, {label}", variants, rounds=len(kept), note=note)


def of_each(
    name: str, tag: Callable[[str], Any], tweets: Sequence[str], target: float | None = None
) -> Variant:
    """Return a variant that tags the next tweet in each round."""
    return Variant(name, tag, cycle(tweets).__next__, target)
