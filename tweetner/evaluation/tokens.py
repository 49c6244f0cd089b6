"""Scores over single words, as the reference notebook computes them; entity scores come first."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tweetner.evaluation.entities import Ratios
from tweetner.evaluation.pairs import TagPairs, Tags

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Accuracy(NamedTuple):
    """Accuracy over words, never to be shown without that of "always O".

    Attributes:
        model: The share of words that have the right tag.
        always_o: The share of words whose gold tag is O.
    """

    model: float
    always_o: float


class TokenAuc(NamedTuple):
    """Areas under curves over words, one tag against the rest, macro-averaged.

    Attributes:
        roc: Area under the ROC curve.
        pr: Area under the precision-recall curve (average precision).
    """

    roc: float | None
    pr: float | None


def token_macro_f1(pairs: TagPairs, *, tags: Sequence[str]) -> Ratios:
    """Return macro precision, recall and F1 over the non-O tags of a label list.

    0/0 counts as 0, so a tag that neither side has lowers the mean, as in the notebook
    (`zero_division=0`).

    >>> pairs = TagPairs([["B-person", "O"]], [["B-person", "B-movie"]])
    >>> token_macro_f1(pairs, tags=["O", "B-person", "B-movie"])
    Ratios(precision=0.5, recall=0.5, f1=0.5)
    """
    targets = [tag for tag in tags if tag != "O"]
    if not targets:
        raise ValueError(f"expected a label list with a tag other than O, got {list(tags)}")
    gold, predicted, right = _count_tags(pairs)
    present = [tag for tag in targets if right[tag]]
    precision = sum(right[tag] / predicted[tag] for tag in present)
    recall = sum(right[tag] / gold[tag] for tag in present)
    f1 = sum(2 * right[tag] / (predicted[tag] + gold[tag]) for tag in present)
    return Ratios(precision / len(targets), recall / len(targets), f1 / len(targets))


def token_accuracy(pairs: TagPairs) -> Accuracy:
    """Return the share of words tagged right, and the accuracy of "always O"."""
    gold, _, right = _count_tags(pairs)
    n_words = pairs.n_words or 1
    return Accuracy(right.total() / n_words, gold["O"] / n_words)


def _count_tags(pairs: TagPairs) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Count the gold, the predicted and the right tags of all words."""
    gold = list(chain.from_iterable(pairs.gold))
    predicted = list(chain.from_iterable(pairs.predicted))
    right = [tag for tag, guess in zip(gold, predicted, strict=True) if tag == guess]
    return Counter(gold), Counter(predicted), Counter(right)


def token_auc(
    gold: Tags, probabilities: "Sequence[npt.NDArray[np.floating]]", *, tags: Sequence[str]
) -> TokenAuc:
    """Return the ROC-AUC and PR-AUC of every tag against the rest, macro, as in the notebook.

    Args:
        gold: The gold tags of each tweet.
        probabilities: Arrays (words, labels), one a tweet.
        tags: The tag of each label.

    Returns:
        Means over the tags that occur in gold beside others; None where there is none.

    Raises:
        ValueError: The probabilities do not line up with the gold tags.
    """
    import numpy as np
    from sklearn.metrics import average_precision_score, roc_auc_score

    for number, (tweet, rows) in enumerate(zip(gold, probabilities, strict=True), start=1):
        expected = (len(tweet), len(tags))
        if rows.shape != expected:
            raise ValueError(f"tweet {number}: expected probabilities {expected}, got {rows.shape}")
    flat = np.array(list(chain.from_iterable(gold)))  # (all words,)
    scores = np.concatenate([np.empty((0, len(tags))), *probabilities])  # (all words, labels)
    roc, pr = [], []
    for column, tag in enumerate(tags):
        truth = flat == tag
        if 0 < truth.sum() < len(truth):
            roc.append(roc_auc_score(truth, scores[:, column]))
            pr.append(average_precision_score(truth, scores[:, column]))
    return TokenAuc(float(np.mean(roc)), float(np.mean(pr))) if roc else TokenAuc(None, None)
