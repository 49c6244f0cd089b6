"""Everything around a model: raw tweets to subwords, and scores to entities."""

from functools import partial

from benchmarks import made, sides
from benchmarks.races import Race, Variant, require_same


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """A model that only looks scores up in a table, so that what is timed is the rest."""
    tweets = sides.raw_tweets(data, n_tweets)
    if not (encoder := sides.published(sides.ENCODER)):
        return [sides.left_out("around the model", sides.ENCODER)]
    folder = made.subword_table(encoder)
    pipeline, seen = sides.stock(folder), sides.ours(folder, "torch")
    expected = pipeline(tweets, batch_size=sides.BATCH)
    require_same(
        f"entities of {len(tweets):,} tweets", all(sides.agreement(tweets, expected, seen(tweets)))
    )
    n_entities = sum(map(len, expected))
    return [
        Race(
            "around the model, which costs nothing",
            [
                Variant(sides.BATCHED, lambda _: pipeline(tweets, batch_size=sides.BATCH)),
                Variant(
                    "Tagger, cold",
                    lambda tagger: tagger(tweets),
                    partial(sides.ours, folder, "torch"),
                    at_least=15,
                ),
                Variant("Tagger, warm: words seen before", lambda _: seen(tweets), at_least=15),
            ],
            rounds=7,
            work=(len(tweets), "tweets"),
            note=f"identical entities on all {len(tweets):,} tweets, {n_entities:,} entities",
        )
    ]
