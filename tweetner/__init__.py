"""Named entity recognition for tweets, fine-tuned with Hugging Face.

    import tweetner
    tagger = tweetner.load("tweetner/distilbert-wnut16")

    tagger("just landed in New York")

Importing this package is fast, because it loads neither torch nor transformers. Before
`pipeline("token-classification", model=...)` can load a model of our own class, import
`tweetner.models`, which registers the class.
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
