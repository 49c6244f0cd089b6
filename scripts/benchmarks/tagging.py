"""Raw tweets → entities: every backend of a model beside the stock pipeline on the same weights."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random

from benchmarks import made, sides
from benchmarks.races import Race, Variant, evenly
from tweetner.tagger import Tagger

RETWEETED = 0.4
AT_ONCE = 256
"""Tweets that a stream brings at a time."""


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """Three models, and a stream that repeats itself; `n_tweets` caps the tweets of each."""
    tweets = sides.raw_tweets(data, n_tweets)
    found = []
    if encoder := sides.published(sides.ENCODER):
        found += [
            tagging_race(
                "bundled encoder, 22M", encoder, evenly(tweets, 1500), at_least=1.8, rounds=5
            ),
            tagging_race(
                "DistilBERT's shape, 66M",
                made.distilbert(encoder),
                evenly(tweets, 300),
                at_least=1.8,
                rounds=5,
            ),
            retweet_race(encoder, evenly(tweets, 1500)),
        ]
    else:
        found.append(sides.left_out("tagging, encoders", sides.ENCODER))
    if bilstm := sides.published(sides.BILSTM):
        found.append(tagging_race("BiLSTM", bilstm, tweets, at_least=5, rounds=9))
    else:
        found.append(sides.left_out("tagging, BiLSTM", sides.BILSTM))
    return found


def tagging_race(
    label: str, folder: Path, tweets: Sequence[str], *, at_least: float, rounds: int
) -> Race:
    """Of the tweets of which the stock pipeline and ours give the same entities."""
    pipeline = sides.stock(folder)
    kept, note = sides.alike(folder, tweets)
    asked = {"torch": at_least, sides.INT8: 2.7}
    return Race(
        f"tagging, {label}",
        [
            Variant(sides.BATCHED, lambda _: pipeline(kept, batch_size=sides.BATCH)),
            Variant("pipeline, one by one", lambda _: [pipeline(tweet) for tweet in kept]),
            *(
                Variant(
                    f"Tagger, {name}",
                    lambda tagger: tagger(kept),
                    partial(sides.ours, folder, name),
                    asked.get(name),
                )
                for name in sides.backends_of(folder)
            ),
        ],
        rounds=rounds,
        work=(len(kept), "tweets"),
        note=note,
    )


def retweet_race(folder: Path, tweets: Sequence[str]) -> Race:
    """The same number of tweets, all distinct, then with repeats among them."""
    streams = {"distinct tweets": list(tweets), "40% retweets": with_retweets(tweets, RETWEETED)}
    return Race(
        "a stream with retweets, bundled encoder",
        [
            Variant(
                name,
                partial(run_stream, stream),
                partial(sides.ours, folder, "torch"),
                at_least=1.5 if i else None,
            )
            for i, (name, stream) in enumerate(streams.items())
        ],
        rounds=5,
        work=(len(tweets), "tweets"),
        note=f"{AT_ONCE} tweets at a time",
    )


def with_retweets(tweets: Sequence[str], share: float) -> list[str]:
    """As many tweets, of which a share repeats one that came before it."""
    random = Random(42)
    n_repeats = round(share * len(tweets))
    stream = evenly(tweets, len(tweets) - n_repeats)
    for _ in range(n_repeats):
        place = random.randrange(1, len(stream) + 1)
        stream.insert(place, stream[random.randrange(place)])
    return stream


def run_stream(stream: Sequence[str], tagger: Tagger) -> None:
    """Tag a stream as `tweetner tag` does."""
    for _ in tagger.stream(
        stream[start : start + AT_ONCE] for start in range(0, len(stream), AT_ONCE)
    ):
        pass
