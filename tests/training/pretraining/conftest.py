"""Invented tweets, and a tiny encoder that can learn them."""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast

from tweetner.training import PretrainConfig
from tweetner.training.parsing import config_from

NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix")
PLACES = ("Rome", "Oslo", "Lima", "Cairo", "Perth")
FORMS = (
    "{name} just landed in {place} with @someone",
    "so happy for {name} , see you in {place} !!",
    "{place} is wonderful says {name}",
    "GOOD MORNING {place} from {name} http://t.co/abc",
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = ("##a", "##e", "##n", "##s", "##o", "##r", "##i", "##c")


@pytest.fixture(scope="session")
def invented() -> list[str]:
    """120 different tweets of a few words."""
    return [
        form.format(name=name, place=place) for form, name, place in product(FORMS, NAMES, PLACES)
    ]


@pytest.fixture(scope="session")
def tiny_tokenizer(invented: list[str]) -> PreTrainedTokenizerFast:
    """A lower-casing BERT tokenizer whose vocabulary holds the invented words."""
    words = sorted({word for tweet in invented for word in tweet.lower().split()})
    pieces = ["la", "##ra", "fel", "##ix", *PIECES]  # some names are two subwords
    words = [word for word in words if word not in ("clara", "felix")]
    vocabulary = dict.fromkeys([*SPECIAL, "http", "@", ",", "!", *words, *pieces])
    ids = {subword: i for i, subword in enumerate(vocabulary)}
    backend = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = ("pad", "unk", "cls", "sep", "mask")
    special = {f"{name}_token": f"[{name.upper()}]" for name in names}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **special)


@pytest.fixture(scope="session")
def tiny_encoder(
    tiny_tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a DistilBERT of one layer, 32 wide."""
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=len(tiny_tokenizer),
        dim=32,
        n_layers=1,
        n_heads=2,
        hidden_dim=64,
        max_position_embeddings=64,
    )
    folder = tmp_path_factory.mktemp("encoder")
    DistilBertModel(config).save_pretrained(folder)
    tiny_tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def make(
    tiny_encoder: Path,
    invented: Sequence[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., PretrainConfig]:
    """`make(key=value)` returns a tiny run's config; runs write to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    Path("tweets.txt").write_text("\n".join(invented) + "\n", encoding="utf-8")
    tiny: dict[str, Any] = {
        "name": "tiny",
        "encoder": str(tiny_encoder),
        "tweets": ("tweets.txt",),
        "exclude": (),
        "held_out_share": 0.2,
        "max_subwords": 32,
        "epochs": 4,
        "batch_subwords": 128,
        "learning_rate": 1e-2,
        "checkpoint_steps": 4,
    }

    def config(**changed: Any) -> PretrainConfig:
        return config_from(PretrainConfig, tiny | changed)

    return config
