"""A published model → a `Tagger`: words or raw tweets in, tags or entities with scores out."""

from tweetner.inference.backends import Backend, Emitted, TorchBackend, join_windows
from tweetner.inference.loading import load
from tweetner.inference.tagger import TaggedTweet, Tagger, chain_of

__all__ = ["Backend", "Emitted", "TaggedTweet", "Tagger", "TorchBackend", "chain_of", "join_windows", "load"]
