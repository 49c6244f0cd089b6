"""Export a PyTorch token classifier to an ONNX graph that computes the emissions of words.

Decoding is not in the graph: a chain over words has no fast form in ONNX, and numpy decodes a tweet
in a tenth of a millisecond.
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import torch
from onnx import ModelProto, TensorProto, helper
from onnx.external_data_helper import set_external_data
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification, PreTrainedModel

import tweetner.models  # noqa: F401 - makes our class known to AutoModelForTokenClassification
from tweetner.tagger import INPUTS, OUTPUT, word_emissions

OPSET = 20
"""The first opset that has GELU."""

PAGE = 4096
"""Bytes of a memory page; a weight smaller than a quarter of it stays in the graph's file."""

AXES = {
    "input_ids": "subwords",
    "attention_mask": "subwords",
    "word_starts": "words",
    "word_mask": "words",
    "emissions": "words",
}
"""The second axis of each input and output; the first one is `batch`."""


class WordEmissions(nn.Module):
    """The function that is exported, for a token classifier of any class."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, word_starts: Tensor, word_mask: Tensor
    ) -> Tensor:
        return word_emissions(self.model, input_ids, attention_mask, word_starts, word_mask)


def export_graph(folder: Path) -> ModelProto:
    """Export a model folder; the same weights and PyTorch version give the same bytes.

    Attention is exported as products and a softmax, which onnxruntime fuses better than PyTorch's
    own kernel. PyTorch's newer exporter (`dynamo=True`) fixes the number of words of an LSTM's
    output, and its graphs are slower. Tracing could also fix a size; `check_emissions` would
    detect that.
    """
    model = AutoModelForTokenClassification.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    model.base_model.set_attn_implementation("eager")
    ids = torch.tensor([[5, 6, 7, 8], [5, 6, 7, 0]])
    example = (
        ids % model.config.vocab_size,
        (ids > 0).long(),
        torch.tensor([[1, 2], [1, 0]]),
        torch.ones(2, 2) > 0,
    )
    module = WordEmissions(model).eval()
    dynamic_axes = {name: {0: "batch", 1: axis} for name, axis in AXES.items()}
    with TemporaryDirectory() as work, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about tracing and the older exporter
        path = Path(work) / "graph.onnx"
        torch.onnx.export(
            module,
            example,
            path,
            input_names=list(INPUTS),
            output_names=[OUTPUT],
            dynamic_axes=dynamic_axes,
            opset_version=OPSET,
            dynamo=False,
        )
        graph = onnx.load(path)
    _declare_ends(graph, model.config.num_labels)
    return graph


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


def _declare_ends(model: ModelProto, n_labels: int) -> None:
    """Declare all inputs, also unused ones, and all axes; tracing may have lost some."""
    types = {"word_mask": TensorProto.BOOL, OUTPUT: TensorProto.FLOAT}
    ends = {}
    for name, axis in AXES.items():
        shape = ["batch", axis] + [n_labels] * (name == OUTPUT)
        type_ = types.get(name, TensorProto.INT64)
        ends[name] = helper.make_tensor_value_info(name, type_, shape)
    del model.graph.input[:], model.graph.output[:]
    model.graph.input.extend(ends[name] for name in INPUTS)
    model.graph.output.append(ends[OUTPUT])
