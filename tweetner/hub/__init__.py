"""The local hub: published models, in the layout of a Hugging Face cache.

    outputs/hub/models--tweetner--NAME/blobs/<sha256>             the files, once each
                                       snapshots/<revision>/...   one complete version, relative links into blobs
                                       refs/{main,v1,v2,...}      which revision a name means
    outputs/models/NAME                                           link to the snapshot of main

So `pipeline("token-classification", model="tweetner/NAME", revision="v1")` works with `HF_HUB_CACHE=outputs/hub` and
`HF_HUB_OFFLINE=1`, and the path `outputs/models/NAME` works everywhere. A revision is a hash of a version's files. A
version appears whole or not at all, so reading takes no lock.
"""

from tweetner.hub.card import (
    CardFacts,
    calibration_note,
    card_scores,
    command,
    data_note,
    model_card,
)
from tweetner.hub.contents import revision_of
from tweetner.hub.folder import GRAPHS, Family, ModelFolder, update_metrics, write_origin
from tweetner.hub.layout import full_name, hub_root
from tweetner.hub.metrics import (
    DECODERS,
    Decoder,
    DecoderScores,
    Metrics,
    Parity,
    Scores,
    Threshold,
)
from tweetner.hub.reading import ModelSummary, list_models, open_model, resolve, verify
from tweetner.hub.remote import push_to_hub
from tweetner.hub.writing import Published, check_target, publish, rollback

__all__ = [
    "DECODERS",
    "GRAPHS",
    "CardFacts",
    "Decoder",
    "DecoderScores",
    "Family",
    "Metrics",
    "ModelFolder",
    "ModelSummary",
    "Parity",
    "Published",
    "Scores",
    "Threshold",
    "calibration_note",
    "card_scores",
    "check_target",
    "command",
    "data_note",
    "full_name",
    "hub_root",
    "list_models",
    "model_card",
    "open_model",
    "publish",
    "push_to_hub",
    "resolve",
    "revision_of",
    "rollback",
    "update_metrics",
    "verify",
    "write_origin",
]
