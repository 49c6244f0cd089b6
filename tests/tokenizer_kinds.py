"""Tokenizers of each kind that pretrained encoders have, trained in a moment."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

KINDS = ["WordPiece", "byte-level BPE", "Metaspace"]


def trained_tokenizer(
    kind: str, texts: Sequence[str], *, special: Sequence[str], unknown: str, vocab_size: int
) -> Tokenizer:
    """Learn a vocabulary from texts; the tokenizer adds no special tokens yet."""
    options: dict[str, Any] = {
        "vocab_size": vocab_size,
        "special_tokens": [*special],
        "show_progress": False,
    }
    if kind == "WordPiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: trainers.Trainer = trainers.WordPieceTrainer(**options)
    elif kind == "byte-level BPE":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(initial_alphabet=alphabet, **options)
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(unk_token=unknown, **options)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
