"""Load the tweets of a run and encode them as the `datasets.Dataset` that the Trainer reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import datasets
import numpy as np
import pyarrow as pa

from tweetner.corpus import (
    Corpus,
    Corrections,
    DevSets,
    Tweet,
    content_hash,
    content_hashes,
    divide_dev,
    load_run_splits,
    merge_corrections,
    reading_options,
    split_files,
)
from tweetner.tokenization import SubwordEncoder, Windows, align_labels, is_shortened
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.loss import label_inner_subwords

KEEP_TEXT_SHARE = 0.01
"""`normalize: auto` leaves text as it is from this share of entities with @names or URLs on."""


@dataclass(frozen=True)
class Splits:
    """The tweets of a run.

    Attributes:
        train: Tweets to train on; with folds, those of dev too.
        dev: Tweets whose scores are reported as dev.
        test: Tweets whose scores are reported as test.
        dev_sets: The sets that dev is divided into.
        corpus: Name of the corpus.
        hashes: Content hash of each of the corpus's own splits.
        corrections: What reviewers' decisions added to `train`.
    """

    train: list[Tweet]
    dev: list[Tweet]
    test: list[Tweet]
    dev_sets: DevSets
    corpus: str
    hashes: Mapping[str, str]
    corrections: Corrections | None = None

    @property
    def run_hashes(self) -> Mapping[str, str]:
        """The content hashes that decide whether a run can be resumed."""
        if self.corrections is None:
            return self.hashes
        return {**self.hashes, "corrections": content_hash(self.corrections.tweets)}


def load_splits(
    config: RunConfig, corrections: Iterable[Mapping[str, Any]] | None = None
) -> tuple[Corpus, Splits]:
    """Load the corpus of a run and the splits that it uses.

    With `split: notebook`, `dev` is the notebook's validation fifth of train.

    Args:
        config: The run's config.
        corrections: Decision records to train on as well.

    Raises:
        ValueError: A split is missing or empty, train or dev has no entity, or a correction is a
            tweet of dev or test.
    """
    corpus, splits = load_run_splits(
        config.data, split=config.split, files=split_files(config), **reading_options(config)
    )
    for name in ("train", "dev"):
        if not any(tweet.has_entity for tweet in splits[name]):
            raise ValueError(f"{config.data}: expected entities in {name}, found none")
    dev_sets = divide_dev(corpus, splits, split=config.split, share=config.threshold_share)
    if config.folds:
        splits["train"] = splits["train"] + splits["dev"]
    merged = None
    if corrections is not None:
        merged = merge_corrections(corrections, corpus, splits["train"])
        splits["train"] = splits["train"] + merged.tweets
    hashes = content_hashes(corpus.splits)
    return corpus, Splits(
        **splits, dev_sets=dev_sets, corpus=corpus.name, hashes=hashes, corrections=merged
    )


def count_shortened(tweets: Sequence[Tweet]) -> tuple[int, int]:
    """Count the entities that hold an @name or a URL, and all entities."""
    shortened = []
    for tweet in tweets:
        for entity in tweet.entities:
            words = tweet.words[entity.start : entity.end]
            shortened.append(any(is_shortened(word) for word in words))
    return sum(shortened), len(shortened)


def with_normalize(config: RunConfig, splits: Splits) -> RunConfig:
    """Replace `normalize: auto` by what the entities of train ask for.

    With shortened @names and URLs, the stock pipeline cannot give entities that hold them whole.
    """
    if config.normalize != "auto":
        return config
    n_shortened, n_entities = count_shortened(splits.train)
    keeps_text = n_shortened >= KEEP_TEXT_SHARE * n_entities
    return replace(config, normalize="false" if keeps_text else "true")


def encode_dataset(
    tweets: Sequence[Tweet], encoder: SubwordEncoder, labels: Sequence[str], *, inner: bool = False
) -> tuple[datasets.Dataset, Windows]:
    """Encode annotated tweets for the Trainer.

    Args:
        tweets: Annotated tweets.
        encoder: The encoder of the model's tokenizer.
        labels: The tag of each label.
        inner: Also label inner subwords, as `label_inner_subwords` does.

    Returns:
        A `Dataset` with one row per window, longest first (see `longest_first`), and the windows in
        the order of the tweets. Its columns are `input_ids` and `labels`: one label at the first
        subword of each word, -100 elsewhere.
    """
    label_of = {tag: label for label, tag in enumerate(labels)}
    word_labels = []
    for tweet in tweets:
        word_labels.append([label_of[tag] for tag in tweet.gold])
    return encode_labelled([tweet.words for tweet in tweets], word_labels, encoder, inner=inner)


def encode_labelled(
    tweets: Sequence[Sequence[str]],
    word_labels: Sequence[Sequence[int]],
    encoder: SubwordEncoder,
    *,
    inner: bool = False,
) -> tuple[datasets.Dataset, Windows]:
    """Encode the words of tweets and the label of each; the rest is as in `encode_dataset`."""
    windows = encoder.encode(tweets)
    aligned = align_labels(windows, word_labels)
    if inner:
        aligned = label_inner_subwords(windows, aligned, len(encoder.after))

    bounds = pa.array(windows.bounds, pa.int32())
    order = longest_first(windows)
    columns = {}
    for name, values in {"input_ids": windows.input_ids, "labels": aligned}.items():
        columns[name] = pa.ListArray.from_arrays(bounds, pa.array(values)).take(order)
    return datasets.Dataset.from_dict(columns), windows


def longest_first(windows: Windows) -> list[int]:
    """Return the order of a dataset's rows: window indices by falling length."""
    lengths = np.diff(windows.bounds)
    order: list[int] = np.argsort(-lengths, kind="stable").tolist()
    return order
