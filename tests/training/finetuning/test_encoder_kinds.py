"""Encoders of every kind of tokenizer, from training to the hub, the stock pipeline and ONNX."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

import tweetner
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


def byte_level() -> Tokenizer:
    """Build a tokenizer as RoBERTa's."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=2500,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def metaspace() -> Tokenizer:
    """Build a tokenizer as XLM-R's."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=2000, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def wordpiece() -> Tokenizer:
    """Build a tokenizer as BERT's."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=2000, special_tokens=SPECIAL, show_progress=False
    )
    tokenizer.train_from_iterator(texts(), trainer)
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


KINDS = {"bert": wordpiece, "roberta": byte_level, "xlm-roberta": metaspace}
RESERVED = {"bert": 0, "roberta": 2, "xlm-roberta": 2}
"""Positions that an encoder has and never uses."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_goes_through_training_hub_stock_pipeline_and_onnx(
    kind: str,
    tmp_path: Path,
    make: Callable[..., RunConfig],
    train: Callable[..., SeedResult],
) -> None:
    from tweetner.export import export

    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=KINDS[kind](), **NAMES)
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
        assert ModelFolder(found.path).max_subwords == POSITIONS - RESERVED[kind]
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
