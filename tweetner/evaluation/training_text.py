"""Which tweets a model's run used, and what for."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from tweetner.corpus import Tweet, divide_dev, load_run_splits

logger = logging.getLogger(__name__)


def fitted_tweets(folder: Path, split: str, types: Sequence[str]) -> list[Tweet]:
    """The tweets that a model was trained on (`train`), or that made any other choice of its run (`dev`).

    None, with a warning, where they are not here.
    """
    config = folder / "run_config.json"
    run = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    if "data" not in run:
        return []
    scheme, how = run.get("scheme", "IOB2"), run.get("split", "corpus")
    try:
        corpus, splits = load_run_splits(run["data"], types=types, scheme=scheme, split=how)
    except (ValueError, OSError) as error:
        logger.warning("warning: what the model was fitted on is not here: %s", error)
        return []
    if split == "train":
        return splits["train"] + (splits["dev"] if run.get("folds") else [])
    dev_sets = divide_dev(corpus, splits, split=how, share=run.get("threshold_share", 0.0))
    return list(dict.fromkeys(dev_sets.selection + dev_sets.calibration))


def n_shared(tweets: Sequence[Tweet], others: Sequence[Tweet]) -> int:
    """How many tweets also stand among others, word for word."""
    known = {tweet.words for tweet in others}
    return sum(tweet.words in known for tweet in tweets)
