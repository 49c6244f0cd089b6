"""The reference notebook's baselines, fitted: the majority tag, and linear classifiers over 14 features of a word."""

from tweetner.training.baseline.fit import fit_sgd
from tweetner.training.baseline.run import Fitted, fit_baseline, save_baseline
from tweetner.training.baseline.weights import plot_top_features, top_features, word_weights

__all__ = [
    "Fitted",
    "fit_baseline",
    "fit_sgd",
    "plot_top_features",
    "save_baseline",
    "top_features",
    "word_weights",
]
