"""An ONNX graph with its large products in 8-bit integers.

What goes into a product is quantized by row, as it comes: each subword has a scale of its own, so that none coarsens
another, and a tweet is tagged the same whatever stands beside it in its batch. (onnxruntime's own dynamic quantization
has one scale a batch, and changes twice as many entities.) Weights are quantized by column. Embeddings, LSTM and
classifier stay as they are.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, parser

DOMAIN = "tweetner"

QUANTIZE_ROWS = """
    <domain: "tweetner", opset_import: ["": 20]>
    QuantizeRows (rows) => (quantized, scale) {
        last = Constant <value = int64[1] {-1}> ()
        highest = ReduceMax <keepdims = 1> (rows, last)
        lowest = ReduceMin <keepdims = 1> (rows, last)
        depth = Neg (lowest)
        tiny = Constant <value = float {1e-10}> ()
        largest = Max (highest, depth, tiny)
        steps = Constant <value = float {127.0}> ()
        steps_per_unit = Div (steps, largest)
        scale = Reciprocal (steps_per_unit)
        scaled = Mul (rows, steps_per_unit)
        one = Constant <value = float {1.0}> ()
        zero = Constant <value = uint8 {128}> ()
        quantized = QuantizeLinear (scaled, one, zero)
    }
"""

MULTIPLY = """
    <domain: "tweetner", opset_import: ["": 20, "com.microsoft": 1]>
    Multiply (quantized, scale, weight, weight_scale) => (product) {
        one = Constant <value = float {1.0}> ()
        zero = Constant <value = uint8 {128}> ()
        unscaled = com.microsoft.MatMulIntegerToFloat (quantized, weight, one, weight_scale, zero)
        product = Mul (unscaled, scale)
    }
"""

MOST_OF_PAIR = 127
"""What two neighbouring weights of one sign may add up to: processors without VNNI add two products in 16 bits."""


def quantize(model: ModelProto) -> ModelProto:
    """A copy whose products with a matrix of weights are in integers, but for the classifier's.

    Raises:
        ValueError: There is no such product.
    """
    quantized = ModelProto()
    quantized.CopyFrom(model)
    graph = quantized.graph
    matrices = {weight.name: weight for weight in graph.initializer if len(weight.dims) == 2}
    n_labels = graph.output[0].type.tensor_type.shape.dim[2].dim_value
    nodes: list[NodeProto] = []
    replaced: dict[str, TensorProto] = {}
    quantized_rows: set[str] = set()
    for node in graph.node:
        weight = matrices.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is None or weight.dims[1] == n_labels:
            nodes.append(node)
            continue
        rows = node.input[0]
        if rows not in quantized_rows:  # queries, keys and values come of the same rows
            quantized_rows.add(rows)
            nodes.append(helper.make_node("QuantizeRows", [rows], integers_of(rows), domain=DOMAIN))
        factors = integers_of(rows) + integers_of(weight.name)
        nodes.append(helper.make_node("Multiply", factors, node.output, name=node.name, domain=DOMAIN))
        replaced[weight.name] = weight
    if not replaced:
        raise ValueError("int8: expected a model with an encoder, whose products can be in integers")
    for weight in replaced.values():
        arrays = zip(quantize_columns(numpy_helper.to_array(weight)), integers_of(weight.name), strict=True)
        graph.initializer.extend(numpy_helper.from_array(array, name) for array, name in arrays)
        graph.initializer.remove(weight)
    del graph.node[:]
    graph.node.extend(nodes)
    quantized.functions.extend([parser.parse_function(text) for text in (QUANTIZE_ROWS, MULTIPLY)])
    quantized.opset_import.extend([helper.make_opsetid(DOMAIN, 1), helper.make_opsetid("com.microsoft", 1)])
    return quantized


def integers_of(name: str) -> list[str]:
    """What a quantized value is called: its integers and their scale."""
    return [f"{name}_quantized", f"{name}_scale"]


def quantize_columns(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers of the same shape, and the scale of each column.

    >>> integers, scale = quantize_columns(np.array([[1, 1], [0, 1], [-1, 0.5]], np.float32))
    >>> integers.tolist()
    [[127, 64], [0, 64], [-127, 32]]
    """
    even = np.vstack([weights, np.zeros_like(weights[: len(weights) % 2])])
    pairs = even.reshape(-1, 2, weights.shape[1])  # (rows / 2, 2, columns)
    largest = np.maximum(pairs.clip(min=0).sum(1), -pairs.clip(max=0).sum(1)).max(0)  # (columns,)
    scale = (largest.clip(1e-12) / MOST_OF_PAIR).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale
