"""Scores over single words, as the reference notebook computes them; entity scores lead, these stand beside them."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from tweetner.evaluation.entities import Ratios, Tags, check_aligned

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def token_macro_f1(gold: Tags, predicted: Tags, *, tags: Sequence[str]) -> Ratios:
    """Macro precision, recall and F1 over the non-O tags of a label list; 0/0 counts as 0.

    A tag that neither side has pulls the mean down, as in the notebook (`zero_division=0`).

    >>> token_macro_f1([["B-person", "O"]], [["B-person", "B-movie"]], tags=["O", "B-person", "B-movie"])
    Ratios(precision=0.5, recall=0.5, f1=0.5)
    """
    check_aligned(gold, predicted)
    targets = [tag for tag in tags if tag != "O"]
    if not targets:
        raise ValueError(f"expected a label list with a tag other than O, got {list(tags)}")
    n_gold = Counter(chain.from_iterable(gold))
    n_predicted = Counter(chain.from_iterable(predicted))
    words = zip(chain.from_iterable(gold), chain.from_iterable(predicted), strict=True)
    right = Counter(tag for tag, guess in words if tag == guess)
    return Ratios(
        sum(right[tag] / n_predicted[tag] for tag in targets if right[tag]) / len(targets),
        sum(right[tag] / n_gold[tag] for tag in targets if right[tag]) / len(targets),
        sum(2 * right[tag] / (n_predicted[tag] + n_gold[tag]) for tag in targets if right[tag])
        / len(targets),
    )


def token_accuracy(gold: Tags, predicted: Tags) -> tuple[float, float]:
    """The share of words tagged right, and what "always O" reaches; never show the first without the second."""
    check_aligned(gold, predicted)
    flat = list(chain.from_iterable(gold))
    right = sum(
        tag == guess for tag, guess in zip(flat, chain.from_iterable(predicted), strict=True)
    )
    n_words = len(flat) or 1
    return right / n_words, flat.count("O") / n_words


def token_auc(
    gold: Tags, probabilities: "Sequence[npt.NDArray[np.floating]]", *, tags: Sequence[str]
) -> tuple[float | None, float | None]:
    """ROC-AUC and PR-AUC of every tag against the rest, over words, macro, as in the notebook.

    Args:
        gold: The gold tags of each tweet.
        probabilities: For each tweet (words, labels).
        tags: The tag of each label.

    Returns:
        Means over the tags that gold has beside others; None where there is none.

    Raises:
        ValueError: The probabilities do not line up with the gold tags.
    """
    import numpy as np
    from sklearn.metrics import average_precision_score, roc_auc_score

    for number, (tweet, rows) in enumerate(zip(gold, probabilities, strict=True), start=1):
        if rows.shape != (len(tweet), len(tags)):
            raise ValueError(
                f"tweet {number}: expected probabilities {(len(tweet), len(tags))}, got {rows.shape}"
            )
    flat = np.array(list(chain.from_iterable(gold)))
    scores = np.concatenate([np.empty((0, len(tags))), *probabilities])
    present = [column for column, tag in enumerate(tags) if 0 < (flat == tag).sum() < len(flat)]
    if not present:
        return None, None
    pairs = [(flat == tags[column], scores[:, column]) for column in present]
    roc = [roc_auc_score(truth, column) for truth, column in pairs]
    pr = [average_precision_score(truth, column) for truth, column in pairs]
    return float(np.mean(roc)), float(np.mean(pr))
