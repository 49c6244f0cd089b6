"""The weights of a linear tagger: the features that count most for each tag, and for one word."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tweetner.tagger import SgdTagger

Weights = list[tuple[str, float]]
"""Features with their weights, the largest weight first."""

N_COLUMNS = 4


def top_features(tagger: SgdTagger, n: int) -> dict[str, Weights]:
    """Return the `n` features with the largest weights for each tag but `O`.

    A tag that never occurred in training has no weights and is left out. A weight is the number
    that the classifier adds to the tag's score when the feature is present; it is no statement
    about causes.
    """
    names = list(tagger.columns.vocabulary)
    top = {}
    for tag in tagger.labels[1:]:
        if tag in tagger.classes:
            weights = tagger.coef[tagger.classes.index(tag)]  # (features,)
            largest = np.argsort(weights)[-n:][::-1]  # (n,): columns
            top[tag] = [(names[column], float(weights[column])) for column in largest]
    return top


def plot_top_features(top: Mapping[str, Weights], path: Path) -> None:
    """Draw one small bar chart per tag on one page."""
    from matplotlib.figure import Figure

    n_rows = -(-len(top) // N_COLUMNS)  # rounded up
    figure = Figure(figsize=(17, 2.4 * n_rows), layout="constrained")
    figure.set_layout_engine("constrained", w_pad=0.1)
    axes = figure.subplots(n_rows, N_COLUMNS, squeeze=False).ravel()
    for axis, (tag, features) in zip(axes, top.items(), strict=False):
        _draw_bars(axis, tag, features)
    for axis in axes[len(top) :]:
        axis.remove()
    figure.suptitle("Features with the largest weights for each tag", fontsize=14)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _draw_bars(axis: Any, tag: str, features: Weights) -> None:
    names = [_shorten(name) for name, _ in features]
    colour = "#4c72b0" if tag[:2] == "B-" else "#8fa9d0"
    bars = axis.barh(range(len(features)), [weight for _, weight in features], color=colour)
    axis.bar_label(bars, fmt="%.1f", padding=2, fontsize=7, color="#555555")
    axis.set_yticks(range(len(names)), names, fontsize=8, parse_math=False)
    axis.invert_yaxis()
    axis.set_title(tag, loc="left", fontsize=11, fontweight="bold")
    axis.tick_params(axis="x", labelsize=7)
    axis.margins(x=0.12)
    axis.spines[["top", "right"]].set_visible(False)


def _shorten(name: str, longest: int = 28) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def word_weights(tagger: SgdTagger, words: Sequence[str], place: int, tag: str) -> Weights:
    """Return the weight of each feature of one word for a tag.

    Their sum and the intercept are the tag's score. Features that are absent, and words that never
    occurred in training, add nothing and are left out.
    """
    row = tagger.columns.matrix([words])[place]  # sparse, (1, features)
    names = list(tagger.columns.vocabulary)
    weights = tagger.coef[tagger.classes.index(tag)]  # (features,)
    present = [column for column, value in zip(row.indices, row.data, strict=True) if value]
    found = [(names[column], float(weights[column])) for column in present]
    return sorted(found, key=lambda pair: -pair[1])
