"""Looser scores that stand beside the exact one: untyped boundaries and unique surface forms."""

from collections.abc import Sequence

from tweetner.evaluation.entities import Counts, Tags, check_aligned, entity_pairs
from tweetner.tags import Entity


def boundary_scores(gold: Tags, predicted: Tags) -> Counts:
    """Was the entity found, whatever type it was given: start and end count, the type does not."""
    check_aligned(gold, predicted)
    total = Counts()
    for gold_entities, predicted_entities in entity_pairs(gold, predicted):
        places = {entity[1:] for entity in gold_entities}
        guesses = {entity[1:] for entity in predicted_entities}
        total += Counts(len(places & guesses), len(guesses), len(places))
    return total


def surface_scores(words: Sequence[Sequence[str]], gold: Tags, predicted: Tags) -> Counts:
    """Surface-form scores as the WNUT-17 scorer defines them: a name counts once, however often it is tweeted.

    Gold and prediction are sets of unique pairs (words as written, type); a pair is right when at least one entity
    that carries it is right in its place.

    >>> surface_scores([["Rome"], ["Rome"]], [["B-geo-loc"], ["B-geo-loc"]], [["B-geo-loc"], ["O"]])
    Counts(tp=1, predicted=1, gold=1)
    """
    check_aligned(gold, predicted)
    right: set[tuple[tuple[str, ...], str]] = set()
    gold_forms, predicted_forms = right.copy(), right.copy()
    for tweet, (gold_entities, predicted_entities) in zip(
        words, entity_pairs(gold, predicted), strict=True
    ):
        gold_forms |= _forms(tweet, gold_entities)
        predicted_forms |= _forms(tweet, predicted_entities)
        right |= _forms(tweet, gold_entities & predicted_entities)
    return Counts(len(right), len(predicted_forms), len(gold_forms))


def _forms(words: Sequence[str], entities: set[Entity]) -> set[tuple[tuple[str, ...], str]]:
    return {(tuple(words[entity.start : entity.end]), entity.type) for entity in entities}
