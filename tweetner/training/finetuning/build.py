"""Build the untrained model of a run and its tokenizer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import (
    MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING,
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
)

from tweetner import hub as hubs
from tweetner.models import (
    TweetTaggerConfig,
    TweetTaggerForTokenClassification,
    extend_embeddings,
    load_classifier,
)
from tweetner.tokenization import word_start_mask, word_tokenizer
from tweetner.training.config import RunConfig
from tweetner.training.encoder import load_tweet_encoder

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Built = tuple[PreTrainedModel, "PreTrainedTokenizerFast"]


def build(config: RunConfig, labels: Sequence[str], train_words: Sequence[Sequence[str]]) -> Built:
    """Build the untrained model of a run and its tokenizer.

    Args:
        config: The run's config.
        labels: The tag of each label.
        train_words: The words of each train tweet, from which a word-level model takes its
            vocabulary.

    Raises:
        ValueError: The encoder or the model to start from cannot be loaded or does not fit the
            config.
    """
    if config.start:
        return _load_start(config, labels)
    names = {
        "id2label": dict(enumerate(labels)),
        "label2id": {tag: label for label, tag in enumerate(labels)},
    }
    if config.model == "bilstm":
        return _build_bilstm(config, names, train_words)
    loaded = load_tweet_encoder(config)
    encoder, tokenizer = loaded.model, loaded.tokenizer
    if loaded.cased is not None:
        extend_embeddings(encoder, loaded.cased)
    if config.model == "distilbert" and config.decoder != "crf":
        model = _build_native(encoder, names)
        if isinstance(getattr(model, "dropout", None), nn.Dropout):
            model.dropout.p = config.dropout
    else:
        lstm_size = config.lstm_size if config.model == "distilbert-bilstm" else 0
        model = TweetTaggerForTokenClassification.from_encoder(
            encoder, lstm_size=lstm_size, dropout=config.dropout, decoder=config.decoder, **names
        )
        set_word_starts(model, tokenizer)
    _freeze_embeddings(model, config)
    return model, tokenizer


def _build_bilstm(
    config: RunConfig, names: dict[str, Any], train_words: Sequence[Sequence[str]]
) -> Built:
    tokenizer = word_tokenizer(
        train_words, min_count=config.min_count, max_subwords=config.max_subwords
    )
    model_config = TweetTaggerConfig(
        vocab_size=len(tokenizer),
        embedding_size=config.embedding_size,
        lstm_size=config.lstm_size,
        dropout=config.dropout,
        decoder=config.decoder,
        pad_token_id=tokenizer.pad_token_id,
        **names,
    )
    model = TweetTaggerForTokenClassification(model_config)
    set_word_starts(model, tokenizer)
    return model, tokenizer


def _build_native(encoder: PreTrainedModel, names: dict[str, Any]) -> Any:
    """Put the encoder's weights into its own class for token classification.

    Raises:
        ValueError: Its type has no such class, or one whose last layer is not `classifier`.
    """
    model: Any = None
    if type(encoder.config) in MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING:
        values = encoder.config.to_dict() | {"architectures": None} | names
        model = AutoModelForTokenClassification.from_config(AutoConfig.for_model(**values))
    if not hasattr(model, "classifier"):
        raise ValueError(
            f"encoder of type {encoder.config.model_type!r}: expected a type whose token "
            "classifier in transformers ends in the layer `classifier`; it can be the encoder of "
            "`--model distilbert-bilstm` or of `--decoder crf`"
        )
    missing, _ = model.base_model.load_state_dict(encoder.state_dict(), strict=False)
    if missing:
        raise ValueError(f"encoder {encoder.config.model_type!r} lacks the weights {missing}")
    return model


def _load_start(config: RunConfig, labels: Sequence[str]) -> Built:
    """Load the model that the run continues to train."""
    folder = hubs.resolve(config.start)
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    model = load_classifier(folder)
    if list(model.config.id2label.values()) != list(labels):
        raise ValueError(
            f"model {config.start}: expected labels {list(labels)}, got {model.config.id2label}"
        )
    if (getattr(model.config, "decoder", None) == "crf") != (config.decoder == "crf"):
        raise ValueError(f"model {config.start} was not trained with decoder {config.decoder!r}")
    _freeze_embeddings(model, config)
    return model, tokenizer


def set_word_starts(
    model: TweetTaggerForTokenClassification, tokenizer: "PreTrainedTokenizerFast"
) -> None:
    """Tell the model which subword ids begin a word."""
    special = {*tokenizer.all_special_ids} - {tokenizer.unk_token_id}
    mask = torch.from_numpy(word_start_mask(tokenizer.backend_tokenizer))
    model.set_word_starts(mask[: model.config.vocab_size], special)


def _freeze_embeddings(model: PreTrainedModel, config: RunConfig) -> None:
    """Exclude the encoder's subword embeddings from training if the config says so."""
    encoder = pretrained_part(model)
    if encoder is not None and config.freeze_embeddings:
        encoder.get_input_embeddings().weight.requires_grad_(False)


def pretrained_part(model: PreTrainedModel) -> PreTrainedModel | None:
    """Return the encoder inside a model, or None for a word-level model."""
    if isinstance(model, TweetTaggerForTokenClassification):
        return getattr(model, "encoder", None)
    return model.base_model


def with_bio(
    model: PreTrainedModel, tokenizer: "PreTrainedTokenizerFast"
) -> TweetTaggerForTokenClassification | None:
    """Copy a native classifier into our class, whose logits decode under BIO constraints.

    Returns:
        None if the native class has more than a linear classifier on top of its encoder.
    """
    prefix = model.base_model_prefix + "."
    head = {name for name in model.state_dict() if not name.startswith(prefix)}
    if head != {"classifier.weight", "classifier.bias"}:
        return None
    tagger: TweetTaggerForTokenClassification = TweetTaggerForTokenClassification.from_encoder(
        model.base_model,
        lstm_size=0,
        decoder="bio",
        id2label=model.config.id2label,
        label2id=model.config.label2id,
    )
    tagger.classifier.load_state_dict(model.classifier.state_dict())
    set_word_starts(tagger, tokenizer)
    tagger.eval()
    return tagger
