"""Export a PyTorch token classifier to an ONNX graph.

A native model's graph has the standard form: logits of subwords. That of our own class computes the
emissions of words. Decoding is not in the graph: a chain over words has no fast form in ONNX, and
numpy decodes a tweet in a tenth of a millisecond.
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnx import ModelProto, TensorProto, helper
from onnx.external_data_helper import set_external_data
from torch import Tensor, nn
from transformers import PreTrainedModel

from tweetner.hub import ModelFolder
from tweetner.models import load_classifier
from tweetner.tagger import STANDARD, GraphForm, graph_form

OPSET = 20
"""The first opset that has GELU."""

PAGE = 4096
"""Bytes of a memory page; a weight smaller than a quarter of it stays in the graph's file."""

AXES = {
    "input_ids": "subwords",
    "attention_mask": "subwords",
    "logits": "subwords",
    "word_starts": "words",
    "word_mask": "words",
    "emissions": "words",
}
"""The second axis of each input and output; the first one is `batch`."""


class Logits(nn.Module):
    """The function that is exported for a native model, (batch, subwords, labels)."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


class WordEmissions(nn.Module):
    """The function that is exported for our own class, (batch, words, labels)."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, word_starts: Tensor, word_mask: Tensor
    ) -> Tensor:
        emissions: Tensor = self.model.word_emissions(
            input_ids, attention_mask, word_starts, word_mask
        )
        return emissions


def export_graph(folder: Path) -> ModelProto:
    """Export a model folder; the same weights and PyTorch version give the same bytes.

    Attention is exported as products and a softmax, which onnxruntime fuses better than PyTorch's
    own kernel. PyTorch's newer exporter (`dynamo=True`) fixes the number of words of an LSTM's
    output, and its graphs are slower. Tracing could also fix a size; `check_emissions` would
    detect that.
    """
    model = load_classifier(folder)
    model.base_model.set_attn_implementation("eager")
    form = graph_form(ModelFolder(folder))
    module = (Logits(model) if form == STANDARD else WordEmissions(model)).eval()
    example = _example(model.config.vocab_size, form)
    names = (*form.inputs, form.output)
    dynamic_axes = {name: {0: "batch", 1: AXES[name]} for name in names}
    with TemporaryDirectory() as work, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about tracing and the older exporter
        path = Path(work) / "graph.onnx"
        torch.onnx.export(
            module,
            example,
            path,
            input_names=list(form.inputs),
            output_names=[form.output],
            dynamic_axes=dynamic_axes,
            opset_version=OPSET,
            dynamo=False,
        )
        graph = onnx.load(path)
    _declare_ends(graph, form, model.config.num_labels)
    return graph


def _example(vocab_size: int, form: GraphForm) -> tuple[Tensor, ...]:
    """Return values of the inputs to trace a model with."""
    ids = torch.tensor([[5, 6, 7, 8], [5, 6, 7, 0]])
    values = {
        "input_ids": ids % vocab_size,
        "attention_mask": (ids > 0).long(),
        "word_starts": torch.tensor([[1, 2], [1, 0]]),
        "word_mask": torch.ones(2, 2) > 0,
    }
    return tuple(values[name] for name in form.inputs)


def write_graph(graph: ModelProto, path: Path) -> None:
    """Write a graph and, in a second file, its weights, which onnxruntime maps into memory.

    The same graph gives the same bytes.
    """
    written = ModelProto()
    written.CopyFrom(graph)
    path.parent.mkdir(exist_ok=True)
    with weights_of(path).open("wb") as file:
        for weight in written.graph.initializer:
            if len(weight.raw_data) >= PAGE // 4:
                file.write(bytes(-file.tell() % PAGE))
                set_external_data(weight, weights_of(path).name, file.tell(), len(weight.raw_data))
                file.write(weight.raw_data)
                weight.ClearField("raw_data")
    path.write_bytes(written.SerializeToString(deterministic=True))


def weights_of(path: Path) -> Path:
    """Return the path of a graph's weights.

    >>> weights_of(Path("onnx/model.onnx")).as_posix()
    'onnx/model.onnx_data'
    """
    return path.with_name(f"{path.name}_data")


def _declare_ends(model: ModelProto, form: GraphForm, n_labels: int) -> None:
    """Declare all inputs, also unused ones, and all axes; tracing may have lost some."""
    del model.graph.input[:], model.graph.output[:]
    for name in form.inputs:
        type_ = TensorProto.BOOL if name == "word_mask" else TensorProto.INT64
        end = helper.make_tensor_value_info(name, type_, ["batch", AXES[name]])
        model.graph.input.append(end)
    shape = ["batch", AXES[form.output], n_labels]
    scores = helper.make_tensor_value_info(form.output, TensorProto.FLOAT, shape)
    model.graph.output.append(scores)
