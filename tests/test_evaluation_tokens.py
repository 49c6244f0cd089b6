import random
from itertools import chain

import pytest

from tweetner.evaluation import token_macro_f1
from tweetner.evaluation.tokens import token_accuracy
from tweetner.tags import WNUT16_TYPES, tags_of

TAGS = tags_of(WNUT16_TYPES)


def random_tags(seed: int, tags: list[str]) -> tuple[list[list[str]], list[list[str]]]:
    random_ = random.Random(seed)
    gold = [random_.choices(tags, k=random_.randint(1, 20)) for _ in range(40)]
    return gold, [[tag if random_.random() < 0.6 else random_.choice(tags) for tag in tweet] for tweet in gold]


@pytest.mark.parametrize("seed", range(5))
def test_token_macro_f1_equals_scikit_learn(seed):
    from sklearn.metrics import precision_recall_fscore_support

    gold, predicted = random_tags(seed, TAGS[: 5 + 4 * seed])  # the first seeds leave declared tags unseen
    flat_gold, flat_predicted = list(chain(*gold)), list(chain(*predicted))
    expected = precision_recall_fscore_support(
        flat_gold, flat_predicted, labels=TAGS[1:], average="macro", zero_division=0
    )
    assert token_macro_f1(gold, predicted, tags=TAGS) == pytest.approx(expected[:3], abs=1e-12)


def test_a_tag_that_nobody_has_pulls_the_mean_down():
    assert token_macro_f1([["B-a"]], [["B-a"]], tags=["O", "B-a", "I-a"]) == (0.5, 0.5, 0.5)


def test_a_label_list_without_entity_tags_is_refused():
    with pytest.raises(ValueError, match="expected a label list with a tag other than O"):
        token_macro_f1([["O"]], [["O"]], tags=["O"])


def test_accuracy_comes_with_that_of_always_o():
    assert token_accuracy([["O", "O", "B-a", "O"]], [["O", "B-a", "B-a", "O"]]) == (0.75, 0.75)
    assert token_accuracy([], []) == (0, 0)
