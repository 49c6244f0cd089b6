"""Adapt a pretrained encoder to unlabelled tweets: masked language modelling of whole words."""

from tweetner.training.pretraining.batches import MaskedBatches
from tweetner.training.pretraining.masking import WholeWordMasking
from tweetner.training.pretraining.model import (
    Adaptable,
    MaskedLanguageModel,
    load_adaptable,
)
from tweetner.training.pretraining.run import AdaptedEncoder, pretrain, training_arguments
from tweetner.training.pretraining.text import EncodedTweets, TweetCounts
from tweetner.training.pretraining.trainer import PretrainTrainer

__all__ = [
    "Adaptable",
    "AdaptedEncoder",
    "EncodedTweets",
    "MaskedBatches",
    "MaskedLanguageModel",
    "PretrainTrainer",
    "TweetCounts",
    "WholeWordMasking",
    "load_adaptable",
    "pretrain",
    "training_arguments",
]
