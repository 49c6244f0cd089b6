"""The tweets that a model's run used, as the run config in its folder says."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from tweetner.corpus import Tweet, load_run_splits

logger = logging.getLogger(__name__)


def fitted_tweets(folder: Path, split: str, types: Sequence[str]) -> list[Tweet]:
    """The `train` or `dev` tweets of the run that made a model; none, with a warning, where they are not here."""
    config = folder / "run_config.json"
    run = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    if "data" not in run:
        return []
    try:
        data, scheme, how = run["data"], run.get("scheme", "IOB2"), run.get("split", "corpus")
        return load_run_splits(data, types=types, scheme=scheme, split=how)[1][split]
    except (ValueError, OSError) as error:
        logger.warning("warning: what the model was fitted on is not here: %s", error)
        return []


def n_shared(tweets: Sequence[Tweet], others: Sequence[Tweet]) -> int:
    """How many tweets also stand among others, word for word."""
    known = {tweet.words for tweet in others}
    return sum(tweet.words in known for tweet in tweets)
