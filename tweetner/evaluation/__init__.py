"""Evaluation of predicted tags: entity and word scores, uncertainty, calibration, parity."""

from tweetner.evaluation.calibration import Calibration, ScoredEntities, fit_temperature
from tweetner.evaluation.certainty import Difference, Interval, compare, f1_of, tweet_counts
from tweetner.evaluation.comparison import RecipeComparison, compare_recipes, points
from tweetner.evaluation.curves import Accepted, Reading
from tweetner.evaluation.entities import Counts, EntityScores, score_entities
from tweetner.evaluation.errors import NONE, Error, write_predictions
from tweetner.evaluation.evaluate import Confidence, Evaluation, Group, evaluate
from tweetner.evaluation.leaderboard import (
    N_TIMED,
    Entry,
    Leaderboard,
    of_same_types,
    rank,
    run_model,
)
from tweetner.evaluation.matching import CATEGORIES
from tweetner.evaluation.pairs import TagPairs, check_aligned, check_same_words
from tweetner.evaluation.parity import (
    comparable_tagger,
    measure_parity,
    parity_on_text,
    parity_on_words,
)
from tweetner.evaluation.robustness import robustness
from tweetner.evaluation.sequential import FALSE_ALARMS, confidence_sequence, evidence_against
from tweetner.evaluation.stability import Stability
from tweetner.evaluation.taggers import (
    entities_of,
    evaluate_tagger,
    pair_tags,
    score,
    scores_of,
)
from tweetner.evaluation.thresholds import (
    WANTED,
    Applied,
    Kept,
    apply_thresholds,
    choose_threshold,
    exact_interval,
    prove_gate,
    prove_thresholds,
)
from tweetner.evaluation.tokens import token_macro_f1
from tweetner.evaluation.training_text import (
    fitted_tweets,
    held_out_sets,
    n_shared,
    training_corpus,
)

__all__ = [
    "CATEGORIES",
    "FALSE_ALARMS",
    "NONE",
    "N_TIMED",
    "WANTED",
    "Accepted",
    "Applied",
    "Calibration",
    "Confidence",
    "Counts",
    "Difference",
    "EntityScores",
    "Entry",
    "Error",
    "Evaluation",
    "Group",
    "Interval",
    "Kept",
    "Leaderboard",
    "Reading",
    "RecipeComparison",
    "ScoredEntities",
    "Stability",
    "TagPairs",
    "apply_thresholds",
    "check_aligned",
    "check_same_words",
    "choose_threshold",
    "comparable_tagger",
    "compare",
    "compare_recipes",
    "confidence_sequence",
    "entities_of",
    "evaluate",
    "evaluate_tagger",
    "evidence_against",
    "exact_interval",
    "f1_of",
    "fit_temperature",
    "fitted_tweets",
    "held_out_sets",
    "measure_parity",
    "n_shared",
    "of_same_types",
    "pair_tags",
    "parity_on_text",
    "parity_on_words",
    "points",
    "prove_gate",
    "prove_thresholds",
    "rank",
    "robustness",
    "run_model",
    "score",
    "score_entities",
    "scores_of",
    "token_macro_f1",
    "training_corpus",
    "tweet_counts",
    "write_predictions",
]
