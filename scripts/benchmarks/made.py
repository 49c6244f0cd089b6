"""Models made for a benchmark: random weights behind a published model's tokenizer and labels, never published."""

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    DistilBertConfig,
    DistilBertForTokenClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import TokenClassifierOutput

from tweetner.hub import GRAPHS, ModelFolder

SEED = 42
TAGGED = 0.08
"""About how many words the subword table tags: a little more than WNUT-16 has."""


class TableConfig(PreTrainedConfig):  # type: ignore[misc]
    """Of a `SubwordTable`."""

    model_type = "subword-table"


class SubwordTable(PreTrainedModel):  # type: ignore[misc]
    """Looks every subword's scores up in a table: a model that costs nothing."""

    config_class = TableConfig

    def __init__(self, config: TableConfig) -> None:
        super().__init__(config)
        self.table = torch.nn.Embedding(config.vocab_size, config.num_labels)
        self.post_init()

    def forward(self, input_ids: torch.Tensor, **_: Any) -> TokenClassifierOutput:
        return TokenClassifierOutput(logits=self.table(input_ids))  # (batch, subwords, labels)


AutoConfig.register("subword-table", TableConfig)
AutoModelForTokenClassification.register(TableConfig, SubwordTable)


@cache
def subword_table(like: Path) -> Path:
    """A folder with a `SubwordTable`.

    Args:
        like: The model whose tokenizer and labels it has.
    """
    config = TableConfig(**shared(like))
    generator = torch.Generator().manual_seed(SEED)
    scores = torch.randn(config.vocab_size, config.num_labels, generator=generator)
    scores[:, 0] += 20 * (torch.rand(config.vocab_size, generator=generator) > TAGGED)
    model = SubwordTable(config)
    model.table.weight.data = scores
    return saved(model, like)


@cache
def distilbert(like: Path) -> Path:
    """A folder with DistilBERT in its own size: 6 layers of 768.

    It has 66 million parameters with the vocabulary of `distilbert-base-uncased`, some more with a larger one.

    Args:
        like: The model whose tokenizer and labels it has.
    """
    torch.manual_seed(SEED)
    model = DistilBertForTokenClassification(DistilBertConfig(**shared(like)))
    model.classifier.bias.data[0] = 1.5  # `O` for most words, as in a trained model
    folder = saved(model, like)
    if find_spec("onnx"):
        export(folder)
    return folder


def export(folder: Path) -> None:
    """Give a model folder its ONNX graph."""
    from tweetner.export import export_graph, write_graph

    write_graph(export_graph(folder), folder / GRAPHS["onnx"])


def shared(like: Path) -> dict[str, Any]:
    """What a made model's config has from a published one's."""
    config = ModelFolder(like).config
    return {name: config[name] for name in ("vocab_size", "id2label", "label2id", "pad_token_id")}


def saved(model: PreTrainedModel, like: Path) -> Path:
    """A new folder with a model and the tokenizer of another."""
    folder = Path(mkdtemp(dir=scratch().name))
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(like / file, folder / file)
    return folder


@cache
def scratch() -> TemporaryDirectory[str]:
    """A folder for what a benchmark makes, removed when this process ends."""
    return TemporaryDirectory(prefix="tweetner-benchmark-")
