"""Pretrained tokenizers of each kind, and one whose subwords can be counted by eye."""

import pytest
from tokenizers import Tokenizer, processors
from transformers import PreTrainedTokenizerFast

from tests.tokenizer_kinds import KINDS, trained_tokenizer
from tweetner.corpus import load_sample_texts
from tweetner.tokenization import (
    tweet_tokenizer,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
NAMES = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True))
ENDS = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)


def pretrained(kind: str) -> PreTrainedTokenizerFast:
    """A tokenizer of each kind, its vocabulary learned from the sample corpus."""
    texts = [raw.text for raw in load_sample_texts()["train"]]
    backend = trained_tokenizer(kind, texts, special=SPECIAL, unknown="[UNK]", vocab_size=400)
    backend.post_processor = ENDS
    return PreTrainedTokenizerFast(tokenizer_object=backend, **NAMES)


@pytest.fixture(scope="module", params=KINDS)
def original(request: pytest.FixtureRequest) -> PreTrainedTokenizerFast:
    return pretrained(request.param)


@pytest.fixture(scope="module")
def spelling(wordpiece: PreTrainedTokenizerFast) -> Tokenizer:
    """One subword a character, so that lengths can be read by eye."""
    return tweet_tokenizer(wordpiece, normalize=True, max_subwords=64).backend_tokenizer
