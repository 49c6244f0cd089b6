"""The pretrained encoder of a run, with a tokenizer for tweets."""

from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tweetner import hub as hubs
from tweetner.models import BUNDLED, load_encoder
from tweetner.tokenization import CasedVocabulary, position_limit, tweet_tokenizer, with_case
from tweetner.training.config import PretrainConfig, RunConfig

BUNDLED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass(frozen=True, eq=False)
class TweetEncoder:
    """A pretrained encoder whose tokenizer splits and normalises tweets.

    Attributes:
        model: The encoder, with the embeddings that it was pretrained with.
        tokenizer: Its tokenizer, with the tweet splitter.
        cased: The tokenizer's vocabulary if it has cased copies, for which the encoder has no
            embeddings yet; else None.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    cased: CasedVocabulary | None


def load_tweet_encoder(config: RunConfig | PretrainConfig) -> TweetEncoder:
    """Load the encoder of a run.

    Raises:
        ValueError: The encoder cannot be loaded, or its tokenizer cannot be given the splitter.
    """
    model, pretrained = load_encoder(_located(config.encoder))
    vocabulary = None
    cased = with_case(pretrained) if config.casing else None
    if cased is not None:
        pretrained, vocabulary = cased
    limit = position_limit(model.config.to_dict()) or config.max_subwords
    tokenizer = tweet_tokenizer(
        pretrained,
        normalize=config.normalize not in (False, "false"),
        max_subwords=min(config.max_subwords, limit),
    )
    return TweetEncoder(model, tokenizer, vocabulary)


def _located(encoder: str) -> str:
    """Return the path of a model of the local hub; any other encoder as it is.

    Raises:
        ValueError: The encoder is a folder that is not written as a path, or it has our prefix and
            is not in the hub.
    """
    is_ours = encoder.startswith("tweetner/") or ("/" in encoder and hubs.is_published(encoder))
    if is_ours and not hubs.is_path(encoder):
        return str(hubs.resolve(encoder))
    hubs.check_no_folder(encoder)
    return encoder


def base_model_name(encoder: str) -> str:
    """Return the name of an encoder for a model card: a hub id, or the last name of a path."""
    if encoder == BUNDLED:
        return BUNDLED_MODEL
    return Path(encoder).name if encoder.startswith(("/", ".")) else encoder
