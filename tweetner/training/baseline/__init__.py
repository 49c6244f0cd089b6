"""The baselines of the reference notebook: the majority tag, and linear classifiers over words."""

from tweetner.training.baseline.fit import fit_sgd
from tweetner.training.baseline.run import FittedBaseline, fit_baseline, save_baseline
from tweetner.training.baseline.weights import plot_top_features, top_features, word_weights

__all__ = [
    "FittedBaseline",
    "fit_baseline",
    "fit_sgd",
    "plot_top_features",
    "save_baseline",
    "top_features",
    "word_weights",
]
