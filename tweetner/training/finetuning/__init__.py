"""Fine-tune a neural tagger: config -> data, model and Trainer -> a calibrated, published model."""

from tweetner.training.finetuning.build import build
from tweetner.training.finetuning.calibrate import Trained
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
from tweetner.training.finetuning.publishing import publish_best, published_name
from tweetner.training.finetuning.results import (
    SeedResult,
    SummaryRow,
    decoders_of,
    dev_name,
    summarize,
)
from tweetner.training.finetuning.run import (
    combine_seeds,
    remove_checkpoints,
    seeds_to_resume,
    train_seed,
)
from tweetner.training.finetuning.trainer import StopWhenNotFinite, TweetTrainer

__all__ = [
    "SeedResult",
    "Splits",
    "StopWhenNotFinite",
    "SummaryRow",
    "Trained",
    "TweetTrainer",
    "build",
    "combine_seeds",
    "count_shortened",
    "decoders_of",
    "dev_name",
    "encode_dataset",
    "fit",
    "head_optimizer",
    "load_splits",
    "longest_first",
    "publish_best",
    "published_name",
    "remove_checkpoints",
    "seeds_to_resume",
    "subword_loss",
    "summarize",
    "train_seed",
    "training_arguments",
    "with_normalize",
]
