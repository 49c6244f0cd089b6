"""Parity: how far the stock pipeline gives the entities that evaluation scored."""

import warnings
from collections.abc import Sequence
from pathlib import Path

from tweetner.corpus import RawTweet, Tweet
from tweetner.evaluation.entities import Counts
from tweetner.hub import Decoder, ModelFolder, Parity
from tweetner.tagger import Offsets, Tagger, load
from tweetner.tags import in_characters, joined_offsets, tags_to_entities

Characters = set[tuple[str, int, int]]
"""The entities of one tweet, `(type, start, end)` in code points."""


def comparable_tagger(folder: ModelFolder) -> Tagger:
    """Load our tagger with the decoder whose tags the stock pipeline should give."""
    return load(folder, decoder=folder.stock_decoder)


def measure_parity(
    folder: ModelFolder, tweets: Sequence[Tweet], raw: Sequence[RawTweet] = ()
) -> dict[str, Parity]:
    """Compare a model with the stock pipeline under every form of input.

    Args:
        folder: The published model.
        tweets: Annotated tweets, whose words are joined by spaces.
        raw: Annotated tweets as they were posted.

    Returns:
        The parity of each form of input and aggregation strategy.
    """
    tagger = comparable_tagger(folder)
    found = {}
    for aggregation in ("first", "simple"):
        parity = parity_on_words(folder.path, tagger, tweets, aggregation=aggregation)
        found[f"words, {aggregation}"] = parity
    if raw:
        found["text, first"] = parity_on_text(folder.path, tagger, raw)
    return found


def parity_on_words(
    folder: Path, tagger: Tagger, tweets: Sequence[Tweet], *, aggregation: str = "first"
) -> Parity:
    """Compare the stock pipeline, over words joined by one space, with our tagger over the words.

    Args:
        folder: The published model.
        tagger: Its `comparable_tagger`.
        tweets: Annotated tweets.
        aggregation: The pipeline's `aggregation_strategy`.
    """
    texts = [" ".join(tweet.words) for tweet in tweets]
    offsets = [joined_offsets(tweet.words) for tweet in tweets]
    gold = _all_in_characters(offsets, [tweet.gold for tweet in tweets])
    tagged = tagger.tag_words([tweet.words for tweet in tweets])
    ours = _all_in_characters(offsets, [tweet.tags for tweet in tagged])
    stock = stock_entities(folder, texts, aggregation=aggregation)
    return _parity(gold, ours, stock, aggregation=aggregation, decoder=tagger.decoder)


def parity_on_text(
    folder: Path, tagger: Tagger, tweets: Sequence[RawTweet], *, aggregation: str = "first"
) -> Parity:
    """Compare both on tweets as they were posted; our tagger splits them with its tokenizer."""
    texts = [tweet.text for tweet in tweets]
    gold: list[Characters] = [set(tweet.entities) for tweet in tweets]
    tagged = tagger.tag_texts(texts)
    ours = _all_in_characters(
        [offsets for offsets, _ in tagged], [answer.tags for _, answer in tagged]
    )
    stock = stock_entities(folder, texts, aggregation=aggregation)
    return _parity(gold, ours, stock, aggregation=aggregation, decoder=tagger.decoder)


def _parity(
    gold: Sequence[Characters],
    ours: Sequence[Characters],
    stock: Sequence[Characters],
    *,
    aggregation: str,
    decoder: Decoder,
) -> Parity:
    n_equal = sum(a == b for a, b in zip(ours, stock, strict=True))
    return Parity(
        aggregation=aggregation,
        decoder=decoder,
        tweets=len(gold),
        equal=n_equal,
        agreement=_agreement(ours, stock),
        ours=_agreement(gold, ours),
        stock=_agreement(gold, stock),
    )


def stock_entities(folder: Path, texts: Sequence[str], *, aggregation: str) -> list[Characters]:
    """Return the entities that an unmodified `pipeline("token-classification")` finds in texts."""
    from transformers import pipeline

    import tweetner.models  # noqa: F401 - registers the class of our own models

    tag = pipeline(
        "token-classification", model=str(folder), aggregation_strategy=aggregation, device="cpu"
    )
    found = []
    with warnings.catch_warnings():
        # what it means for the entities is what parity measures
        warnings.filterwarnings("ignore", "Tokenizer does not support real words")
        answers = tag(list(texts), batch_size=32)
    for groups in answers:
        found.append({(group["entity_group"], group["start"], group["end"]) for group in groups})
    return found


def _all_in_characters(
    offsets: Sequence[Offsets], tags: Sequence[Sequence[str]]
) -> list[Characters]:
    pairs = zip(offsets, tags, strict=True)
    return [set(in_characters(tags_to_entities(tweet), places)) for places, tweet in pairs]


def _agreement(a: Sequence[Characters], b: Sequence[Characters]) -> float:
    if not any(a) and not any(b):
        return 1.0
    right = sum(len(x & y) for x, y in zip(a, b, strict=True))
    return Counts(tp=right, predicted=sum(map(len, b)), gold=sum(map(len, a))).f1
