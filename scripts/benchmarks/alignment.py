"""Measure the alignment of words and tags with subwords.

Ours is compared with the `Dataset.map` of transformers' token classification example.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import datasets
import numpy as np
from transformers import PreTrainedTokenizerFast

from benchmarks.timing import Benchmark, Variant, require_same, spaced
from tweetner.corpus import Corpus, Tweet, load_corpus, to_dataset_dict
from tweetner.tags import tags_of
from tweetner.tokenization import UNOBSERVED, SubwordEncoder
from tweetner.training import RunConfig
from tweetner.training.finetuning import build, encode_dataset, longest_first


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Encode the train tweets for the Trainer; cold: empty cache, warm: all words in it."""
    datasets.disable_progress_bars()
    corpus = load_corpus(data)
    tweets = spaced(corpus.splits["train"], n_tweets)
    labels = tags_of(corpus.types)
    _, tokenizer = build(RunConfig(types=corpus.types), labels, [])
    raw = to_dataset(tweets, corpus.types)
    warm = new_encoder(tokenizer)
    n_parts = require_same_rows(
        plain_dataset(raw, deepcopy(tokenizer)), our_dataset(tweets, warm, labels)
    )
    return [
        Benchmark(
            "tokenize and align",
            [
                Variant(
                    "plain: Dataset.map",
                    lambda own: plain_dataset(raw, own),
                    lambda: deepcopy(tokenizer),
                ),
                Variant(
                    "ours, cold",
                    lambda cold: encode_dataset(tweets, cold, labels),
                    lambda: new_encoder(tokenizer),
                    target=3,
                ),
                Variant("ours, warm", lambda _: encode_dataset(tweets, warm, labels)),
            ],
            work=(len(tweets), "tweets"),
            note=f"ours also labels {n_parts} inner parts of words that the splitter divides",
        )
    ]


def to_dataset(tweets: Sequence[Tweet], types: tuple[str, ...]) -> datasets.Dataset:
    """Return a dataset with the columns `tokens` and `ner_tags`, one row a tweet."""
    return to_dataset_dict(Corpus("benchmark", types, {"train": list(tweets)}))["train"]


def new_encoder(tokenizer: PreTrainedTokenizerFast) -> SubwordEncoder:
    """Return an encoder with an empty cache."""
    return SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)


def plain_dataset(
    raw: datasets.Dataset, tokenizer: PreTrainedTokenizerFast, **padding: Any
) -> datasets.Dataset:
    """Encode tweets as the library's example does, with a label for each first subword.

    Args:
        raw: Dataset with the columns `tokens` and `ner_tags`.
        tokenizer: A copy, because the call changes its padding and truncation.
        padding: Padding arguments of the tokenizer; without them the collator pads.
    """

    def tokenize_and_align(batch: dict[str, Any]) -> Any:
        encoded = tokenizer(batch["tokens"], truncation=True, is_split_into_words=True, **padding)
        encoded["labels"] = [
            first_subword_labels(encoded.word_ids(i), labels)
            for i, labels in enumerate(batch["ner_tags"])
        ]
        return encoded

    return raw.map(tokenize_and_align, batched=True, remove_columns=raw.column_names)


def first_subword_labels(word_ids: Sequence[int | None], labels: Sequence[int]) -> list[int]:
    """Return the label of each word at its first subword, and `UNOBSERVED` elsewhere.

    >>> first_subword_labels([None, 0, 1, 1, None], [0, 7])
    [-100, 0, 7, -100, -100]
    """
    aligned = []
    previous = None
    for word in word_ids:
        aligned.append(UNOBSERVED if word is None or word == previous else labels[word])
        previous = word
    return aligned


def our_dataset(
    tweets: Sequence[Tweet], encoder: SubwordEncoder, labels: Sequence[str], *, inner: bool = False
) -> datasets.Dataset:
    """Encode tweets with `encode_dataset`, but in their own order instead of by length."""
    dataset, windows = encode_dataset(tweets, encoder, labels, inner=inner)
    return dataset.select(np.argsort(longest_first(windows)))


def require_same_rows(plain: datasets.Dataset, ours: datasets.Dataset) -> int:
    """Check that both have the same ids, and the same label at the first subword of every word.

    Returns:
        Number of other subwords that ours labels, because the splitter divides a word there.

    Raises:
        ValueError: Ids or labels differ.
    """
    require_same(f"ids of {len(plain):,} tweets", plain["input_ids"][:] == ours["input_ids"][:])
    theirs, mine = (np.concatenate(dataset["labels"][:]) for dataset in (plain, ours))
    words = theirs != UNOBSERVED
    require_same(f"labels of {words.sum():,} words", np.array_equal(theirs[words], mine[words]))
    return int((mine[~words] != UNOBSERVED).sum())
