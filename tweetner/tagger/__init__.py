"""`load` a published model as a `Tagger`, which finds tags and entities, with scores, in tweets."""

from tweetner.tagger.backends import Backend, Emitted, NeuralBackend, join_windows
from tweetner.tagger.batches import Batch
from tweetner.tagger.features import FeatureColumns, Tweets, fit_vocabulary
from tweetner.tagger.linear import MajorityTagger, SgdTagger
from tweetner.tagger.loading import Engine, load
from tweetner.tagger.occlusion import Occlusion, occlude
from tweetner.tagger.onnx import INPUTS, OUTPUT, OnnxModel
from tweetner.tagger.pytorch import TorchNetwork, word_emissions
from tweetner.tagger.tagger import (
    FoundEntity,
    Offsets,
    TaggedTweet,
    Tagger,
    chain_of,
    entity_score,
    joined_offsets,
)

__all__ = [
    "INPUTS",
    "OUTPUT",
    "Backend",
    "Batch",
    "Emitted",
    "Engine",
    "FeatureColumns",
    "FoundEntity",
    "MajorityTagger",
    "NeuralBackend",
    "Occlusion",
    "Offsets",
    "OnnxModel",
    "SgdTagger",
    "TaggedTweet",
    "Tagger",
    "TorchNetwork",
    "Tweets",
    "chain_of",
    "entity_score",
    "fit_vocabulary",
    "join_windows",
    "joined_offsets",
    "load",
    "occlude",
    "word_emissions",
]
