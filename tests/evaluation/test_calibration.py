import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from tweetner.evaluation import ScoredEntities, TagPairs, fit_temperature
from tweetner.evaluation.calibration import (
    MIN_ENTITIES,
    calibration,
    reliability_table,
    scored_entities,
)
from tweetner.tagger import entity_score
from tweetner.tags import Entity

GOLD = [["B-a", "I-a", "O"], ["O", "B-b"]]
PREDICTED = [["B-a", "I-a", "B-a"], ["O", "B-a"]]
SCORES = [[0.9, 0.7, 0.4], [0.99, 0.6]]


def test_an_entity_scores_the_mean_of_its_words() -> None:
    assert entity_score([0.9, 0.7, 0.4], Entity("x", 0, 2)) == pytest.approx(0.8)
    entities = scored_entities(TagPairs(GOLD, PREDICTED), SCORES)
    assert entities.scores.tolist() == pytest.approx([0.8, 0.4, 0.6])
    assert entities.right.tolist() == [True, False, False]
    assert entities.tweets.tolist() == [0, 0, 1]
    assert entities.n_gold.tolist() == [1, 1]


REFUSED = [
    ([[0.9, 0.7, 0.4]], "expected scores of 2 tweets, got 1"),
    ([[0.9, 0.7], [0.9, 0.6]], "tweet 1: expected 3 scores, got 2"),
    ([[0.9, 0.7, 1.4], [0.9, 0.6]], "tweet 1: expected a probability, got 1.4"),
    ([[0.9, 0.7, 0.4], [float("nan"), 0.6]], "tweet 2: expected a probability, got nan"),
]


@pytest.mark.parametrize(("scores", "message"), REFUSED)
def test_scores_that_are_not_one_probability_a_word_are_refused(
    scores: list[list[float]], message: str
) -> None:
    with pytest.raises(ValueError) as error:
        scored_entities(TagPairs(GOLD, PREDICTED), scores)
    assert str(error.value) == message


def entities_with(scores: np.ndarray, right: np.ndarray) -> ScoredEntities:
    """Return one entity a tweet."""
    n = len(scores)
    return ScoredEntities(scores, right, np.arange(n), np.ones(n, int))


def test_the_table_and_ece_of_a_worked_example() -> None:
    scores = np.array([0.05, 0.15, 0.17, 0.95, 1.0])
    right = np.array([False, True, False, True, True])
    table = reliability_table(scores, right)
    assert [(row.low, row.high, row.n) for row in table] == [
        (0.0, 0.1, 1),
        (0.1, 0.2, 2),
        (0.9, 1.0, 2),
    ]
    assert [row.mean_score for row in table] == pytest.approx([0.05, 0.16, 0.975])
    assert [row.precision for row in table] == [0, 0.5, 1]
    assert calibration(entities_with(scores, right)).ece == pytest.approx(
        (0.05 + 2 * 0.34 + 2 * 0.025) / 5
    )


@pytest.mark.parametrize("seed", range(5))
def test_brier_and_auroc_equal_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.random(80).round(1)  # rounded, so that there are ties
    right = generator.random(80) < scores
    found = calibration(entities_with(scores, right))
    assert found.brier == pytest.approx(brier_score_loss(right, scores))
    assert found.auroc == pytest.approx(roc_auc_score(right, scores))


def test_honest_scores_have_a_small_error_and_bold_ones_a_large_one() -> None:
    generator = np.random.default_rng(0)
    chances = generator.random(20_000)
    right = generator.random(20_000) < chances
    honest = calibration(entities_with(chances, right))
    bold = calibration(entities_with(np.sqrt(chances), right))
    assert honest.ece < 0.02
    assert bold.ece > 0.1
    assert honest.auroc == bold.auroc  # the order is the same


@pytest.mark.parametrize("right", [[True, True], [False, False]])
def test_without_both_kinds_there_is_no_auroc(right: list[bool]) -> None:
    assert calibration(entities_with(np.array([0.2, 0.8]), np.array(right))).auroc is None


def test_without_entities_there_is_nothing_to_measure() -> None:
    entities = scored_entities(TagPairs([["O"]], [["O"]]), [[0.9]])
    found = calibration(entities)
    assert (found.n, found.ece, found.brier, found.auroc, found.table) == (0, None, None, None, [])


def tempered(n: int, temperature: float, seed: int = 0) -> ScoredEntities:
    """Entities that are right as often as a temperature of 3 would promise."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(1, 5, n)
    right = generator.random(n) < 1 / (1 + np.exp(-logits / 3))
    return entities_with(1 / (1 + np.exp(-logits / temperature)), right)


def test_the_fitted_temperature_has_the_smallest_brier_score_of_a_fine_grid() -> None:
    grid = np.geomspace(0.1, 50, 400)
    briers = [brier_score_loss(tempered(300, t).right, tempered(300, t).scores) for t in grid]
    found = fit_temperature(lambda t: tempered(300, t))
    assert found == pytest.approx(grid[np.argmin(briers)], rel=0.03)
    assert fit_temperature(lambda t: tempered(20_000, t)) == pytest.approx(3, rel=0.1)


def test_too_few_entities_fit_no_temperature() -> None:
    assert fit_temperature(lambda t: tempered(MIN_ENTITIES - 1, t)) == 1.0
    assert fit_temperature(lambda t: tempered(MIN_ENTITIES, t)) != 1.0
