"""Encoders of every kind of tokenizer, from training to the hub, the stock pipeline and ONNX."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, processors
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

import tweetner
from tests.tokenizer_kinds import trained_tokenizer
from tweetner.corpus import load_tweets
from tweetner.evaluation import comparable_tagger, parity_on_words
from tweetner.hub import ModelFolder
from tweetner.training import RunConfig
from tweetner.training.finetuning import SeedResult, load_splits, publish_best

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
NAMES = dict(zip(["cls_token", "pad_token", "sep_token", "unk_token"], SPECIAL[:4], strict=True))
POSITIONS = 82
TWEETS = load_tweets("sample:dev")
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 1,
}


def tokenizer_of(encoder: str) -> Tokenizer:
    """Train a tokenizer as an encoder of this type has."""
    kind, vocab_size, _ = ENCODERS[encoder]
    tokenizer = trained_tokenizer(
        kind, texts(), special=SPECIAL, unknown="<unk>", vocab_size=vocab_size
    )
    if encoder == "roberta":  # trims the offsets of words
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
    return tokenizer


def texts() -> list[str]:
    return [
        " ".join(tweet.words)
        for split in ("train", "dev")
        for tweet in load_tweets(f"sample:{split}")
    ]


ENCODERS = {
    "bert": ("WordPiece", 2000, 0),
    "roberta": ("byte-level BPE", 2500, 2),
    "xlm-roberta": ("Metaspace", 2000, 2),
}
"""The kind of tokenizer, its size, and positions that are never used, of each type of encoder."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_goes_through_training_hub_stock_pipeline_and_onnx(
    kind: str,
    tmp_path: Path,
    make: Callable[..., RunConfig],
    train: Callable[..., SeedResult],
) -> None:
    from tweetner.export import export

    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tokenizer_of(kind), **NAMES)
    shape: dict[str, Any] = SIZES | {"vocab_size": len(tokenizer)}
    AutoModel.from_config(AutoConfig.for_model(kind, **shape)).save_pretrained(tmp_path / kind)
    tokenizer.save_pretrained(tmp_path / kind)
    config = make(
        model="distilbert",
        encoder=f"./{kind}",
        epochs=20,
        patience=0,
        batch_size=6,
        learning_rate=5e-3,
        freeze_embeddings=False,
        max_subwords=512,
    )
    _, splits = load_splits(config)
    published = publish_best(config, [train(config)], splits, hub=None)
    assert [found.name for found, _ in published] == ["tweetner/tiny", "tweetner/tiny-bio"]
    for found, parity in published:
        assert ModelFolder(found.path).max_subwords == POSITIONS - ENCODERS[kind][2]
        assert parity.ours > 0.9  # learnt by heart
        if found.name.endswith("-bio"):
            # A native model reads a label of its own at a subword that follows a lone `▁` or `Ġ`,
            # which only training makes the label of the word.
            tagger = comparable_tagger(ModelFolder(found.path))
            tagged = tagger.tag_words([tweet.words for tweet in TWEETS])
            assert sum(len(tweet.entities) for tweet in tagged) > 50
            assert parity_on_words(found.path, tagger, TWEETS).agreement >= 0.99
        export(found.name, data="sample:dev", int8=False, hub=None)
        raw = [*texts(), "Berlin " * 99]
        answers = []
        for backend in ("torch", "onnx"):
            entities = tweetner.load(found.name, backend=backend)(raw)  # type: ignore[arg-type]
            answers.append([[(e["type"], e["start"], e["end"]) for e in of] for of in entities])
        assert answers[0] == answers[1]
