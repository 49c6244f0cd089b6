"""Content hashes: which words and tags a model was trained on, wherever the files are now."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from tweetner.corpus.tweets import Tweet


def content_hash(tweets: Iterable[Tweet]) -> str:
    """Return the SHA-256 of the words and tags of a split, in their order; ids do not count."""
    digest = hashlib.sha256()
    for tweet in tweets:
        digest.update(json.dumps([tweet.words, tweet.gold]).encode() + b"\n")
    return digest.hexdigest()


def content_hashes(splits: Mapping[str, Iterable[Tweet]]) -> dict[str, str]:
    """Return the content hash of each split."""
    return {split: content_hash(tweets) for split, tweets in splits.items()}
