"""`load` a published model as a `Tagger`, which finds tags and entities, with scores, in tweets."""

from tweetner.tagger.backends import Backend, Emitted, NeuralBackend, join_windows
from tweetner.tagger.batches import Batch
from tweetner.tagger.features import FeatureColumns, Tweets, fit_vocabulary
from tweetner.tagger.gate import N_BUCKETS, OFFSETS, Gate, buckets_of, padded
from tweetner.tagger.linear import MajorityTagger, SgdTagger
from tweetner.tagger.loading import Engine, load
from tweetner.tagger.occlusion import Occlusion, occlude
from tweetner.tagger.onnx import INPUTS, OUTPUT, OnnxModel
from tweetner.tagger.pytorch import TorchNetwork, word_emissions
from tweetner.tagger.tagger import (
    Answer,
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
    "N_BUCKETS",
    "OFFSETS",
    "OUTPUT",
    "Answer",
    "Backend",
    "Batch",
    "Emitted",
    "Engine",
    "FeatureColumns",
    "FoundEntity",
    "Gate",
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
    "buckets_of",
    "chain_of",
    "entity_score",
    "fit_vocabulary",
    "join_windows",
    "joined_offsets",
    "load",
    "occlude",
    "padded",
    "word_emissions",
]
