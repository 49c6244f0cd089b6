"""The embedded corpus `sample`: tweets written for this project, as raw text and as words."""

from importlib.resources import as_file, files

from tweetner.corpus.jsonl import RawTweet, read_records, to_raw_tweet, to_tweet
from tweetner.corpus.tweets import Tweet


def load_sample_texts() -> dict[str, list[RawTweet]]:
    """Return the raw tweets of each split, with entities in characters."""
    splits: dict[str, list[RawTweet]] = {"train": [], "dev": [], "test": []}
    with as_file(files("tweetner") / "corpus" / "sample.jsonl") as path:
        for _, record in read_records(path):
            splits[record["split"]].append(to_raw_tweet(record))
    return splits


def load_sample() -> dict[str, list[Tweet]]:
    """Return the same tweets as words."""
    return {split: list(map(to_tweet, texts)) for split, texts in load_sample_texts().items()}
