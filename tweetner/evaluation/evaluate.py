"""One evaluation: every measure of predicted tags, with or without their probabilities."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tweetner.corpus import Tweet
from tweetner.evaluation.calibration import (
    Calibration,
    ScoredEntities,
    calibration,
    scored_entities,
)
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
from tweetner.evaluation.entities import Counts, EntityScores, Ratios, score_entities
from tweetner.evaluation.errors import Error, confusion, list_errors
from tweetner.evaluation.matching import MatchCounts, count_matches
from tweetner.evaluation.pairs import TagPairs, Tags, Words
from tweetner.evaluation.rare import TrainingNames, rare_recall
from tweetner.evaluation.thresholds import Applied, apply_thresholds
from tweetner.evaluation.tokens import (
    Accuracy,
    TokenAuc,
    token_accuracy,
    token_auc,
    token_macro_f1,
)
from tweetner.evaluation.training_text import n_shared
from tweetner.evaluation.variants import boundary_scores, surface_scores
from tweetner.hub import Threshold
from tweetner.tags import count_ill_formed, tags_of

WordScores = Sequence[Sequence[float]]
"""The probability of the predicted tag of each word, for each tweet."""


@dataclass(frozen=True)
class Group:
    """Recall of one group of gold entities, such as those whose name is not in the training text.

    Attributes:
        dimension: The property that the entities are grouped by.
        name: The group.
        found: Number of entities found exactly.
        gold: Number of gold entities.
        recall: Their ratio, with its interval.
    """

    dimension: str
    name: str
    found: int
    gold: int
    recall: Interval


@dataclass(frozen=True)
class Confidence:
    """Measures of how far the scores of predicted entities can be trusted.

    Attributes:
        calibration: Calibration of the scores.
        before: Calibration of the same entities without the model's temperature; None if it was
            not measured.
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
        pairs: Gold and predicted tags.
        n_ill_formed: Number of predicted `I-` tags that continue nothing.
        n_in_training: Number of tweets that also occur, word for word, in the training text; None
            if that is not known.
        scores: Exact entity scores, read as conlleval does.
        strict: The same, read as strict IOB2.
        intervals: 95% intervals of `precision`, `recall`, `f1`, `macro_f1`, and of each type's F1
            under `f1:TYPE`.
        boundary: Entities with the right start and end, of any type.
        surface: Unique surface forms, as the WNUT-17 scorer counts them.
        matches: Entities by what is right and wrong with them.
        token_macro: Macro average over the non-O tags of words, the notebook's figure.
        accuracy: Accuracy over words, and that of "always O".
        token_auc: ROC-AUC and PR-AUC over words; None without probabilities.
        groups: Recall of rare and other entities.
        confidence: Calibration and curves of entity scores; None without word scores.
        thresholds: Thresholds chosen on other tweets, applied to these.
        errors: Every error.
        confusion: Counts of (gold type, predicted type) of entities that overlap.
        robustness: Scores under each change of the tweets; empty if they were not measured.
    """

    pairs: TagPairs
    n_ill_formed: int
    n_in_training: int | None
    scores: EntityScores
    strict: EntityScores
    intervals: dict[str, Interval]
    boundary: Counts
    surface: Counts
    matches: MatchCounts
    token_macro: Ratios
    accuracy: Accuracy
    token_auc: TokenAuc | None
    groups: list[Group]
    confidence: Confidence | None
    thresholds: list[Applied]
    errors: list[Error]
    confusion: Counter[tuple[str, str]]
    robustness: dict[str, EntityScores]

    @property
    def n_tweets(self) -> int:
        """Number of tweets, all of them scored."""
        return len(self.pairs)

    @property
    def n_words(self) -> int:
        """Number of their words."""
        return self.pairs.n_words


def evaluate(
    words: Words,
    pairs: TagPairs,
    *,
    types: Sequence[str],
    word_scores: WordScores | None = None,
    scores_before: WordScores | None = None,
    probabilities: Sequence[npt.NDArray[np.floating]] | None = None,
    training: Sequence[Tweet] = (),
    thresholds: Sequence[Threshold] = (),
    robustness: dict[str, EntityScores] | None = None,
) -> Evaluation:
    """Evaluate predicted tags by every measure.

    Args:
        words: The words of each tweet.
        pairs: Their gold and predicted tags.
        types: The declared types.
        word_scores: Scores of the predicted tags, which calibration and thresholds need.
        scores_before: The same without the temperature that is folded into the model.
        probabilities: Arrays (words, labels), one a tweet, with labels in the order of
            `tags_of(types)`.
        training: All tweets that the model was fitted on; empty if they are not known.
        thresholds: Thresholds chosen on other tweets.
        robustness: The result of `robustness()`.

    Raises:
        ValueError: Words, scores or probabilities do not line up with the tags, or some gold
            entity was not scored.
    """
    scores = score_entities(pairs, types=types)
    check_all_scored(scores, pairs.gold)
    tags = tags_of(types)
    scored_types = list(scores.by_type)
    confidence: Confidence | None = None
    applied: list[Applied] = []
    if word_scores is not None:
        scored = scored_entities(pairs, word_scores)
        before = None if scores_before is None else scored_entities(pairs, scores_before)
        confidence = confidence_of(scored, word_scores, before)
        applied = apply_thresholds(thresholds, scored)
    auc = None if probabilities is None else token_auc(pairs.gold, probabilities, tags=tags)
    intervals = score_intervals(tweet_counts(pairs, scored_types), scored_types)
    return Evaluation(
        pairs=pairs,
        n_ill_formed=sum(map(count_ill_formed, pairs.predicted)),
        n_in_training=n_shared(words, training) if training else None,
        scores=scores,
        strict=score_entities(pairs, types=types, strict=True),
        intervals=intervals,
        boundary=boundary_scores(pairs),
        surface=surface_scores(words, pairs),
        matches=count_matches(pairs),
        token_macro=token_macro_f1(pairs, tags=tags),
        accuracy=token_accuracy(pairs),
        token_auc=auc,
        groups=group_recalls(words, pairs, training),
        confidence=confidence,
        thresholds=applied,
        errors=list_errors(words, pairs, word_scores),
        confusion=confusion(pairs),
        robustness=robustness or {},
    )


def check_all_scored(scores: EntityScores, gold: Tags) -> None:
    """Refuse scores that do not count every entity which the gold tags begin."""
    n_begun = 0
    for tags in gold:
        n_begun += sum(tag[:2] == "B-" for tag in tags) + count_ill_formed(tags)
    if scores.micro.gold != n_begun:
        raise ValueError(f"expected {n_begun} gold entities to be scored, got {scores.micro.gold}")


def confidence_of(
    entities: ScoredEntities, word_scores: WordScores, before: ScoredEntities | None = None
) -> Confidence:
    """Measure calibration, with and without temperature, and the curves for human review."""
    return Confidence(
        calibration=calibration(entities),
        before=calibration(before) if before else None,
        accepted=precision_recall(entities),
        review=review_curve(entities, word_scores),
    )


def score_intervals(counts: npt.NDArray[np.int64], types: Sequence[str]) -> dict[str, Interval]:
    """Return intervals of the headline figures and of every type's F1.

    Args:
        counts: Counts of each tweet and type, (tweets, types, 3).
        types: The types.
    """
    names = ["precision", "recall", "f1", "macro_f1", *(f"f1:{type_}" for type_ in types)]
    return dict(zip(names, bootstrap(counts, _figures), strict=True))


def _figures(sums: Array) -> Array:
    """Return micro precision, recall and F1, macro F1 and each type's F1: (..., 4 + types)."""
    micro = sums.sum(axis=-2)
    by_type = f1_of(sums)
    is_present = sums[..., 1:].sum(axis=-1) > 0
    macro_f1 = by_type.sum(axis=-1) / np.maximum(is_present.sum(axis=-1), 1)
    headline = np.stack([precision_of(micro), recall_of(micro), f1_of(micro), macro_f1], axis=-1)
    return np.concatenate([headline, by_type], axis=-1)


def group_recalls(words: Words, pairs: TagPairs, training: Sequence[Tweet] = ()) -> list[Group]:
    """Return the recall of every group of `rare.GROUPS` that gold has, with its interval."""
    rare = rare_recall(words, pairs, TrainingNames.of(training) if training else None)
    totals = rare.counts.sum(axis=0).tolist()
    intervals = bootstrap(rare.counts, recall_of)
    groups = []
    for (dimension, name), (found, gold), recall in zip(
        rare.groups, totals, intervals, strict=True
    ):
        if gold:
            groups.append(Group(dimension, name, found, gold, recall))
    return groups
