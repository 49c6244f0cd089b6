"""What a linear tagger has learnt: the features that speak most for each tag."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tweetner.tagger import SgdTagger

TopFeatures = Mapping[str, Sequence[tuple[str, float]]]


def top_features(tagger: SgdTagger, n: int) -> dict[str, list[tuple[str, float]]]:
    """The `n` features with the largest weights of each tag but `O`, largest first, as (feature, weight).

    Tags stand in the order of their labels; one never seen in training has no weights and is left
    out. A weight says what the classifier adds to the tag's score where the feature holds, not that
    the feature causes the tag.
    """
    names = list(tagger.columns.vocabulary)
    top = {}
    for tag in tagger.labels[1:]:
        if tag in tagger.classes:
            weights = tagger.coef[tagger.classes.index(tag)]
            heaviest = np.argsort(weights)[-n:][::-1]
            top[tag] = [(names[column], float(weights[column])) for column in heaviest]
    return top


def plot_top_features(top: TopFeatures, path: Path) -> None:
    """Draw one small bar chart a tag, all on one page."""
    from matplotlib.figure import Figure

    n_columns = 4
    n_rows = -(-len(top) // n_columns)
    figure = Figure(figsize=(17, 2.4 * n_rows), layout="constrained")
    figure.set_layout_engine("constrained", w_pad=0.1)
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for axis in axes[len(top) :]:
        axis.remove()
    for axis, (tag, features) in zip(axes, top.items(), strict=False):
        names, weights = zip(*features, strict=True)
        bars = axis.barh(
            range(len(names)), weights, color="#4c72b0" if tag[:2] == "B-" else "#8fa9d0"
        )
        axis.bar_label(bars, fmt="%.1f", padding=2, fontsize=7, color="#555555")
        axis.set_yticks(
            range(len(names)), [_shortened(name) for name in names], fontsize=8, parse_math=False
        )
        axis.invert_yaxis()
        axis.set_title(tag, loc="left", fontsize=11, fontweight="bold")
        axis.tick_params(axis="x", labelsize=7)
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "The features that speak most for each tag (weight in its classifier)", fontsize=14
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _shortened(name: str, longest: int = 28) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def word_weights(
    tagger: SgdTagger, words: Sequence[str], place: int, tag: str
) -> list[tuple[str, float]]:
    """What each feature of one word adds to the score of a tag, the largest first: with the intercept, all of it.

    Flags that are off and forms never seen in training add nothing and are left out.
    """
    row = tagger.columns.matrix([words])[place]
    names = list(tagger.columns.vocabulary)
    weights = tagger.coef[tagger.classes.index(tag)]
    present = [column for column, value in zip(row.indices, row.data, strict=True) if value]
    return sorted(
        ((names[column], float(weights[column])) for column in present), key=lambda pair: -pair[1]
    )
