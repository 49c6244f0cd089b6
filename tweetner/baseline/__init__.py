"""The reference notebook's baselines: the majority tag, and linear classifiers over 14 features of a word.

Fitting needs scikit-learn; loading and tagging need numpy and safetensors only.
"""

from tweetner.baseline.fit import SgdFit, fit_majority, fit_sgd
from tweetner.baseline.taggers import MajorityTagger, SgdTagger, load_baseline

__all__ = ["MajorityTagger", "SgdFit", "SgdTagger", "fit_majority", "fit_sgd", "load_baseline"]
