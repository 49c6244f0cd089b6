"""Splits beside the corpus's own train, dev and test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from tweetner.corpus.tweets import Corpus, Tweet


def notebook_split(tweets: Sequence[Tweet], *, seed: int = 42) -> tuple[list[Tweet], list[Tweet]]:
    """The reference notebook's 80/20 split, stratified by has-entity; tweets come in its shuffled order."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    has_entity = [any(tag != "O" for tag in tweet.gold) for tweet in tweets]
    train, validation = train_test_split(
        np.arange(len(tweets)),
        test_size=0.2,
        random_state=seed,
        stratify=np.array(has_entity, dtype=int),
    )
    return [tweets[index] for index in train], [tweets[index] for index in validation]


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


def choices_of(
    corpus: Corpus, splits: Mapping[str, list[Tweet]], *, split: str, share: float
) -> Choices:
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
