"""Splits beside the corpus's own train, dev and test."""

from collections.abc import Sequence

from tweetner.corpus.tweets import Tweet


def notebook_split(tweets: Sequence[Tweet], *, seed: int = 42) -> tuple[list[Tweet], list[Tweet]]:
    """The reference notebook's 80/20 split, stratified by has-entity; tweets come in its shuffled order."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    has_entity = [any(tag != "O" for tag in tweet.gold) for tweet in tweets]
    train, validation = train_test_split(
        np.arange(len(tweets)), test_size=0.2, random_state=seed, stratify=np.array(has_entity, dtype=int)
    )
    return [tweets[index] for index in train], [tweets[index] for index in validation]
