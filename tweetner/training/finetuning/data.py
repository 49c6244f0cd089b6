"""Tweets → the `datasets.Dataset` that the Trainer reads: subword ids, with labels where words begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import datasets
import numpy as np
import pyarrow as pa

from tweetner.corpus import (
    Corpus,
    DevSets,
    Tweet,
    content_hashes,
    divide_dev,
    load_run_splits,
    reading_options,
    split_files,
)
from tweetner.tokenization import SubwordEncoder, Windows, align_labels
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.loss import label_inner_subwords


@dataclass(frozen=True)
class Splits:
    """The tweets that a run trains on, reports on and chooses by; with folds, `train` holds `dev` too.

    Attributes:
        train: Tweets to train on.
        dev: Tweets whose scores are reported as those of dev.
        test: Tweets whose scores are reported as those of test.
        dev_sets: Tweets to select, calibrate and certify with.
        corpus: Name of the corpus.
        hashes: Content hash of each of the corpus's own splits.
    """

    train: list[Tweet]
    dev: list[Tweet]
    test: list[Tweet]
    dev_sets: DevSets
    corpus: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)


def load_splits(config: RunConfig) -> tuple[Corpus, Splits]:
    """The corpus of a run and the three splits that it uses.

    With `split: notebook`, `dev` is the notebook's validation fifth of train.

    Raises:
        ValueError: A split that the run needs is missing, has no tweet or, but for test, no entity.
    """
    corpus, tweets_of = load_run_splits(
        config.data, split=config.split, files=split_files(config), **reading_options(config)
    )
    for name in ("train", "dev"):
        if not any(tweet.has_entity for tweet in tweets_of[name]):
            raise ValueError(
                f"{config.data}: {name} has no entity, so there is nothing to learn or to choose by"
            )
    dev_sets = divide_dev(corpus, tweets_of, split=config.split, share=config.threshold_share)
    if config.folds:
        tweets_of["train"] = tweets_of["train"] + tweets_of["dev"]
    hashes = content_hashes(corpus.splits)
    return corpus, Splits(**tweets_of, dev_sets=dev_sets, corpus=corpus.name, hashes=hashes)


def used_tweets(config: RunConfig, dev_sets: DevSets) -> dict[str, str]:
    """What fits the temperature (`tempering`) and proves thresholds (`proving`), in words for the model card."""
    answered = f", answered out of fold by {config.folds} other models" if config.folds else ""
    roughly = ", so the promise is approximate" if config.folds else ""
    chose = (
        ""
        if config.split == "notebook"
        else f" that also chose the {'epochs' if config.folds else 'checkpoint'}"
    )
    return {
        "tempering": f"{len(dev_sets.calibration):,} tweets of {dev_sets.source}{chose}{answered}",
        "proving": f"{len(dev_sets.held_out):,} tweets of {dev_sets.source} that nothing was chosen by{answered}{roughly}",
    }


def encode_dataset(
    tweets: Sequence[Tweet], encoder: SubwordEncoder, labels: Sequence[str], *, inner: bool = False
) -> tuple[datasets.Dataset, Windows]:
    """Encode annotated tweets for the Trainer.

    Args:
        tweets: Annotated tweets.
        encoder: Of the model's tokenizer.
        labels: The tag of each label.
        inner: Label words' inner subwords too, as `label_inner_subwords` does.

    Returns:
        A `Dataset` with `input_ids` and `labels` (one label at each word's first subword, -100
        elsewhere), a row a window, longest first (`longest_first`); and the windows in the order of
        the tweets.
    """
    label_of = {tag: label for label, tag in enumerate(labels)}
    windows = encoder.encode([tweet.words for tweet in tweets])
    aligned = align_labels(windows, [[label_of[tag] for tag in tweet.gold] for tweet in tweets])
    if inner:
        aligned = label_inner_subwords(windows, aligned, len(encoder.after))
    bounds, order = pa.array(windows.bounds, pa.int32()), longest_first(windows)
    columns = {"input_ids": windows.input_ids, "labels": aligned}
    rows = {
        name: pa.ListArray.from_arrays(bounds, pa.array(column)).take(order)
        for name, column in columns.items()
    }
    return datasets.Dataset.from_dict(rows), windows


def longest_first(windows: Windows) -> list[int]:
    """The order of a dataset's rows: the indices of the windows, those of the longest first."""
    order: list[int] = np.argsort(-np.diff(windows.bounds), kind="stable").tolist()
    return order
