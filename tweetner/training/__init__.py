"""Run config → data, tokenizer, model, `Trainer` → a finished, published model."""

from tweetner.training.data import Splits, encode_dataset, load_splits
from tweetner.training.publishing import publish_best
from tweetner.training.run import SeedResult, decoders_of, dev_name, summarize, train_seed

__all__ = [
    "SeedResult",
    "Splits",
    "decoders_of",
    "dev_name",
    "encode_dataset",
    "load_splits",
    "publish_best",
    "summarize",
    "train_seed",
]
