"""Pretrained tokenizers of each kind, and one whose subwords can be counted by eye."""

from typing import Any

import pytest
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from tweetner.corpus import load_sample_texts
from tweetner.tokenization import (
    tweet_tokenizer,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
NAMES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
ENDS = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
KINDS = ["WordPiece", "byte-level BPE", "Metaspace"]


def pretrained(kind: str) -> PreTrainedTokenizerFast:
    """A tokenizer of each kind, its vocabulary learned from the sample corpus."""
    texts = [raw.text for raw in load_sample_texts()["train"]]
    options: dict[str, Any] = {
        "vocab_size": 400,
        "special_tokens": [*SPECIAL],
        "show_progress": False,
    }
    if kind == "WordPiece":
        backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        backend.normalizer, backend.pre_tokenizer = (
            normalizers.BertNormalizer(),
            pre_tokenizers.BertPreTokenizer(),
        )
        trainer: trainers.Trainer = trainers.WordPieceTrainer(**options)
    elif kind == "byte-level BPE":
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer, backend.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **options
        )
    else:
        backend = Tokenizer(models.Unigram())
        backend.pre_tokenizer, backend.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        trainer = trainers.UnigramTrainer(unk_token="[UNK]", **options)
    backend.train_from_iterator(texts, trainer)
    backend.post_processor = ENDS
    return PreTrainedTokenizerFast(tokenizer_object=backend, **NAMES)


@pytest.fixture(scope="module", params=KINDS)
def original(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    return pretrained(request.param)


@pytest.fixture(scope="module")
def spelling(wordpiece: PreTrainedTokenizerFast) -> Tokenizer:
    """One subword a character, so that lengths can be read by eye."""
    return tweet_tokenizer(wordpiece, normalize=True, max_subwords=64).backend_tokenizer
