"""Run config → data, tokenizer, model, `Trainer` → a finished, published model."""

from tweetner.training.build import build
from tweetner.training.config import RunConfig, option, parse_config
from tweetner.training.data import Splits, encode_dataset, load_splits, longest_first
from tweetner.training.fit import head_optimizer, training_arguments
from tweetner.training.loss import subword_loss
from tweetner.training.publishing import publish_best
from tweetner.training.run import SeedResult, decoders_of, dev_name, summarize, train_seed
from tweetner.training.trainer import TweetTrainer

__all__ = [
    "RunConfig",
    "SeedResult",
    "Splits",
    "TweetTrainer",
    "build",
    "decoders_of",
    "dev_name",
    "encode_dataset",
    "head_optimizer",
    "load_splits",
    "longest_first",
    "option",
    "parse_config",
    "publish_best",
    "subword_loss",
    "summarize",
    "train_seed",
    "training_arguments",
]
