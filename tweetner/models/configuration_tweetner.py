"""The configuration of `TweetTaggerForTokenClassification`."""

from typing import Any

from transformers import PreTrainedConfig

DECODERS = ("argmax", "bio", "crf")


class TweetTaggerConfig(PreTrainedConfig):  # type: ignore[misc]
    """The settings of a `TweetTaggerForTokenClassification`.

    Attributes:
        vocab_size: Number of subwords (of words, without an encoder).
        encoder: Config of the encoder as a dict with its `model_type`; None for a word-embedding
            layer.
        embedding_size: Width of the word embeddings; unused with an encoder.
        lstm_size: Width of the BiLSTM, both directions together; 0 for none.
        dropout: Dropout probability of the classifier's inputs.
        decoder: `argmax` labels each word by itself, `bio` finds the best well-formed labels, `crf`
            also learns transition scores.
        members: Number of taggers whose probabilities are averaged, all with the settings above; 0
            for a single tagger.
        temperature: Divides the logarithms of the averaged probabilities; unused without members.
    """

    model_type = "tweetner-tagger"

    vocab_size: int = 0
    encoder: dict[str, Any] | None = None
    embedding_size: int = 128
    lstm_size: int = 192
    dropout: float = 0.3
    decoder: str = "bio"
    members: int = 0
    temperature: float = 1.0
    pad_token_id: int = 0

    def get_text_config(self, *_: Any, **__: Any) -> "TweetTaggerConfig":
        """Return this config; the base class would look for one in `decoder` or `encoder`."""
        return self

    def check(self) -> None:
        """Check the settings; the model calls this, as they may change after construction.

        Raises:
            ValueError: A setting is invalid.
        """
        if self.decoder not in DECODERS:
            raise ValueError(
                f"decoder: expected one of {', '.join(DECODERS)}, got {self.decoder!r}"
            )
        if self.lstm_size < 0 or self.lstm_size % 2:
            raise ValueError(
                "lstm_size: expected an even number, half of it for each direction, "
                f"got {self.lstm_size}"
            )
        if self.members and self.decoder == "crf":
            raise ValueError("decoder: expected argmax or bio for an ensemble, got 'crf'")
        labels = [self.id2label.get(label) for label in range(len(self.id2label))]
        types = [str(label)[2:] for label in labels[1::2]]
        expected = ["O", *(prefix + type_ for type_ in types for prefix in ("B-", "I-"))]
        if not types or labels != expected or len(set(types)) < len(types):
            raise ValueError(
                'id2label: expected "O", "B-TYPE", "I-TYPE", ..., '
                f"got {list(self.id2label.values())}"
            )
        if self.label2id != {label: i for i, label in enumerate(labels)}:
            raise ValueError(f"label2id: expected the inverse of id2label, got {self.label2id}")
