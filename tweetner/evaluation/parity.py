"""Does the stock pipeline give the entities that evaluation scored?"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tweetner.corpus import RawTweet, Tweet
from tweetner.evaluation.entities import Counts
from tweetner.hub import ModelFolder, Parity
from tweetner.tagger import Offsets, Tagger, joined_offsets, load
from tweetner.tags import Entity, tags_to_entities

Characters = set[tuple[str, int, int]]
"""Entities of one tweet, `(type, start, end)` in code points."""


def comparable_tagger(folder: ModelFolder) -> Tagger:
    """Load our tagger with the decoder whose tags the stock pipeline should give."""
    return load(folder, decoder=folder.stock_decoder)


def parity_on_words(
    folder: Path, tagger: Tagger, tweets: Sequence[Tweet], *, aggregation: str = "first"
) -> Parity:
    """Run the unmodified pipeline over annotated tweets, words joined by one space, beside our tagger over the words.

    Args:
        folder: The published model.
        tagger: Its `comparable_tagger`.
        tweets: Annotated tweets.
        aggregation: The pipeline's `aggregation_strategy`.
    """
    texts = [" ".join(tweet.words) for tweet in tweets]
    offsets = [joined_offsets(tweet.words) for tweet in tweets]
    gold = [
        in_characters(at, tags_to_entities(tweet.gold))
        for tweet, at in zip(tweets, offsets, strict=True)
    ]
    return _parity(folder, tagger, texts, offsets, gold, aggregation)


def parity_on_text(
    folder: Path, tagger: Tagger, tweets: Sequence[RawTweet], *, aggregation: str = "first"
) -> Parity:
    """As `parity_on_words`, on tweets as they were posted; our tagger has the words that its tokenizer splits."""
    texts = [tweet.text for tweet in tweets]
    offsets = [tagger.split(text) for text in texts]
    return _parity(
        folder, tagger, texts, offsets, [set(tweet.entities) for tweet in tweets], aggregation
    )


def _parity(
    folder: Path,
    tagger: Tagger,
    texts: Sequence[str],
    offsets: Sequence[Offsets],
    gold: Sequence[Characters],
    aggregation: str,
) -> Parity:
    words = [
        [text[start:end] for start, end in at] for text, at in zip(texts, offsets, strict=True)
    ]
    tagged = tagger.tag_words(words)
    ours = [
        in_characters(at, tags_to_entities(found.tags))
        for at, found in zip(offsets, tagged, strict=True)
    ]
    stock = stock_entities(folder, texts, aggregation=aggregation)
    return Parity(
        aggregation,
        tagger.decoder,
        len(texts),
        sum(a == b for a, b in zip(ours, stock, strict=True)),
        _agreement(ours, stock),
        _agreement(gold, ours),
        _agreement(gold, stock),
    )


def stock_entities(folder: Path, texts: Sequence[str], *, aggregation: str) -> list[Characters]:
    """Entities of texts from `pipeline("token-classification")`, just as it comes."""
    from transformers import pipeline

    import tweetner.models  # noqa: F401 - the class of our own models

    tag = pipeline(
        "token-classification", model=str(folder), aggregation_strategy=aggregation, device="cpu"
    )
    return [
        {(group["entity_group"], group["start"], group["end"]) for group in groups}
        for groups in tag(list(texts), batch_size=32)
    ]


def in_characters(offsets: Offsets, entities: Iterable[Entity]) -> Characters:
    """Entities in words → entities in code points.

    >>> in_characters([(0, 2), (3, 6), (7, 11)], [Entity("geo-loc", 1, 3)])
    {('geo-loc', 3, 11)}
    """
    return {
        (entity.type, offsets[entity.start][0], offsets[entity.end - 1][1]) for entity in entities
    }


def _agreement(a: Sequence[Characters], b: Sequence[Characters]) -> float:
    if not any(a) and not any(b):
        return 1.0
    right = sum(len(x & y) for x, y in zip(a, b, strict=True))
    return Counts(tp=right, predicted=sum(map(len, b)), gold=sum(map(len, a))).f1
