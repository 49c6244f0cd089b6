"""Enlarge a training set by changed copies of its own tweets.

Copies are drawn once, before the first epoch, from nothing but the tweets that are trained on and
the seed: the same seed gives the same copies, and a resumed run goes on with them.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tweetner.corpus import Tweet
from tweetner.tags import entities_to_tags
from tweetner.training.config import RunConfig

PLAIN_SHARE = 0.25
"""The share of plain words outside entities that become hashtags in a tweet with hashtags."""

RARE = 0.05
"""A type is rare if fewer of all entities have it than this share."""


CASES: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.capitalize)
"""How `change_case` writes the words of a tweet."""

HASHTAG_CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.capitalize)
"""How `glue_hashtags` writes the words of a hashtag; `str` leaves them as they are."""


@dataclass(frozen=True)
class Piece:
    """Consecutive words of a tweet: an entity, or one word outside entities.

    Attributes:
        words: The words.
        type: The type of the entity; empty outside entities.
    """

    words: tuple[str, ...]
    type: str = ""


Change = Callable[[Tweet, random.Random], Tweet]


def augment(tweets: Sequence[Tweet], config: RunConfig, seed: int) -> list[Tweet]:
    """Return the tweets, followed by the changed copies that the config asks for."""
    with_entity = [tweet for tweet in tweets if tweet.has_entity]
    replace_names = name_replacer(tweets)
    copies = [
        *copy_some(tweets, config.hashtag_copies, glue_hashtags, f"hashtags {seed}"),
        *copy_some(tweets, config.case_copies, change_case, f"case {seed}"),
        *copy_some(with_entity, config.name_copies, replace_names, f"names {seed}"),
    ]
    return [*tweets, *copies, *config.rare_copies * with_rare_type(tweets)]


def copy_some(tweets: Sequence[Tweet], share: float, change: Change, seed: str) -> list[Tweet]:
    """Copy a share of the tweets, each at most once, and change the copies."""
    random_ = random.Random(seed)
    drawn = random_.sample(tweets, round(share * len(tweets)))
    return [change(tweet, random_) for tweet in drawn]


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
    write = random_.choice(HASHTAG_CASES)
    letters = re.sub(r"\W", "", "".join(write(word) for word in piece.words))
    return replace(piece, words=("#" + letters,)) if letters else piece


def change_case(tweet: Tweet, random_: random.Random) -> Tweet:
    """Write a tweet in lower case, in upper case, or with a capital at each word.

    Mentions and links stay as they are.
    """
    write = random_.choice(CASES)
    words = [word if word.startswith(("@", "http")) else write(word) for word in tweet.words]
    return replace(tweet, words=tuple(words))


def name_replacer(tweets: Sequence[Tweet]) -> Change:
    """Return a change that replaces each name by another of its type that occurs in `tweets`."""
    names: dict[str, list[tuple[str, ...]]] = {}
    for tweet in tweets:
        for piece in pieces_of(tweet):
            known = names.setdefault(piece.type, [])
            if piece.type and piece.words not in known:
                known.append(piece.words)

    def replace_names(tweet: Tweet, random_: random.Random) -> Tweet:
        pieces = []
        for piece in pieces_of(tweet):
            words = random_.choice(names[piece.type]) if piece.type else piece.words
            pieces.append(Piece(words, piece.type))
        return joined(tweet, pieces)

    return replace_names


def with_rare_type(tweets: Sequence[Tweet]) -> list[Tweet]:
    """Return the tweets that have an entity of a rare type."""
    counts = Counter(entity.type for tweet in tweets for entity in tweet.entities)
    rare = {type_ for type_, count in counts.items() if count < RARE * counts.total()}
    return [tweet for tweet in tweets if any(entity.type in rare for entity in tweet.entities)]


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
