"""The tweets that a model's run used, as the run config in its folder says."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from tweetner.corpus import Tweet, load_tweets, notebook_split

logger = logging.getLogger(__name__)


def fitted_tweets(folder: Path, split: str, types: Sequence[str]) -> list[Tweet]:
    """The `train` or `dev` tweets of the run that made a model; none, with a warning, where they are not here."""
    config = folder / "run_config.json"
    run = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    if "data" not in run:
        return []
    scheme = run.get("scheme", "IOB2")
    try:
        if run.get("split") == "notebook":
            train, dev = notebook_split(load_tweets(f"{run['data']}:train", types=types, scheme=scheme))
            return train if split == "train" else dev
        return load_tweets(f"{run['data']}:{split}", types=types, scheme=scheme)
    except (ValueError, OSError) as error:
        logger.warning("warning: what the model was fitted on is not here: %s", error)
        return []


def n_shared(tweets: Sequence[Tweet], others: Sequence[Tweet]) -> int:
    """How many tweets also stand among others, word for word."""
    known = {tweet.words for tweet in others}
    return sum(tweet.words in known for tweet in tweets)
