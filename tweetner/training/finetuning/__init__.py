"""Fine-tune a neural tagger: config -> data, model and Trainer -> a calibrated, published model."""

from tweetner.training.finetuning.build import build
from tweetner.training.finetuning.calibrate import trained_backend
from tweetner.training.finetuning.data import (
    Splits,
    count_shortened,
    encode_dataset,
    load_splits,
    longest_first,
    with_normalize,
)
from tweetner.training.finetuning.fit import fit, head_optimizer, training_arguments
from tweetner.training.finetuning.loss import subword_loss
from tweetner.training.finetuning.publishing import publish_best
from tweetner.training.finetuning.run import (
    SeedResult,
    SummaryRow,
    decoders_of,
    dev_name,
    summarize,
    train_seed,
)
from tweetner.training.finetuning.trainer import StopWhenNotFinite, TweetTrainer

__all__ = [
    "SeedResult",
    "Splits",
    "StopWhenNotFinite",
    "SummaryRow",
    "TweetTrainer",
    "build",
    "count_shortened",
    "decoders_of",
    "dev_name",
    "encode_dataset",
    "fit",
    "head_optimizer",
    "load_splits",
    "longest_first",
    "publish_best",
    "subword_loss",
    "summarize",
    "train_seed",
    "trained_backend",
    "training_arguments",
    "with_normalize",
]
