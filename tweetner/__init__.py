"""Named entity recognition for tweets, fine-tuned with Hugging Face.

    import tweetner
    tagger = tweetner.load("tweetner/distilbert-wnut16")

Importing this package is cheap (no torch, no transformers), and makes `pipeline("token-classification", model=...)`
load our models.
"""

from typing import TYPE_CHECKING, Any

from tweetner.registration import register

if TYPE_CHECKING:
    from tweetner.tagger import Tagger, load

__all__ = ["Tagger", "__version__", "load"]
__version__ = "0.1.0"

register()


def __getattr__(name: str) -> Any:
    if name in ("Tagger", "load"):
        from tweetner import tagger

        return getattr(tagger, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
