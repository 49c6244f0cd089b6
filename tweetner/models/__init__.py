"""The PyTorch taggers. The two modules here are copied into every saved folder, so they import nothing of ours.

The names are resolved when asked for: a config needs no model code (see `tweetner.registration`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tweetner.models.configuration_tweetner import TweetTaggerConfig
    from tweetner.models.modeling_tweetner import TweetTaggerForTokenClassification

__all__ = ["TweetTaggerConfig", "TweetTaggerForTokenClassification"]


def __getattr__(name: str) -> Any:
    if name == "TweetTaggerConfig":
        from tweetner.models.configuration_tweetner import TweetTaggerConfig

        return TweetTaggerConfig
    if name == "TweetTaggerForTokenClassification":
        from tweetner.models.modeling_tweetner import TweetTaggerForTokenClassification

        return TweetTaggerForTokenClassification
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
