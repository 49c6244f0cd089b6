"""The configuration of `TweetTaggerForTokenClassification`."""

from typing import Any

from transformers import PreTrainedConfig

DECODERS = ("argmax", "bio", "crf")


class TweetTaggerConfig(PreTrainedConfig):  # type: ignore[misc]
    """What a `TweetTaggerForTokenClassification` is built from.

    Attributes:
        vocab_size: Number of subwords (of words, without an encoder).
        encoder: Config of the encoder as a dict with its `model_type`; None for a word-embedding layer.
        embedding_size: Width of the word embeddings; unused with an encoder.
        lstm_size: Width of the BiLSTM, both directions together; 0 for none.
        dropout: Share of the classifier's inputs that training drops.
        decoder: `argmax` labels each word by itself, `bio` finds the best well-formed labels, `crf` also learns
            how labels follow each other.
    """

    model_type = "tweetner-tagger"

    vocab_size: int = 0
    encoder: dict[str, Any] | None = None
    embedding_size: int = 128
    lstm_size: int = 192
    dropout: float = 0.3
    decoder: str = "bio"
    pad_token_id: int = 0

    def get_text_config(self, *_: Any, **__: Any) -> "TweetTaggerConfig":
        """This config itself: the base class would take `decoder` and `encoder` for configs of their own."""
        return self

    def check(self) -> None:
        """Refuse what no model can be built from; called by the model, as settings may change after construction.

        Raises:
            ValueError: Says which setting, what was expected and what came.
        """
        if self.decoder not in DECODERS:
            raise ValueError(
                f"decoder: expected one of {', '.join(DECODERS)}, got {self.decoder!r}"
            )
        if self.lstm_size < 0 or self.lstm_size % 2:
            raise ValueError(
                f"lstm_size: expected an even number, one half for each direction, got {self.lstm_size}"
            )
        labels = [self.id2label.get(label) for label in range(len(self.id2label))]
        types = [str(label)[2:] for label in labels[1::2]]
        expected = ["O", *(prefix + type_ for type_ in types for prefix in ("B-", "I-"))]
        if not types or labels != expected or len(set(types)) < len(types):
            raise ValueError(
                f'id2label: expected "O", "B-TYPE", "I-TYPE", ..., got {list(self.id2label.values())}'
            )
        if self.label2id != {label: i for i, label in enumerate(labels)}:
            raise ValueError(f"label2id: expected the inverse of id2label, got {self.label2id}")
