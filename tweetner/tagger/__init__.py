"""`load` a published model as a `Tagger`, which finds tags and entities, with scores, in tweets."""

from tweetner.tagger.backends import Backend, Emitted, NeuralBackend, join_windows
from tweetner.tagger.batches import Batch
from tweetner.tagger.features import FeatureColumns, Tweets, fit_vocabulary
from tweetner.tagger.gate import N_BUCKETS, OFFSETS, Gate, buckets_of, padded
from tweetner.tagger.linear import MajorityTagger, SgdTagger
from tweetner.tagger.loading import Engine, load
from tweetner.tagger.occlusion import Occlusion, occlude
from tweetner.tagger.onnx import OF_WORDS, STANDARD, GraphForm, OnnxModel, graph_form
from tweetner.tagger.pytorch import TorchNetwork
from tweetner.tagger.tagger import (
    Answer,
    FoundEntity,
    Offsets,
    TaggedTweet,
    Tagger,
    chain_of,
    entity_score,
)

__all__ = [
    "N_BUCKETS",
    "OFFSETS",
    "OF_WORDS",
    "STANDARD",
    "Answer",
    "Backend",
    "Batch",
    "Emitted",
    "Engine",
    "FeatureColumns",
    "FoundEntity",
    "Gate",
    "GraphForm",
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
    "graph_form",
    "join_windows",
    "load",
    "occlude",
    "padded",
]
