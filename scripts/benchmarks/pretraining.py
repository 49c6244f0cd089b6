"""Adapt an encoder to tweets: our recipe beside a plain Trainer with the library's collator.

The plain way is that of the library's example for masked language modelling, line by line: tweets
in random order, dynamic padding, single subwords masked, all positions scored. Both see every tweet
once, as the same subwords, in about as many steps.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import torch
from transformers import (
    DataCollatorForLanguageModeling,
    DistilBertForMaskedLM,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from benchmarks.random_models import scratch
from benchmarks.timing import Benchmark, Variant, spaced
from benchmarks.trainers import ONLY_TRAIN
from tweetner.corpus import Tweet, load_corpus
from tweetner.models import extend_embeddings
from tweetner.tokenization import SubwordEncoder
from tweetner.training import PretrainConfig
from tweetner.training.encoder import TweetEncoder, load_tweet_encoder
from tweetner.training.pretraining import (
    EncodedTweets,
    MaskedBatches,
    MaskedLanguageModel,
    PretrainTrainer,
    WholeWordMasking,
    training_arguments,
)

N_TWEETS = 512
BATCH_TWEETS = 64
"""Tweets of a step of the plain way; ours has as many subwords on average."""


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare the recipes with the encoder's own vocabulary and with cased copies of it."""
    datasets.disable_progress_bars()
    tweets = spaced(load_corpus(data).splits["train"], n_tweets or N_TWEETS)
    return [benchmark_of(tweets, casing=casing) for casing in (False, True)]


def benchmark_of(tweets: list[Tweet], *, casing: bool) -> Benchmark:
    """Compare the recipes on the bundled encoder."""
    config = PretrainConfig(casing=casing, epochs=1, precision="fp32")
    encoded = encode(load_tweet_encoder(config), tweets)
    n_subwords = int(encoded.bounds[-1])
    budget = max(config.max_subwords, BATCH_TWEETS * n_subwords // len(encoded.lengths))
    config = replace(config, batch_subwords=budget)

    def fresh() -> TweetEncoder:
        return load_tweet_encoder(config)

    vocabulary = "cased copies" if casing else "its own vocabulary"
    return Benchmark(
        f"adapting the bundled encoder, {vocabulary}",
        [
            Variant("plain: Trainer, dynamic padding", plain_recipe(encoded), fresh),
            Variant("ours", our_recipe(config, encoded), fresh, target=2),
        ],
        rounds=3,
        work=(n_subwords, "subwords"),
    )


def encode(loaded: TweetEncoder, tweets: list[Tweet]) -> EncodedTweets:
    """Encode words as both recipes read them."""
    tokenizer = loaded.tokenizer
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)
    windows = encoder.encode([tweet.words for tweet in tweets])
    return EncodedTweets(windows.input_ids.astype(np.uint32), windows.bounds)


def plain_recipe(encoded: EncodedTweets) -> Callable[[TweetEncoder], object]:
    """Return the training of a `DistilBertForMaskedLM` as in the library's example."""
    rows = np.split(encoded.ids.astype(np.int64), encoded.bounds[1:-1])
    dataset = datasets.Dataset.from_dict({"input_ids": rows})

    def run(new: TweetEncoder) -> object:
        if new.cased is not None:
            extend_embeddings(new.model, new.cased)
        model = DistilBertForMaskedLM(new.model.config)
        model.distilbert.load_state_dict(new.model.state_dict())
        trainer = Trainer(
            model,
            TrainingArguments(
                output_dir=scratch().name,
                num_train_epochs=1,
                per_device_train_batch_size=BATCH_TWEETS,
                **ONLY_TRAIN,
            ),
            train_dataset=dataset,
            data_collator=DataCollatorForLanguageModeling(new.tokenizer, mlm_probability=0.2),
        )
        trainer.remove_callback(PrinterCallback)
        return trainer.train()

    return run


def our_recipe(config: PretrainConfig, encoded: EncodedTweets) -> Callable[[TweetEncoder], object]:
    """Return the training of `scripts/pretrain.py`, without checkpoints and held-out losses."""

    def run(new: TweetEncoder) -> object:
        masking = WholeWordMasking(new.tokenizer, config.mask_share)
        batches = MaskedBatches(
            encoded, masking, new.cased, budget=config.batch_subwords, seed=config.seed
        )
        torch.manual_seed(config.seed)
        trainer = PretrainTrainer(
            clock=None,
            warmup=config.warmup,
            model=MaskedLanguageModel(new.model, new.cased, config.case_weight),
            args=replace(training_arguments(config, Path(scratch().name)), **ONLY_TRAIN),
            train_dataset=batches,
        )
        return trainer.train()

    return run
