"""Named entity recognition for tweets, fine-tuned with Hugging Face.

    import tweetner
    tagger = tweetner.load("tweetner/distilbert-wnut16")

Importing this package is cheap: neither torch nor transformers is loaded. To load our model class with
`pipeline("token-classification", model=...)`, import `tweetner.models` first.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tweetner.tagger import Tagger, load

__all__ = ["Tagger", "__version__", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in ("Tagger", "load"):
        from tweetner import tagger

        return getattr(tagger, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
