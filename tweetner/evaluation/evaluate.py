"""One evaluation: everything that can be said of predicted tags, with or without their probabilities."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tweetner.evaluation.calibration import Calibration, calibration, scored_entities
from tweetner.evaluation.certainty import (
    Array,
    Interval,
    bootstrap,
    f1_of,
    precision_of,
    recall_of,
    tweet_counts,
)
from tweetner.evaluation.curves import Accepted, Reading, precision_recall, review_curve
from tweetner.evaluation.entities import Counts, EntityScores, Ratios, Tags, score_entities
from tweetner.evaluation.errors import Error, confusion, list_errors
from tweetner.evaluation.matching import MatchCounts, count_matches
from tweetner.evaluation.rare import TrainingNames, Words, rare_recall
from tweetner.evaluation.tokens import token_accuracy, token_auc, token_macro_f1
from tweetner.evaluation.variants import boundary_scores, surface_scores
from tweetner.tags import count_ill_formed, tags_of


@dataclass(frozen=True)
class Group:
    """Recall of one group of gold entities, such as those whose name training never had."""

    dimension: str
    name: str
    found: int
    gold: int
    recall: Interval


@dataclass(frozen=True)
class Confidence:
    """What the scores of predicted entities are worth.

    Attributes:
        calibration: Of the scores as they are.
        before: Of the same entities' scores before a temperature was folded in; None where that was not measured.
        accepted: Precision and recall over the score.
        review: Recall against reading effort.
    """

    calibration: Calibration
    before: Calibration | None
    accepted: list[Accepted]
    review: list[Reading]


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of one model on one annotated file.

    Attributes:
        n_tweets: Tweets of the file, all of them scored.
        n_words: Their words.
        n_ill_formed: Predicted `I-` tags that continue nothing.
        n_in_training: Tweets that also stand in the training text, word for word; None where that is not known.
        scores: Exact entity scores, read as conlleval does.
        strict: The same, read as strict IOB2.
        intervals: 95% intervals of precision, recall, f1, macro_f1, and of each type's F1 under `f1:TYPE`.
        boundary: Untyped boundaries.
        surface: Unique surface forms, as the WNUT-17 scorer counts them.
        matches: Entities by what is right and wrong with them.
        token_macro: Macro over the non-O tags of words, the notebook's figure.
        accuracy: Of words, and that of "always O".
        token_auc: ROC and PR AUC of words where probabilities are known.
        groups: Recall on rare and other entities.
        confidence: None without word scores.
        errors: Every error.
        confusion: Gold type and predicted type of entities that overlap.
        robustness: Counts of each type under each change of the tweets; empty when it was not measured.
    """

    n_tweets: int
    n_words: int
    n_ill_formed: int
    n_in_training: int | None
    scores: EntityScores
    strict: EntityScores
    intervals: dict[str, Interval]
    boundary: Counts
    surface: Counts
    matches: MatchCounts
    token_macro: Ratios
    accuracy: tuple[float, float]
    token_auc: tuple[float | None, float | None] | None
    groups: list[Group]
    confidence: Confidence | None
    errors: list[Error]
    confusion: Counter[tuple[str, str]]
    robustness: dict[str, dict[str, Counts]]


def evaluate(
    words: Words,
    gold: Tags,
    predicted: Tags,
    *,
    types: Sequence[str],
    word_scores: Sequence[Sequence[float]] | None = None,
    scores_before: Sequence[Sequence[float]] | None = None,
    probabilities: Sequence[npt.NDArray[np.floating]] | None = None,
    training: tuple[Words, Tags] | None = None,
    robustness: dict[str, dict[str, Counts]] | None = None,
) -> Evaluation:
    """Evaluate predicted tags in every way.

    Args:
        words: The words of each tweet.
        gold: Their gold tags.
        predicted: Their predicted tags.
        types: The declared types.
        word_scores: The probability of each predicted tag; opens the part on confidence.
        scores_before: The same before a temperature was folded into the model, for comparison.
        probabilities: For each tweet those of all tags, (words, labels), in the order of `tags_of(types)`.
        training: Words and tags of all text that the model was fitted on; opens the part on seen and unseen names.
        robustness: What `robustness()` measured.

    Raises:
        ValueError: Words, tags, scores or probabilities do not line up; the first difference is named. Or not all
            gold was scored.
    """
    scores = score_entities(gold, predicted, types=types)
    tags = tags_of(types)
    check_all_scored(scores, gold)
    return Evaluation(
        n_tweets=len(gold),
        n_words=sum(map(len, gold)),
        n_ill_formed=sum(map(count_ill_formed, predicted)),
        n_in_training=_count_known(words, training[0]) if training else None,
        scores=scores,
        strict=score_entities(gold, predicted, types=types, strict=True),
        intervals=score_intervals(
            tweet_counts(gold, predicted, list(scores.by_type)), list(scores.by_type)
        ),
        boundary=boundary_scores(gold, predicted),
        surface=surface_scores(words, gold, predicted),
        matches=count_matches(gold, predicted),
        token_macro=token_macro_f1(gold, predicted, tags=tags),
        accuracy=token_accuracy(gold, predicted),
        token_auc=token_auc(gold, probabilities, tags=tags) if probabilities is not None else None,
        groups=group_recalls(
            words, gold, predicted, TrainingNames.of(*training) if training else None
        ),
        confidence=confidence_of(gold, predicted, word_scores, scores_before)
        if word_scores is not None
        else None,
        errors=list_errors(words, gold, predicted, word_scores),
        confusion=confusion(gold, predicted),
        robustness=robustness or {},
    )


def check_all_scored(scores: EntityScores, gold: Tags) -> None:
    """Refuse scores that do not count every entity which the gold tags begin."""
    begun = sum(tag[:2] == "B-" for tweet in gold for tag in tweet) + sum(
        map(count_ill_formed, gold)
    )
    if scores.micro.gold != begun:
        raise ValueError(f"expected {begun} gold entities to be scored, got {scores.micro.gold}")


def confidence_of(
    gold: Tags,
    predicted: Tags,
    word_scores: Sequence[Sequence[float]],
    scores_before: Sequence[Sequence[float]] | None = None,
) -> Confidence:
    """Calibration, the precision and recall that a score gives, and what reading the doubtful tweets gives."""
    entities = scored_entities(gold, predicted, word_scores)
    before = scored_entities(gold, predicted, scores_before) if scores_before is not None else None
    return Confidence(
        calibration(entities.scores, entities.right),
        calibration(before.scores, before.right) if before else None,
        precision_recall(entities),
        review_curve(entities, word_scores),
    )


def score_intervals(counts: npt.NDArray[np.int64], types: Sequence[str]) -> dict[str, Interval]:
    """Intervals of the headline figures and of every type's F1, from counts (tweets, types, 3)."""

    def measure(sums: Array) -> Array:
        micro = sums.sum(axis=-2)
        by_type = f1_of(sums)
        n_present = np.maximum((sums[..., 1:].sum(axis=-1) > 0).sum(axis=-1), 1)
        headline = [
            precision_of(micro),
            recall_of(micro),
            f1_of(micro),
            by_type.sum(axis=-1) / n_present,
        ]
        return np.concatenate([np.stack(headline, axis=-1), by_type], axis=-1)

    names = ["precision", "recall", "f1", "macro_f1", *(f"f1:{type_}" for type_ in types)]
    return dict(zip(names, bootstrap(counts, measure), strict=True))


def group_recalls(
    words: Words, gold: Tags, predicted: Tags, training: TrainingNames | None = None
) -> list[Group]:
    """Recall of every group of `rare.GROUPS` that gold has, with its interval."""
    rare = rare_recall(words, gold, predicted, training)
    found, n_gold = rare.counts.sum(axis=0).T
    rows = zip(rare.groups, found, n_gold, bootstrap(rare.counts, recall_of), strict=True)
    return [Group(*group, int(n_found), int(n), recall) for group, n_found, n, recall in rows if n]


def _count_known(words: Words, training: Words) -> int:
    known = {tuple(tweet) for tweet in training}
    return sum(tuple(tweet) in known for tweet in words)
