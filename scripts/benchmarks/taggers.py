"""Load the taggers that benchmarks compare: transformers' pipeline and our Tagger.

Both run the same weights on the same raw tweets.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import compress
from math import isclose
from pathlib import Path
from typing import Any, get_args

from benchmarks.timing import Benchmark, spaced
from tweetner import hub
from tweetner.corpus import load_sample_texts, load_tweets
from tweetner.tagger import Engine, Tagger, load

ENCODER, BILSTM, SGD = "distilbert-wnut16", "bilstm-wnut16", "sgd-wnut16"
TRAINED_BY = {
    ENCODER: "accelerate launch scripts/finetune.py --config configs/distilbert.yaml",
    BILSTM: "accelerate launch scripts/finetune.py --config configs/bilstm.yaml",
    SGD: "python scripts/baseline.py --config configs/sgd.yaml",
}
INT8 = "onnx-int8"
"""The backend whose entities may differ a little from those of the other backends."""

BATCH = 32
"""Batch size of the pipeline, in tweets."""
BATCHED = f"pipeline, batches of {BATCH}"
SCORE_TOLERANCE = 1e-4

Found = Sequence[Mapping[str, Any]]
"""The entities of one tweet, in the pipeline's form or in ours."""


def find_model(name: str) -> Path | None:
    """Return the folder of a model of the hub, or None if the hub does not have it."""
    try:
        return hub.resolve(name)
    except ValueError:
        return None


def skipped(benchmark: str, name: str) -> Benchmark:
    """Return an empty benchmark whose note names the missing model and how to train it."""
    return Benchmark(benchmark, [], note=f"skipped, the hub has no {name}: {TRAINED_BY[name]}")


def raw_tweets(data: str, n: int | None) -> list[str]:
    """Return the distinct test tweets as text: raw for `sample`, else words joined by spaces."""
    if data == "sample":
        texts = [tweet.text for tweet in load_sample_texts()["test"]]
    else:
        texts = [" ".join(tweet.words) for tweet in load_tweets(f"{data}:test")]
    return spaced(list(dict.fromkeys(texts)), n)


@cache
def stock_pipeline(folder: Path) -> Any:
    """Return transformers' own pipeline, which has no cache."""
    from transformers import pipeline

    import tweetner.models  # noqa: F401 - the class of our own models

    return pipeline(
        "token-classification", model=str(folder), aggregation_strategy="first", device="cpu"
    )


def our_tagger(folder: Path, backend: Engine | None = None) -> Tagger:
    """Return our tagger, warmed up on dev tweets, with the decoder that the pipeline implements.

    Args:
        folder: The model folder.
        backend: Backend of a neural model.
    """
    device = "cpu" if backend == "torch" else None
    model = hub.ModelFolder(folder)
    tagger = load(model, backend=backend, decoder=model.stock_decoder, device=device)
    tagger([tweet.text for tweet in load_sample_texts()["dev"]][:32])
    return tagger


def backends_of(folder: Path) -> list[Engine]:
    """Return the backends that can run a neural model."""
    graphs = hub.ModelFolder(folder).graphs
    return ["torch", *(name for name in get_args(Engine)[1:] if name in graphs)]


def keep_comparable(folder: Path, tweets: Sequence[str]) -> tuple[list[str], str]:
    """Return the tweets for which all taggers find the same entities, and a note of their number.

    The taggers are the pipeline and every backend but int8.
    """
    expected = stock_pipeline(folder)(list(tweets), batch_size=BATCH)
    same = {
        name: agreement(tweets, expected, our_tagger(folder, name)(tweets))
        for name in backends_of(folder)
    }
    exact = [flags for name, flags in same.items() if name != INT8]
    everywhere = [all(flags) for flags in zip(*exact, strict=True)]
    kept = list(compress(tweets, everywhere))
    note = f"identical entities on {len(kept):,} of {len(tweets):,} tweets, which are timed"
    if INT8 in same:
        note += f"; int8 on {sum(compress(same[INT8], everywhere)):,} of them"
    return kept, note


def agreement(tweets: Sequence[str], theirs: Sequence[Found], mine: Sequence[Found]) -> list[bool]:
    """Return for each tweet whether the pipeline's entities and ours are the same."""
    return [same_entities(*each) for each in zip(tweets, theirs, mine, strict=True)]


def same_entities(tweet: str, theirs: Found, mine: Found) -> bool:
    """Return whether both have the same types and offsets, and scores within 1e-4.

    >>> theirs = [{"entity_group": "geo-loc", "start": 3, "end": 6, "score": 0.5}]
    >>> same_entities("in NYC", theirs, [])
    False
    """
    return len(theirs) == len(mine) and all(
        (a["entity_group"], a["start"]) == (b["type"], b["start"])
        and same_end(tweet, a["end"], b["end"])
        and isclose(a["score"], b["score"], abs_tol=SCORE_TOLERANCE)
        for a, b in zip(theirs, mine, strict=True)
    )


def same_end(tweet: str, theirs: int, mine: int) -> bool:
    """Return whether two ends of an entity agree.

    The pipeline ends an entity at the `@` of an @name or the `http` of a URL.

    >>> same_end("thanks @nina !", 8, 12), same_end("thanks Nina !", 8, 11)
    (True, False)
    """
    cut = tweet[:theirs].lower().endswith(("@", "http")) and not tweet[theirs:mine].split()[1:]
    return theirs == mine or (cut and theirs < mine)
