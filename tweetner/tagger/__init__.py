"""A published model → a `Tagger`: words or raw tweets in, tags or entities with scores out."""

from tweetner.tagger.backends import Backend, Emitted, NeuralBackend, join_windows
from tweetner.tagger.batches import Batch
from tweetner.tagger.features import FeatureColumns, Tweets, fit_vocabulary
from tweetner.tagger.linear import MajorityTagger, SgdTagger
from tweetner.tagger.loading import Engine, load
from tweetner.tagger.occlusion import Evidence, occlude
from tweetner.tagger.onnx import INPUTS, OUTPUT, OnnxModel
from tweetner.tagger.pytorch import TorchNetwork, word_emissions
from tweetner.tagger.tagger import (
    FoundEntity,
    Offsets,
    TaggedTweet,
    Tagger,
    chain_of,
    joined_offsets,
)

__all__ = [
    "INPUTS",
    "OUTPUT",
    "Backend",
    "Batch",
    "Emitted",
    "Engine",
    "Evidence",
    "FeatureColumns",
    "FoundEntity",
    "MajorityTagger",
    "NeuralBackend",
    "Offsets",
    "OnnxModel",
    "SgdTagger",
    "TaggedTweet",
    "Tagger",
    "TorchNetwork",
    "Tweets",
    "chain_of",
    "fit_vocabulary",
    "join_windows",
    "joined_offsets",
    "load",
    "occlude",
    "word_emissions",
]
