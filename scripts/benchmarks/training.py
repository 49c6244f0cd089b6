"""Fine-tuning beside the plain Trainer: the same tweets as the same subwords, in as many steps."""

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
from benchmarks.races import Race, Variant, require_same
from benchmarks.recipes import our_trainer, plain_trainer
from tweetner.corpus import Tweet, load_corpus
from tweetner.tags import tags_of
from tweetner.training import RunConfig, build, subword_loss

N_TWEETS = 320
"""As many as random batches need to be padded as they are in an epoch of WNUT-16: 1.65 places a subword."""

PADDED_TO = 128
SEED = 42
IN_ORDER = "sequential"


@dataclass(frozen=True)
class Task:
    """Tweets to train on, as each recipe reads them.

    Attributes:
        padded: Every row `PADDED_TO` subwords long.
        plain: Every row of its own length.
        ours: The same, with the labels of inner subwords.
        n_subwords: In all rows together, padding not counted.
    """

    config: RunConfig
    tokenizer: PreTrainedTokenizerFast
    padded: datasets.Dataset
    plain: datasets.Dataset
    ours: datasets.Dataset
    n_subwords: int


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """The bundled encoder and DistilBERT's own size, each beside both ways of padding."""
    datasets.disable_progress_bars()
    corpus = load_corpus(data)
    labels = tags_of(corpus.types)
    # the encoder's own vocabulary: with capitals the plain recipe would have nearly three times the embeddings to train
    config = RunConfig(
        types=corpus.types, casing=False, freeze_embeddings=False, precision="fp32", epochs=1
    )
    bundled, tokenizer = build(config, labels, [])
    task = task_of(config, tokenizer, corpus.splits["train"], n_tweets or N_TWEETS)
    shape = DistilBertConfig(vocab_size=len(tokenizer), id2label=bundled.config.id2label)
    return [
        *races_of(task, "bundled encoder", bundled, rounds=3),
        *races_of(task, "DistilBERT's shape", DistilBertForTokenClassification(shape), rounds=3),
    ]


def races_of(task: Task, name: str, model: PreTrainedModel, *, rounds: int) -> list[Race]:
    """Our recipe beside the plain one padded to a fixed length, and step by step beside the one padded dynamically."""

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
        Race(
            f"fine-tuning, {size}, beside padding to {PADDED_TO}",
            [
                Variant(f"plain: Trainer, padded to {PADDED_TO}", plain(task.padded), fresh),
                Variant("ours", ours, frozen, at_least=3),
            ],
            rounds,
            work=work,
        ),
        Race(
            f"fine-tuning, {size}, beside dynamic padding",
            [
                Variant("plain: Trainer, dynamic padding", plain(task.plain), fresh),
                Variant("  with AdamW not fused", plain(task.plain, optim="adamw_torch"), fresh),
                Variant(
                    "  with batches of like length",
                    plain(task.plain, train_sampling_strategy=IN_ORDER),
                    fresh,
                ),
                Variant(
                    "  and frozen embeddings",
                    plain(task.plain, train_sampling_strategy=IN_ORDER),
                    frozen,
                ),
                Variant("ours", ours, frozen, at_least=1.4),
            ],
            rounds,
            work=work,
            note="fused AdamW is the Trainer's default",
        ),
    ]


def task_of(
    config: RunConfig, tokenizer: PreTrainedTokenizerFast, tweets: Sequence[Tweet], n_tweets: int
) -> Task:
    """Prepare about `n_tweets` of the train tweets.

    Raises:
        ValueError: Both ways of tokenizing do not give the same, or a tweet is longer than `PADDED_TO`.
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
    """Indices of the tweets in some of the batches that grouping by length makes of an epoch, batch after batch.

    So few tweets, grouped among themselves, would be padded more than they are in the epoch.
    """
    order = get_length_grouped_indices(
        lengths, batch_size, generator=torch.Generator().manual_seed(SEED)
    )
    batches = [order[i : i + batch_size] for i in range(0, len(order) - batch_size + 1, batch_size)]
    batches.sort(key=lambda batch: sum(lengths[i] for i in batch))
    n = min(max(1, n_tweets // batch_size), len(batches))
    middles = [
        (2 * part + 1) * len(batches) // (2 * n) for part in range(n)
    ]  # of the short, the less short, ...
    return [i for middle in middles for i in batches[middle]]


def untrained(model: PreTrainedModel, *, frozen: bool = False) -> PreTrainedModel:
    """A copy of a model, and the same random numbers for each."""
    set_seed(SEED)
    model = deepcopy(model)
    model.get_input_embeddings().requires_grad_(not frozen)
    return model
