"""Adapt a pretrained encoder to unlabelled tweets: masked language modelling of whole words."""

from tweetner.training.pretraining.batches import MaskedBatches
from tweetner.training.pretraining.masking import WholeWordMasking
from tweetner.training.pretraining.model import MaskedLanguageModel
from tweetner.training.pretraining.run import AdaptedEncoder, pretrain, training_arguments
from tweetner.training.pretraining.text import EncodedTweets
from tweetner.training.pretraining.trainer import PretrainTrainer
from tweetner.training.unlabelled import TweetCounts

__all__ = [
    "AdaptedEncoder",
    "EncodedTweets",
    "MaskedBatches",
    "MaskedLanguageModel",
    "PretrainTrainer",
    "TweetCounts",
    "WholeWordMasking",
    "pretrain",
    "training_arguments",
]
