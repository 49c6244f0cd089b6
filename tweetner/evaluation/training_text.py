"""Which tweets a model's run used, and what for."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tweetner.corpus import Corpus, Tweet, load_run_splits

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choices:
    """The tweets that a run chooses by, and those that it keeps back from every choice.

    Attributes:
        choosing: They choose the checkpoint and the seed, or a baseline's alpha.
        tempering: They fit the temperature.
        proving: No choice uses them: thresholds are proven on them.
        source: What the latter two are parts of, for the reader.
    """

    choosing: list[Tweet]
    tempering: list[Tweet]
    proving: list[Tweet]
    source: str


def choices_of(corpus: Corpus, splits: Mapping[str, list[Tweet]], *, split: str, share: float) -> Choices:
    """Part the corpus's own dev: `share` of it proves thresholds, the rest chooses and fits the temperature.

    With `split: notebook` the notebook's fifth of train chooses, and the corpus's own dev is free for the other two.
    Which tweet goes where depends on its words alone, so equal tweets go together. Nothing is kept back where the
    rest would have no entity to choose by.
    """
    dev = corpus.splits["dev"]
    proving = [tweet for tweet in dev if place_of(tweet, "proving") < share]
    rest = [tweet for tweet in dev if place_of(tweet, "proving") >= share]
    if not any(tag != "O" for tweet in rest for tag in tweet.gold):
        proving, rest = [], dev
    if split == "notebook":
        return Choices(splits["dev"], rest, proving, "the corpus's own dev")
    return Choices(rest, rest, proving, "dev")


def place_of(tweet: Tweet, purpose: str) -> float:
    """Where a tweet stands between 0 and 1, by a hash of its words; for another purpose elsewhere."""
    digest = sha256("\n".join([purpose, *tweet.words]).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6]) / 2**48


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
    choices = choices_of(corpus, splits, split=how, share=run.get("threshold_share", 0.0))
    return list(dict.fromkeys(choices.choosing + choices.tempering))


def n_shared(tweets: Sequence[Tweet], others: Sequence[Tweet]) -> int:
    """How many tweets also stand among others, word for word."""
    known = {tweet.words for tweet in others}
    return sum(tweet.words in known for tweet in tweets)
