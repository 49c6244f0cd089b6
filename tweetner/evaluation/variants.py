"""Looser scores beside the exact one: untyped boundaries and unique surface forms."""

from collections.abc import Sequence

from tweetner.evaluation.entities import Counts
from tweetner.evaluation.pairs import TagPairs, Words
from tweetner.tags import Entity

Form = tuple[tuple[str, ...], str]
"""The words of an entity as they are written, and its type."""


def boundary_scores(pairs: TagPairs) -> Counts:
    """Count entities with the right start and end, ignoring their type."""
    total = Counts()
    for pair in pairs.entities:
        gold = {entity[1:] for entity in pair.gold}
        predicted = {entity[1:] for entity in pair.predicted}
        total += Counts(len(gold & predicted), len(predicted), len(gold))
    return total


def surface_scores(words: Words, pairs: TagPairs) -> Counts:
    """Count unique surface forms as the WNUT-17 scorer does: a name counts once, however frequent.

    Gold and prediction are sets of unique pairs (words as written, type); a pair is right when at
    least one entity that carries it is right in its place.

    >>> pairs = TagPairs([["B-geo-loc"], ["B-geo-loc"]], [["B-geo-loc"], ["O"]])
    >>> surface_scores([["Rome"], ["Rome"]], pairs)
    Counts(tp=1, predicted=1, gold=1)
    """
    right: set[Form] = set()
    gold: set[Form] = set()
    predicted: set[Form] = set()
    for tweet, pair in zip(words, pairs.entities, strict=True):
        right |= _forms(tweet, pair.right)
        gold |= _forms(tweet, pair.gold)
        predicted |= _forms(tweet, pair.predicted)
    return Counts(len(right), len(predicted), len(gold))


def _forms(words: Sequence[str], entities: set[Entity]) -> set[Form]:
    return {(tuple(words[entity.start : entity.end]), entity.type) for entity in entities}
