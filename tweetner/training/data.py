"""Tweets → the `datasets.Dataset` that the Trainer reads: subword ids, with labels where words begin."""

from collections.abc import Sequence
from dataclasses import dataclass

import datasets

from tweetner.config import RunConfig
from tweetner.corpus import Corpus, Tweet, load_run_splits
from tweetner.tokenization import SubwordEncoder, Window, align_labels
from tweetner.training.loss import label_inner_subwords


@dataclass(frozen=True)
class Splits:
    """The tweets that a run trains on, chooses by, and reports on."""

    train: list[Tweet]
    dev: list[Tweet]
    test: list[Tweet]

    @property
    def reported(self) -> dict[str, list[Tweet]]:
        """The splits that scores are given for."""
        return {"dev": self.dev, "test": self.test}


def load_splits(config: RunConfig) -> tuple[Corpus, Splits]:
    """The corpus of a run and the three splits that it uses.

    With `split: notebook`, `dev` is the notebook's validation fifth of train.

    Raises:
        ValueError: A split that the run needs is missing, has no tweet or, but for test, no entity.
    """
    corpus, tweets_of = load_run_splits(config.data, types=config.types, scheme=config.scheme, split=config.split)
    splits = Splits(**tweets_of)
    for name, tweets in (("train", splits.train), ("dev", splits.dev)):
        if all(tag == "O" for tweet in tweets for tag in tweet.gold):
            raise ValueError(f"{config.data}: {name} has no entity, so there is nothing to learn or to choose by")
    return corpus, splits


def encode_dataset(
    tweets: Sequence[Tweet], encoder: SubwordEncoder, labels: Sequence[str], *, inner: bool = False
) -> tuple[datasets.Dataset, list[Window]]:
    """Encode annotated tweets for the Trainer.

    Args:
        tweets: Annotated tweets.
        encoder: Of the model's tokenizer.
        labels: The tag of each label.
        inner: Label words' inner subwords too, as `label_inner_subwords` does.

    Returns:
        A `Dataset` with `input_ids` and `labels` (one label at each word's first subword, -100 elsewhere), a row a
        window, longest first; and the windows in the same order.
    """
    label_of = {tag: label for label, tag in enumerate(labels)}
    windows = encoder.encode([tweet.words for tweet in tweets])
    windows.sort(key=lambda window: -len(window.input_ids))
    gold = [[label_of[tag] for tag in tweet.gold] for tweet in tweets]
    aligned = [align_labels(window, gold[window.tweet]) for window in windows]
    if inner:
        n_after = len(encoder.after)
        aligned = [label_inner_subwords(window, row, n_after) for window, row in zip(windows, aligned, strict=True)]
    rows = {"input_ids": [window.input_ids for window in windows], "labels": aligned}
    return datasets.Dataset.from_dict(rows), windows
