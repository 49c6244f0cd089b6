"""Splits derived from a corpus's own train, dev and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tweetner.corpus.tweets import Corpus, Tweet

HELD_OUT = "proving"
"""The purpose hashed for the held-out set; another word would give another set."""


def notebook_split(tweets: Sequence[Tweet], *, seed: int = 42) -> tuple[list[Tweet], list[Tweet]]:
    """Split as the reference notebook does: 80/20, stratified by has-entity, in its own order."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    has_entity = [tweet.has_entity for tweet in tweets]
    train, validation = train_test_split(
        np.arange(len(tweets)),
        test_size=0.2,
        random_state=seed,
        stratify=np.array(has_entity, dtype=int),
    )
    return [tweets[index] for index in train], [tweets[index] for index in validation]


@dataclass(frozen=True)
class DevSets:
    """The tweets that a run makes its choices with, and a set that no choice uses.

    Attributes:
        selection: They select the checkpoint and the seed, or a baseline's alpha.
        calibration: They fit the temperature.
        held_out: Thresholds are certified on them; nothing else uses them.
        source: The set that `calibration` and `held_out` are parts of, for the reader.
    """

    selection: list[Tweet]
    calibration: list[Tweet]
    held_out: list[Tweet]
    source: str


def divide_dev(
    corpus: Corpus, splits: Mapping[str, list[Tweet]], *, split: str, share: float
) -> DevSets:
    """Split the corpus's own dev in two: `share` is held out, the rest selects and calibrates.

    With `split="notebook"`, `splits["dev"]` (the notebook's fifth of train) selects, and the
    corpus's own dev calibrates and certifies. A tweet's set depends on its words alone, so equal
    tweets stay together. Nothing is held out if the rest would have no entity to select by.
    """
    dev = corpus.splits["dev"]
    held_out = [tweet for tweet in dev if hash_fraction(tweet, HELD_OUT) < share]
    rest = [tweet for tweet in dev if hash_fraction(tweet, HELD_OUT) >= share]
    if not any(tweet.has_entity for tweet in rest):
        held_out, rest = [], dev
    if split == "notebook":
        return DevSets(splits["dev"], rest, held_out, "the corpus's own dev")
    return DevSets(rest, rest, held_out, "dev")


def hash_fraction(tweet: Tweet, purpose: str) -> float:
    """Return a reproducible pseudo-random number in [0, 1) derived from the words and `purpose`."""
    text = "\n".join([purpose, *tweet.words])
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6]) / 2**48
