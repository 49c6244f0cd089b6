import pytest

from tweetner.evaluation import TagPairs, apply_thresholds
from tweetner.evaluation.calibration import scored_entities
from tweetner.hub import Threshold
from tweetner.report import acceptance_text


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (
            (0.5, None),
            "A precision of 90% could not be proven for any score on 50 tweets. "
            "Entities that score 50.0",
        ),
        (
            (None, None),
            "could not be proven for any score on 50 tweets. "
            "No entity should be accepted without review.",
        ),
        (
            (None, 0.9),
            "Entities that score 90.0 or more may be accepted without review: at least 90%",
        ),
    ],
)
def test_a_precision_that_is_not_proven_falls_back_to_a_lower_one(
    pairs: TagPairs,
    word_scores: list[list[float]],
    scores: tuple[float | None, float | None],
    said: str,
) -> None:
    thresholds = [
        Threshold(score, precision, 0.9, 40, 39, "50 tweets")
        for score, precision in zip(scores, (0.8, 0.9), strict=True)
    ]
    applied = apply_thresholds(thresholds, scored_entities(pairs, word_scores))
    assert said in acceptance_text(applied, 0.9)


def test_a_precision_without_a_threshold_is_refused(
    pairs: TagPairs, word_scores: list[list[float]]
) -> None:
    threshold = Threshold(0.5, 0.8, 0.9, 40, 39, "50 tweets")
    applied = apply_thresholds([threshold], scored_entities(pairs, word_scores))
    with pytest.raises(ValueError, match=r"precision among 80%, got 70%"):
        acceptance_text(applied, 0.7)
