"""Every error with its tweet, the types that are confused, and a file of predictions."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tweetner.evaluation.matching import RIGHT, match_entities
from tweetner.evaluation.pairs import TagPairs, Words
from tweetner.tagger import entity_score
from tweetner.tags import Entity

NONE = "no entity"


class Error(NamedTuple):
    """One wrong, missed or invented entity.

    Attributes:
        tweet: Index of the tweet, from 0.
        category: One of `CATEGORIES` except `right`.
        gold: The gold entity; None for an invented one.
        predicted: The predicted entity; None for a missed one.
        score: The predicted entity's score, or that of the tags on a missed one's words; None
            without word scores.
        words: The words of the tweet.
    """

    tweet: int
    category: str
    gold: Entity | None
    predicted: Entity | None
    score: float | None
    words: Sequence[str]


def list_errors(
    words: Words, pairs: TagPairs, word_scores: Sequence[Sequence[float]] | None = None
) -> list[Error]:
    """List every miss, invention, wrong type and wrong boundary, in the order of the tweets.

    >>> errors = list_errors([["Up"]], TagPairs([["B-movie"]], [["O"]]))
    >>> [error[1:4] for error in errors]
    [('missed', Entity(type='movie', start=0, end=1), None)]
    """
    errors = []
    for number, (tweet, pair) in enumerate(zip(words, pairs.entities, strict=True)):
        for match in match_entities(*pair):
            if match.category == RIGHT:
                continue
            entity = match.predicted or match.gold
            assert entity is not None
            score = entity_score(word_scores[number], entity) if word_scores else None
            errors.append(Error(number, match.category, *match, score, tweet))
    return errors


def confusion(pairs: TagPairs) -> Counter[tuple[str, str]]:
    """Count how often a gold type was predicted as another; `NONE` marks misses and inventions.

    Entities that overlap are paired, so a wrong boundary of the right type is on the diagonal.

    >>> confusion(TagPairs([["B-movie", "O"]], [["B-tvshow", "B-movie"]]))
    Counter({('movie', 'tvshow'): 1, ('no entity', 'movie'): 1})
    """
    counts: Counter[tuple[str, str]] = Counter()
    for pair in pairs.entities:
        for gold, predicted in match_entities(*pair):
            counts[gold.type if gold else NONE, predicted.type if predicted else NONE] += 1
    return counts


def write_predictions(path: Path, words: Words, pairs: TagPairs) -> None:
    """Write `word<TAB>gold<TAB>predicted` lines and a blank one after each tweet, in UTF-8."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for tweet in zip(words, pairs.gold, pairs.predicted, strict=True):
            for columns in zip(*tweet, strict=True):
                file.write("\t".join(columns) + "\n")
            file.write("\n")
