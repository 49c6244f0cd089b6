"""A published model → a `Tagger`: words or raw tweets in, tags or entities with scores out."""

from tweetner.tagger.backends import Backend, Emitted, NeuralBackend, TorchNetwork, join_windows
from tweetner.tagger.loading import load
from tweetner.tagger.tagger import FoundEntity, Offsets, TaggedTweet, Tagger, chain_of, joined_offsets

__all__ = [
    "Backend",
    "Emitted",
    "FoundEntity",
    "NeuralBackend",
    "Offsets",
    "TaggedTweet",
    "Tagger",
    "TorchNetwork",
    "chain_of",
    "join_windows",
    "joined_offsets",
    "load",
]
