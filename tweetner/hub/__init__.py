"""The local hub of published models, in the layout of a Hugging Face cache.

    outputs/hub/models--tweetner--NAME/
        blobs/<sha256>              each file once
        snapshots/<revision>/...    one complete version, as relative links into blobs
        refs/{main,v1,v2,...}       the revision of each name
    outputs/models/NAME             a link to the snapshot of main

So `pipeline("token-classification", model="tweetner/NAME", revision="v1")` works with
`HF_HUB_CACHE=outputs/hub` and `HF_HUB_OFFLINE=1`, and the path `outputs/models/NAME` works
everywhere. A revision is a hash of a version's files. A version appears whole or not at all, so
reading needs no lock.
"""

from tweetner.hub.card import CardFacts, card_facts, command, model_card, with_section
from tweetner.hub.contents import revision_of
from tweetner.hub.folder import GRAPHS, Family, ModelFolder, update_metrics, write_origin
from tweetner.hub.layout import full_name, hub_root
from tweetner.hub.metrics import (
    DECODERS,
    Decoder,
    DecoderScores,
    GateProof,
    Metrics,
    Parity,
    Scores,
    Threshold,
)
from tweetner.hub.reading import (
    ModelSummary,
    check_no_folder,
    copy_model,
    is_path,
    is_published,
    list_models,
    open_model,
    resolve,
    verify,
)
from tweetner.hub.remote import check_push, push_to_hub
from tweetner.hub.writing import Published, check_target, publish, rollback

__all__ = [
    "DECODERS",
    "GRAPHS",
    "CardFacts",
    "Decoder",
    "DecoderScores",
    "Family",
    "GateProof",
    "Metrics",
    "ModelFolder",
    "ModelSummary",
    "Parity",
    "Published",
    "Scores",
    "Threshold",
    "card_facts",
    "check_no_folder",
    "check_push",
    "check_target",
    "command",
    "copy_model",
    "full_name",
    "hub_root",
    "is_path",
    "is_published",
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
    "with_section",
    "write_origin",
]
