"""Every score from tag sequences: entities, words, rare entities, certainty, confidence."""

from tweetner.evaluation.entities import Counts, EntityScores, check_aligned, score_entities
from tweetner.evaluation.tokens import token_macro_f1

__all__ = ["Counts", "EntityScores", "check_aligned", "score_entities", "token_macro_f1"]
