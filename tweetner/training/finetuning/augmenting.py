"""Enlarge a training set by copies of its own tweets with words glued into hashtags.

The copies are drawn once, before the first epoch, from nothing but the tweets that are trained on
and the seed: the same seed gives the same copies, and a resumed run goes on with them.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tweetner.corpus import Tweet
from tweetner.tags import entities_to_tags

PLAIN_SHARE = 0.25
"""The share of the plain words outside entities that become hashtags in a copy."""

CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.capitalize)
"""The ways to write the words of a hashtag; `str` leaves them as they are."""


@dataclass(frozen=True)
class Piece:
    """Consecutive words of a tweet: an entity, or one word outside entities.

    Attributes:
        words: The words.
        type: The type of the entity; empty outside entities.
    """

    words: tuple[str, ...]
    type: str = ""


def with_hashtag_copies(tweets: Sequence[Tweet], share: float, seed: int) -> list[Tweet]:
    """Return the tweets, followed by copies of a share of them with words glued into hashtags."""
    random_ = random.Random(f"hashtags {seed}")
    drawn = random_.sample(tweets, round(share * len(tweets)))
    return [*tweets, *(glue_hashtags(tweet, random_) for tweet in drawn)]


def glue_hashtags(tweet: Tweet, random_: random.Random) -> Tweet:
    """Turn every entity into one hashtag, and some of the other words as well.

    Without hashtags that are no entities a tagger would learn to tag every hashtag. The words are
    written as they are, in lower case, or with a capital each.

    >>> tweet = Tweet("1", ("in", "New", "York"), ("O", "B-geo-loc", "I-geo-loc"))
    >>> glue_hashtags(tweet, random.Random(0))
    Tweet(id='1', words=('in', '#NewYork'), tags=('O', 'B-geo-loc'))
    """

    def is_glued(piece: Piece) -> bool:
        is_drawn = random_.random() < PLAIN_SHARE
        return not piece.type and is_drawn and piece.words[0].isalpha()

    glued: list[Piece] = []
    for neighbours_are_glued, run in groupby(pieces_of(tweet), is_glued):
        pieces = list(run)
        if neighbours_are_glued:
            words = tuple(piece.words[0] for piece in pieces)
            glued.append(_hashtag(Piece(words), random_))
        else:
            glued += [_hashtag(piece, random_) if piece.type else piece for piece in pieces]
    return joined(tweet, glued)


def _hashtag(piece: Piece, random_: random.Random) -> Piece:
    write = random_.choice(CASES)
    letters = re.sub(r"\W", "", "".join(write(word) for word in piece.words))
    return replace(piece, words=("#" + letters,)) if letters else piece


def pieces_of(tweet: Tweet) -> Iterator[Piece]:
    """Divide a tweet into its entities and the words between them; `joined` undoes it."""
    start = 0
    for entity in tweet.entities:
        yield from (Piece((word,)) for word in tweet.words[start : entity.start])
        yield Piece(tweet.words[entity.start : entity.end], entity.type)
        start = entity.end
    yield from (Piece((word,)) for word in tweet.words[start:])


def joined(tweet: Tweet, pieces: Sequence[Piece]) -> Tweet:
    """Return a copy of a tweet that is made of other pieces."""
    words: list[str] = []
    entities = []
    for piece in pieces:
        start = len(words)
        words += piece.words
        if piece.type:
            entities.append((piece.type, start, len(words)))
    return replace(tweet, words=tuple(words), tags=tuple(entities_to_tags(entities, len(words))))
