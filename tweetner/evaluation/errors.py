"""Every error with its tweet, which types are taken for which, and predictions that `conlleval.pl` reads."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tweetner.evaluation.calibration import score_of
from tweetner.evaluation.entities import Tags, check_aligned, entity_pairs
from tweetner.evaluation.matching import RIGHT, match_entities
from tweetner.tags import Entity

NONE = "no entity"


class Error(NamedTuple):
    """One error: what gold has, what was predicted, and the tweet it stands in.

    Attributes:
        tweet: The tweet's number, from 0.
        category: One of `CATEGORIES` but the first.
        gold: The gold entity; None for an invention.
        predicted: The predicted entity; None for a miss.
        score: Of the predicted entity, or of the tags on a missed one's words; None without word scores.
        words: The tweet.
    """

    tweet: int
    category: str
    gold: Entity | None
    predicted: Entity | None
    score: float | None
    words: Sequence[str]


def list_errors(
    words: Sequence[Sequence[str]],
    gold: Tags,
    predicted: Tags,
    word_scores: Sequence[Sequence[float]] | None = None,
) -> list[Error]:
    """Every miss, invention, wrong type and wrong boundary, in the order of the tweets.

    >>> [error[1:4] for error in list_errors([["Up"]], [["B-movie"]], [["O"]])]
    [('missed', Entity(type='movie', start=0, end=1), None)]
    """
    check_aligned(gold, predicted)
    errors = []
    for number, (tweet, pair) in enumerate(zip(words, entity_pairs(gold, predicted), strict=True)):
        for match in match_entities(*pair):
            if match.category == RIGHT:
                continue
            entity = match.predicted or match.gold
            assert entity is not None
            score = score_of(word_scores[number], entity.start, entity.end) if word_scores else None
            errors.append(Error(number, match.category, match.gold, match.predicted, score, tweet))
    return errors


def confusion(gold: Tags, predicted: Tags) -> Counter[tuple[str, str]]:
    """How often a gold type was answered by a predicted one; `NONE` stands for misses and inventions.

    Entities that overlap answer each other, so a wrong boundary of the right type stands on the diagonal.

    >>> confusion([["B-movie", "O"]], [["B-tvshow", "B-movie"]])
    Counter({('movie', 'tvshow'): 1, ('no entity', 'movie'): 1})
    """
    check_aligned(gold, predicted)
    return Counter(
        (match.gold.type if match.gold else NONE, match.predicted.type if match.predicted else NONE)
        for pair in entity_pairs(gold, predicted)
        for match in match_entities(*pair)
    )


def write_predictions(
    path: Path, words: Sequence[Sequence[str]], gold: Tags, predicted: Tags
) -> None:
    r"""Write `word<TAB>gold<TAB>predicted`, a blank line after each tweet: what `conlleval.pl -d '\t'` reads."""
    check_aligned(gold, predicted)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for tweet in zip(words, gold, predicted, strict=True):
            file.writelines(
                f"{word}\t{tag}\t{guess}\n" for word, tag, guess in zip(*tweet, strict=True)
            )
            file.write("\n")
