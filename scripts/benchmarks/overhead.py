"""Measure everything around a model: from raw tweets to subwords, and from scores to entities.

Our Tagger is compared with transformers' pipeline.
"""

from functools import partial

from benchmarks import random_models, taggers
from benchmarks.timing import Benchmark, Variant, require_same


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare both with a model that looks its scores up in a table, so that the rest is timed."""
    tweets = taggers.raw_tweets(data, n_tweets)
    if not (encoder := taggers.find_model(taggers.ENCODER)):
        return [taggers.skipped("around the model", taggers.ENCODER)]
    folder = random_models.subword_table(encoder)
    pipeline, seen = taggers.stock_pipeline(folder), taggers.our_tagger(folder, "torch")
    expected = pipeline(tweets, batch_size=taggers.BATCH)
    require_same(
        f"entities of {len(tweets):,} tweets",
        all(taggers.agreement(tweets, expected, seen(tweets))),
    )
    n_entities = sum(map(len, expected))
    return [
        Benchmark(
            "around the model, which costs nothing",
            [
                Variant(taggers.BATCHED, lambda _: pipeline(tweets, batch_size=taggers.BATCH)),
                Variant(
                    "Tagger, cold",
                    lambda tagger: tagger(tweets),
                    partial(taggers.our_tagger, folder, "torch"),
                    target=15,
                ),
                Variant("Tagger, warm: words seen before", lambda _: seen(tweets), target=15),
            ],
            rounds=7,
            work=(len(tweets), "tweets"),
            note=f"identical entities on all {len(tweets):,} tweets, {n_entities:,} entities",
        )
    ]
