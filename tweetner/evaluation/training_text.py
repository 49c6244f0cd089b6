"""The tweets that a model's run used."""

import logging
from collections.abc import Sequence

from tweetner.corpus import Tweet, divide_dev, load_run_splits
from tweetner.evaluation.pairs import Words
from tweetner.hub import ModelFolder

logger = logging.getLogger(__name__)


def fitted_tweets(folder: ModelFolder, split: str, types: Sequence[str]) -> list[Tweet]:
    """Load the tweets that a model was trained on (`train`) or selected and calibrated on (`dev`).

    Where they cannot be loaded, the result is empty and a warning is logged.
    """
    run = folder.run
    if run.data is None:
        return []
    try:
        corpus, splits = load_run_splits(run.data, types=types, scheme=run.scheme, split=run.split)
    except (ValueError, OSError) as error:
        logger.warning("warning: what the model was fitted on is not here: %s", error)
        return []
    if split == "train":
        return splits["train"] + (splits["dev"] if run.folds else [])
    dev_sets = divide_dev(corpus, splits, split=run.split, share=run.threshold_share)
    return list(dict.fromkeys(dev_sets.selection + dev_sets.calibration))


def n_shared(words: Words, others: Sequence[Tweet]) -> int:
    """Count the tweets of words that also occur among other tweets, word for word."""
    known = {tweet.words for tweet in others}
    return sum(tuple(tweet) in known for tweet in words)
