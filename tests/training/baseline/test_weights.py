"""What a linear tagger has learnt."""

from pathlib import Path

import numpy as np

from tweetner.tagger import SgdTagger
from tweetner.tagger.features import FLAGS
from tweetner.tags import tags_of
from tweetner.training.baseline import plot_top_features, top_features

TAGS = tags_of(["person", "geo-loc"])


def test_top_features_are_the_largest_weights_of_each_seen_tag_but_o(tmp_path: Path) -> None:
    names = [*FLAGS, "tok=a", "tok=b"]
    coef = np.zeros((2, len(names)))
    coef[0, names.index("tok=b")], coef[0, names.index("is_title")] = 2.5, 1.5
    vocabulary = {name: column for column, name in enumerate(names)}
    tagger = SgdTagger(
        TAGS, classes=["B-person", "O"], coef=coef, intercept=np.zeros(2), vocabulary=vocabulary
    )
    top = top_features(tagger, n=2)
    assert top == {"B-person": [("tok=b", 2.5), ("is_title", 1.5)]}
    plot_top_features(
        {**top, "I-person": [("tok=$100 $a", 1.0), ("tok_lower=" + "x" * 99, 0.5)]},
        tmp_path / "top.png",
    )
    assert (tmp_path / "top.png").read_bytes()[:4] == b"\x89PNG"
