"""The two sides of a race between taggers: the stock pipeline and our Tagger, on the same weights and raw tweets."""

from collections.abc import Sequence
from functools import cache
from itertools import compress
from math import isclose
from pathlib import Path
from typing import Any, get_args

from benchmarks.races import Race, evenly
from tweetner import hub
from tweetner.corpus import load_sample_texts, load_tweets
from tweetner.tagger import Engine, Tagger, load

ENCODER, BILSTM, SGD = "distilbert-wnut16", "bilstm-wnut16", "sgd-wnut16"
MADE_BY = {
    ENCODER: "accelerate launch scripts/finetune.py --config configs/distilbert.yaml",
    BILSTM: "accelerate launch scripts/finetune.py --config configs/bilstm.yaml",
    SGD: "python scripts/baseline.py --config configs/sgd.yaml",
}
INT8 = "onnx-int8"
"""The backend whose entities may differ a little from those of the others."""

BATCH = 32
"""Tweets that the pipeline takes at once ..."""
BATCHED = f"pipeline, batches of {BATCH}"
"""... in the table."""
SCORES_DIFFER = 1e-4

Found = list[dict[str, Any]]
"""The entities of one tweet, as either side gives them."""


def published(name: str) -> Path | None:
    """The folder of a model of the hub, where it has it."""
    try:
        return hub.resolve(name)
    except ValueError:
        return None


def left_out(race: str, name: str) -> Race:
    """A race that cannot be run, and what would make its model."""
    return Race(race, [], note=f"left out, the hub has no {name}: {MADE_BY[name]}")


def raw_tweets(data: str, n: int | None) -> list[str]:
    """Test tweets as text, each once: as posted where the corpus has them so (`sample`), else words with spaces."""
    if data == "sample":
        texts = [tweet.text for tweet in load_sample_texts()["test"]]
    else:
        texts = [" ".join(tweet.words) for tweet in load_tweets(f"{data}:test")]
    return evenly(list(dict.fromkeys(texts)), n)


@cache
def stock(folder: Path) -> Any:
    """The unmodified pipeline, which remembers nothing."""
    from transformers import pipeline

    import tweetner.models  # noqa: F401 - the class of our own models

    return pipeline(
        "token-classification", model=str(folder), aggregation_strategy="first", device="cpu"
    )


def ours(folder: Path, backend: Engine | None = None) -> Tagger:
    """Our tagger, warm, with nothing remembered of the tweets of a race; its decoder is the one that `stock` equals.

    Args:
        folder: The model.
        backend: Of a neural model.
    """
    device = "cpu" if backend == "torch" else None
    model = hub.ModelFolder(folder)
    tagger = load(model, backend=backend, decoder=model.stock_decoder, device=device)
    tagger([tweet.text for tweet in load_sample_texts()["dev"]][:32])
    return tagger


def backends_of(folder: Path) -> list[Engine]:
    """What a neural model can run on."""
    graphs = hub.ModelFolder(folder).graphs
    return ["torch", *(name for name in get_args(Engine)[1:] if name in graphs)]


def alike(folder: Path, tweets: Sequence[str]) -> tuple[list[str], str]:
    """The tweets of which the pipeline and every backend but int8 give the same entities, and a note of how many."""
    expected = stock(folder)(list(tweets), batch_size=BATCH)
    same = {
        name: agreement(tweets, expected, ours(folder, name)(tweets))
        for name in backends_of(folder)
    }
    everywhere = [
        all(each) for each in zip(*(same[name] for name in same if name != INT8), strict=True)
    ]
    kept = list(compress(tweets, everywhere))
    note = f"identical entities on {len(kept):,} of {len(tweets):,} tweets, which are timed"
    if INT8 in same:
        note += f"; int8 on {sum(compress(same[INT8], everywhere)):,} of them"
    return kept, note


def agreement(tweets: Sequence[str], theirs: Sequence[Found], mine: Sequence[Found]) -> list[bool]:
    """For each tweet, whether the pipeline's entities and ours are the same."""
    return [same_entities(*each) for each in zip(tweets, theirs, mine, strict=True)]


def same_entities(tweet: str, theirs: Found, mine: Found) -> bool:
    """Whether the pipeline's entities and ours have the same types and places, and scores within 1e-4.

    >>> same_entities("in NYC", [{"entity_group": "geo-loc", "start": 3, "end": 6, "score": 0.5}], [])
    False
    """
    return len(theirs) == len(mine) and all(
        (a["entity_group"], a["start"]) == (b["type"], b["start"])
        and same_end(tweet, a["end"], b["end"])
        and isclose(a["score"], b["score"], abs_tol=SCORES_DIFFER)
        for a, b in zip(theirs, mine, strict=True)
    )


def same_end(tweet: str, theirs: int, mine: int) -> bool:
    """Of an @name or URL the pipeline knows only how it begins.

    >>> same_end("thanks @nina !", 8, 12), same_end("thanks Nina !", 8, 11)
    (True, False)
    """
    cut = tweet[:theirs].lower().endswith(("@", "http")) and not tweet[theirs:mine].split()[1:]
    return theirs == mine or (cut and theirs < mine)
