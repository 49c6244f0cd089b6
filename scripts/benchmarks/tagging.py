"""Measure the tagging of raw tweets.

Every backend of our Tagger is compared with transformers' pipeline on the same weights, and a
stream with retweets with one of distinct tweets.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

from benchmarks import random_models, taggers
from benchmarks.timing import Benchmark, Variant, spaced
from tweetner.tagger import Tagger

RETWEET_SHARE = 0.4
CHUNK = 256
"""Number of tweets that a stream delivers at a time."""


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare three models, and a stream with retweets, on at most `n_tweets` tweets each."""
    tweets = taggers.raw_tweets(data, n_tweets)
    found = []
    if encoder := taggers.find_model(taggers.ENCODER):
        found += [
            tagging_benchmark(
                "bundled encoder, 22M", encoder, spaced(tweets, 1500), target=1.8, rounds=5
            ),
            tagging_benchmark(
                "DistilBERT's shape, 66M",
                random_models.distilbert(encoder),
                spaced(tweets, 300),
                target=1.8,
                rounds=5,
            ),
            retweet_benchmark(encoder, spaced(tweets, 1500)),
        ]
    else:
        found.append(taggers.skipped("tagging, encoders", taggers.ENCODER))
    if bilstm := taggers.find_model(taggers.BILSTM):
        found.append(tagging_benchmark("BiLSTM", bilstm, tweets, target=5, rounds=9))
    else:
        found.append(taggers.skipped("tagging, BiLSTM", taggers.BILSTM))
    return found


def tagging_benchmark(
    label: str, folder: Path, tweets: Sequence[str], *, target: float, rounds: int
) -> Benchmark:
    """Compare backends with the pipeline, on tweets with the same entities."""
    pipeline = taggers.stock_pipeline(folder)
    kept, note = taggers.keep_comparable(folder, tweets)
    targets = {"torch": target, taggers.INT8: 2.7}
    return Benchmark(
        f"tagging, {label}",
        [
            Variant(taggers.BATCHED, lambda _: pipeline(kept, batch_size=taggers.BATCH)),
            Variant("pipeline, one by one", lambda _: [pipeline(tweet) for tweet in kept]),
            *(
                Variant(
                    f"Tagger, {name}",
                    lambda tagger: tagger(kept),
                    partial(taggers.our_tagger, folder, name),
                    targets.get(name),
                )
                for name in taggers.backends_of(folder)
            ),
        ],
        rounds=rounds,
        work=(len(kept), "tweets"),
        note=note,
    )


def retweet_benchmark(folder: Path, tweets: Sequence[str]) -> Benchmark:
    """Compare a stream with retweets with as many distinct tweets."""
    streams = {
        "distinct tweets": list(tweets),
        "40% retweets": with_retweets(tweets, RETWEET_SHARE),
    }
    return Benchmark(
        "a stream with retweets, bundled encoder",
        [
            Variant(
                name,
                partial(run_stream, stream),
                partial(taggers.our_tagger, folder, "torch"),
                target=1.5 if i else None,
            )
            for i, (name, stream) in enumerate(streams.items())
        ],
        rounds=5,
        work=(len(tweets), "tweets"),
        note=f"{CHUNK} tweets at a time",
    )


def with_retweets(tweets: Sequence[str], share: float) -> list[str]:
    """Return as many tweets, a share of which repeat an earlier one."""
    random = Random(42)
    n_repeats = round(share * len(tweets))
    stream = spaced(tweets, len(tweets) - n_repeats)
    for _ in range(n_repeats):
        place = random.randrange(1, len(stream) + 1)
        stream.insert(place, stream[random.randrange(place)])
    return stream


def run_stream(stream: Sequence[str], tagger: Tagger) -> None:
    """Tag a stream as `tweetner tag` does."""
    chunks = (stream[start : start + CHUNK] for start in range(0, len(stream), CHUNK))
    for _ in tagger.stream(chunks):
        pass
