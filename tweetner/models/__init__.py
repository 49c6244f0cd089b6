"""The taggers in PyTorch, and the pretrained encoders that they are built on.

Importing this package registers our model class with the Auto classes of `transformers`, so that
`pipeline("token-classification", model=...)` loads folders of that class:

    import tweetner.models
    from transformers import pipeline

The two modules `configuration_tweetner` and `modeling_tweetner` are copied into every saved folder,
so they import nothing of ours.
"""

from transformers import AutoConfig, AutoModelForTokenClassification

from tweetner.models.configuration_tweetner import TweetTaggerConfig
from tweetner.models.encoders import (
    BUNDLED,
    bundled_folder,
    case_vectors,
    extend_embeddings,
    load_bundled,
    load_encoder,
)
from tweetner.models.loading import load_classifier
from tweetner.models.modeling_tweetner import TweetTaggerForTokenClassification

__all__ = [
    "BUNDLED",
    "TweetTaggerConfig",
    "TweetTaggerForTokenClassification",
    "bundled_folder",
    "case_vectors",
    "extend_embeddings",
    "load_bundled",
    "load_classifier",
    "load_encoder",
]

AutoConfig.register(TweetTaggerConfig.model_type, TweetTaggerConfig, exist_ok=True)
AutoModelForTokenClassification.register(
    TweetTaggerConfig, TweetTaggerForTokenClassification, exist_ok=True
)

# Saved folders contain the code of these classes, for users without this package.
TweetTaggerConfig.register_for_auto_class()
TweetTaggerForTokenClassification.register_for_auto_class("AutoModelForTokenClassification")
