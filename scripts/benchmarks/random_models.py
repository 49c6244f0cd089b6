"""Build models with random weights that share a published model's tokenizer and labels.

Benchmarks measure speed with them; they are never published.
"""

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
TAGGED_SHARE = 0.08
"""Share of subwords that the table tags: a little more than in WNUT-16."""


class TableConfig(PreTrainedConfig):  # type: ignore[misc]
    """The config of a `SubwordTable`."""

    model_type = "subword-table"


class SubwordTable(PreTrainedModel):  # type: ignore[misc]
    """A model that looks up the scores of each subword in a table, and so costs nothing."""

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
    """Save a `SubwordTable` and return its folder.

    Args:
        like: Folder of the model whose tokenizer and labels are copied.
    """
    config = TableConfig(**shared(like))
    generator = torch.Generator().manual_seed(SEED)
    scores = torch.randn(config.vocab_size, config.num_labels, generator=generator)
    scores[:, 0] += 20 * (torch.rand(config.vocab_size, generator=generator) > TAGGED_SHARE)
    model = SubwordTable(config)
    model.table.weight.data = scores
    return saved(model, like)


@cache
def distilbert(like: Path) -> Path:
    """Save a DistilBERT of the usual size (6 layers of width 768) and return its folder.

    It has 66 million parameters with the vocabulary of `distilbert-base-uncased`.

    Args:
        like: Folder of the model whose tokenizer and labels are copied.
    """
    torch.manual_seed(SEED)
    model = DistilBertForTokenClassification(DistilBertConfig(**shared(like)))
    model.classifier.bias.data[0] = 1.5  # `O` for most words, as in a trained model
    folder = saved(model, like)
    if find_spec("onnx"):
        export(folder)
    return folder


def export(folder: Path) -> None:
    """Write the ONNX graph of a model into its folder."""
    from tweetner.export import export_graph, write_graph

    write_graph(export_graph(folder), folder / GRAPHS["onnx"])


def shared(like: Path) -> dict[str, Any]:
    """Return the values that the config of a random model copies from a published one."""
    config = ModelFolder(like).config
    return {name: config[name] for name in ("vocab_size", "id2label", "label2id", "pad_token_id")}


def saved(model: PreTrainedModel, like: Path) -> Path:
    """Save a model with the tokenizer of another in a new folder, and return the folder."""
    folder = Path(mkdtemp(dir=scratch().name))
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(like / file, folder / file)
    return folder


@cache
def scratch() -> TemporaryDirectory[str]:
    """Return a folder for temporary files that is removed when this process ends."""
    return TemporaryDirectory(prefix="tweetner-benchmark-")
