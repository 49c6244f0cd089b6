"""One tweet at a time: each round is another tweet, and its time that of an answer."""

from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks import made, sides
from benchmarks.races import Race, Variant, evenly


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """Two encoders and the baselines; `n_tweets` is the number of rounds, 200 by default."""
    tweets = evenly(sides.raw_tweets(data, n_tweets), 200)
    if not (encoder := sides.published(sides.ENCODER)):
        return [sides.left_out("latency", sides.ENCODER)]
    others = {
        name: folder for name in (sides.BILSTM, sides.SGD) if (folder := sides.published(name))
    }
    return [
        latency_race("bundled encoder, 22M", encoder, tweets, others),
        latency_race("DistilBERT's shape, 66M", made.distilbert(encoder), tweets, {}),
    ]


def latency_race(label: str, folder: Path, tweets: Sequence[str], others: dict[str, Path]) -> Race:
    """The model's backends, and other models, beside the pipeline, on tweets whose entities are the same."""
    kept, note = sides.alike(folder, tweets)
    asked = {"onnx": 1.7}
    variants = [of_each("pipeline", sides.stock(folder), kept)]
    variants += [
        of_each(f"Tagger, {name}", sides.ours(folder, name), kept, asked.get(name))
        for name in sides.backends_of(folder)
    ]
    variants += [
        of_each(f"{name}, another model", sides.ours(other), kept) for name, other in others.items()
    ]
    return Race(f"one tweet, {label}", variants, rounds=len(kept), note=note)


def of_each(
    name: str, tag: Callable[[str], Any], tweets: Sequence[str], at_least: float | None = None
) -> Variant:
    """A variant that tags the next tweet every time."""
    return Variant(name, tag, cycle(tweets).__next__, at_least)
