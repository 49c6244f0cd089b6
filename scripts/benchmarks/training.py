"""Measure fine-tuning.

Our recipe is compared with the plain Trainer on the same tweets, as the same subwords, in as many
steps.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import datasets
import torch
from transformers import (
    DistilBertConfig,
    DistilBertForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    set_seed,
)
from transformers.trainer_pt_utils import get_length_grouped_indices

from benchmarks.alignment import (
    new_encoder,
    our_dataset,
    plain_dataset,
    require_same_rows,
    to_dataset,
)
from benchmarks.timing import Benchmark, Variant, require_same
from benchmarks.trainers import our_trainer, plain_trainer
from tweetner.corpus import Tweet, load_corpus
from tweetner.tags import tags_of
from tweetner.training import RunConfig
from tweetner.training.finetuning import build, subword_loss

N_TWEETS = 320
"""Enough tweets that shuffled batches have as much padding as in an epoch of WNUT-16."""

PADDED_TO = 128
SEED = 42
IN_ORDER = "sequential"


@dataclass(frozen=True)
class Task:
    """The tweets to train on, encoded for each recipe.

    Attributes:
        config: Config of our recipe.
        tokenizer: Tokenizer of all recipes.
        padded: Dataset whose rows are padded to `PADDED_TO` subwords.
        plain: Dataset whose rows have their own lengths.
        ours: The dataset `plain` with labels for inner subwords too.
        n_subwords: Number of subwords in all rows, without padding.
    """

    config: RunConfig
    tokenizer: PreTrainedTokenizerFast
    padded: datasets.Dataset
    plain: datasets.Dataset
    ours: datasets.Dataset
    n_subwords: int


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare with both ways of padding, for the bundled encoder and DistilBERT's usual size."""
    datasets.disable_progress_bars()
    corpus = load_corpus(data)
    labels = tags_of(corpus.types)
    # no casing: its embeddings would nearly triple the weights that the plain recipe trains
    config = RunConfig(
        types=corpus.types, casing=False, freeze_embeddings=False, precision="fp32", epochs=1
    )
    bundled, tokenizer = build(config, labels, [])
    task = task_of(config, tokenizer, corpus.splits["train"], n_tweets or N_TWEETS)
    shape = DistilBertConfig(vocab_size=len(tokenizer), id2label=bundled.config.id2label)
    return [
        *benchmarks_of(task, "bundled encoder", bundled, rounds=3),
        *benchmarks_of(
            task, "DistilBERT's shape", DistilBertForTokenClassification(shape), rounds=3
        ),
    ]


def benchmarks_of(task: Task, name: str, model: PreTrainedModel, *, rounds: int) -> list[Benchmark]:
    """Compare our recipe with fixed padding, and in single steps with dynamic padding."""

    def fresh() -> PreTrainedModel:
        return untrained(model)

    def frozen() -> PreTrainedModel:
        return untrained(model, frozen=True)

    def plain(dataset: datasets.Dataset, **arguments: Any) -> Callable[[PreTrainedModel], object]:
        batch_size = task.config.batch_size
        return lambda new: plain_trainer(
            new, task.tokenizer, dataset, batch_size=batch_size, **arguments
        ).train()

    def ours(new: PreTrainedModel) -> object:
        loss = subword_loss(task.config.inner_weight)
        trainer = our_trainer(
            task.config,
            SEED,
            new,
            task.tokenizer,
            task.ours,
            loss,
            train_sampling_strategy=IN_ORDER,
        )
        return trainer.train()

    size = f"{name}, {round(model.num_parameters() / 1e6)}M"
    work = (task.n_subwords, "subwords")
    return [
        Benchmark(
            f"fine-tuning, {size}, beside padding to {PADDED_TO}",
            [
                Variant(f"plain: Trainer, padded to {PADDED_TO}", plain(task.padded), fresh),
                Variant("ours", ours, frozen, target=3),
            ],
            rounds,
            work=work,
        ),
        Benchmark(
            f"fine-tuning, {size}, beside dynamic padding",
            [
                Variant("plain: Trainer, dynamic padding", plain(task.plain), fresh),
                Variant("  with AdamW not fused", plain(task.plain, optim="adamw_torch"), fresh),
                Variant(
                    "  with batches grouped by length",
                    plain(task.plain, train_sampling_strategy=IN_ORDER),
                    fresh,
                ),
                Variant(
                    "  and frozen embeddings",
                    plain(task.plain, train_sampling_strategy=IN_ORDER),
                    frozen,
                ),
                Variant("ours", ours, frozen, target=1.4),
            ],
            rounds,
            work=work,
            note="fused AdamW is the Trainer's default",
        ),
    ]


def task_of(
    config: RunConfig, tokenizer: PreTrainedTokenizerFast, tweets: Sequence[Tweet], n_tweets: int
) -> Task:
    """Encode about `n_tweets` of the train tweets.

    Raises:
        ValueError: The two encodings differ, or a tweet is longer than `PADDED_TO`.
    """
    own = deepcopy(tokenizer)
    whole = plain_dataset(to_dataset(tweets, config.types), own)
    chosen = grouped([len(ids) for ids in whole["input_ids"]], config.batch_size, n_tweets)
    tweets = [tweets[i] for i in chosen]
    raw = to_dataset(tweets, config.types)
    padded = plain_dataset(raw, own, padding="max_length", max_length=PADDED_TO)
    plain = plain_dataset(raw, own)
    labels = tags_of(config.types)
    require_same_rows(plain, our_dataset(tweets, new_encoder(tokenizer), labels))
    n_subwords = sum(len(ids) for ids in plain["input_ids"])
    require_same(
        f"counts of {n_subwords:,} subwords", n_subwords == sum(map(sum, padded["attention_mask"]))
    )
    ours = our_dataset(tweets, new_encoder(tokenizer), labels, inner=True)
    return Task(config, tokenizer, padded, plain, ours, n_subwords)


def grouped(lengths: Sequence[int], batch_size: int, n_tweets: int) -> list[int]:
    """Return the indices of the tweets in some batches of an epoch grouped by length.

    The batches are chosen from the whole epoch, because so few tweets grouped among themselves
    would need more padding than in the epoch.
    """
    order = get_length_grouped_indices(
        lengths, batch_size, generator=torch.Generator().manual_seed(SEED)
    )
    batches = [order[i : i + batch_size] for i in range(0, len(order) - batch_size + 1, batch_size)]
    batches.sort(key=lambda batch: sum(lengths[i] for i in batch))
    n = min(max(1, n_tweets // batch_size), len(batches))
    # the middle batch of each of n parts, from the shortest tweets to the longest
    middles = [(2 * part + 1) * len(batches) // (2 * n) for part in range(n)]
    return [i for middle in middles for i in batches[middle]]


def untrained(model: PreTrainedModel, *, frozen: bool = False) -> PreTrainedModel:
    """Return a copy of a model, and seed the random numbers anew."""
    set_seed(SEED)
    model = deepcopy(model)
    model.get_input_embeddings().requires_grad_(not frozen)
    return model
