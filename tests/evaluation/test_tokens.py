import random
from itertools import chain

import numpy as np
import pytest

from tweetner.evaluation import TagPairs, token_macro_f1
from tweetner.evaluation.tokens import token_accuracy, token_auc
from tweetner.tags import WNUT16_TYPES, tags_of

TAGS = tags_of(WNUT16_TYPES)


def random_tags(seed: int, tags: list[str]) -> tuple[list[list[str]], list[list[str]]]:
    random_ = random.Random(seed)
    gold = [random_.choices(tags, k=random_.randint(1, 20)) for _ in range(40)]
    return gold, [
        [tag if random_.random() < 0.6 else random_.choice(tags) for tag in tweet] for tweet in gold
    ]


@pytest.mark.parametrize("seed", range(5))
def test_token_macro_f1_equals_scikit_learn(seed: int) -> None:
    from sklearn.metrics import precision_recall_fscore_support

    gold, predicted = random_tags(
        seed, TAGS[: 5 + 4 * seed]
    )  # the first seeds leave declared tags unseen
    flat_gold, flat_predicted = list(chain(*gold)), list(chain(*predicted))
    expected = precision_recall_fscore_support(
        flat_gold, flat_predicted, labels=TAGS[1:], average="macro", zero_division=0
    )
    assert token_macro_f1(TagPairs(gold, predicted), tags=TAGS) == pytest.approx(
        expected[:3], abs=1e-12
    )


def test_a_tag_that_nobody_has_pulls_the_mean_down() -> None:
    assert token_macro_f1(TagPairs([["B-a"]], [["B-a"]]), tags=["O", "B-a", "I-a"]) == (
        0.5,
        0.5,
        0.5,
    )


def test_a_label_list_without_entity_tags_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a label list with a tag other than O"):
        token_macro_f1(TagPairs([["O"]], [["O"]]), tags=["O"])


def test_accuracy_comes_with_that_of_always_o() -> None:
    assert token_accuracy(TagPairs([["O", "O", "B-a", "O"]], [["O", "B-a", "B-a", "O"]])) == (
        0.75,
        0.75,
    )
    assert token_accuracy(TagPairs([], [])) == (0, 0)


def random_probabilities(seed: int, gold: list[list[str]]) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [
        generator.dirichlet(np.ones(len(TAGS)), len(tweet)).round(2) for tweet in gold
    ]  # rounded: ties


@pytest.mark.parametrize("seed", range(3))
def test_token_auc_equals_scikit_learn_as_the_notebook_calls_it(seed: int) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score
    from sklearn.preprocessing import label_binarize

    gold, _ = random_tags(seed, TAGS)
    probabilities = random_probabilities(seed, gold)
    binary = label_binarize(list(chain(*gold)), classes=TAGS)
    flat = np.concatenate(probabilities)
    expected = (
        roc_auc_score(binary, flat, average="macro"),
        average_precision_score(binary, flat, average="macro"),
    )
    assert token_auc(gold, probabilities, tags=TAGS) == pytest.approx(expected, abs=1e-12)


def test_token_auc_is_the_mean_over_the_tags_that_gold_has() -> None:
    from sklearn.metrics import roc_auc_score

    gold, _ = random_tags(0, ["O", "B-movie"])
    probabilities = random_probabilities(0, gold)
    flat, truth = np.concatenate(probabilities), np.array(list(chain(*gold)))
    expected = [roc_auc_score(truth == tag, flat[:, TAGS.index(tag)]) for tag in ("O", "B-movie")]
    assert token_auc(gold, probabilities, tags=TAGS)[0] == pytest.approx(np.mean(expected))


def test_token_auc_of_a_single_tag_is_nothing() -> None:
    assert token_auc([["O", "O"]], [np.full((2, 21), 1 / 21)], tags=TAGS) == (None, None)


def test_probabilities_of_another_shape_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"tweet 1: expected probabilities \(2, 21\), got \(1, 21\)"
    ):
        token_auc([["O", "O"]], [np.full((1, 21), 1 / 21)], tags=TAGS)
