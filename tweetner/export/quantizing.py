"""Quantize the large matrix products of an ONNX graph to 8-bit integers.

The input of a product is quantized dynamically by row: each subword has its own scale, so that a
tweet's tags do not depend on the other tweets of its batch. (onnxruntime's own dynamic quantization
has one scale for a batch, and changes twice as many entities.) Weights are quantized by column.
Embeddings, LSTM and classifier stay in float32.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, helper, numpy_helper, parser

DOMAIN = "tweetner"

PRODUCT = """
    <domain: "tweetner", opset_import: ["": 20, "com.microsoft": 1]>
    IntegerProduct (rows, zero, columns, column_scale) => (product) {
        last = Constant <value = int64[1] {-1}> ()
        highest = ReduceMax <keepdims = 1> (rows, last)
        lowest = ReduceMin <keepdims = 1> (rows, last)
        depth = Neg (lowest)
        tiny = Constant <value = float {1e-10}> ()
        largest = Max (highest, depth, tiny)
        steps = Constant <value = float {127.0}> ()
        steps_per_unit = Div (steps, largest)
        scaled = Mul (rows, steps_per_unit)
        one = Constant <value = float {1.0}> ()
        integers = QuantizeLinear (scaled, one, zero)
        in_steps = com.microsoft.MatMulIntegerToFloat (integers, columns, one, column_scale, zero)
        row_scale = Reciprocal (steps_per_unit)
        product = Mul (in_steps, row_scale)
    }
"""
"""The function that replaces `rows @ columns`; onnxruntime quantizes rows that several products
share only once."""

MAX_PAIR_SUM = 127
"""Largest sum of two neighbouring weights of one sign: without VNNI, processors add two products in
16 bits."""


def quantize(model: ModelProto) -> ModelProto:
    """Copy a graph with all products with a weight matrix in int8, except the classifier's.

    Raises:
        ValueError: There is no such product.
    """
    quantized = ModelProto()
    quantized.CopyFrom(model)
    graph = quantized.graph
    n_labels = graph.output[0].type.tensor_type.shape.dim[2].dim_value
    weights = {weight.name: weight for weight in graph.initializer if len(weight.dims) == 2}
    products = []
    for node in graph.node:
        weight = weights.get(node.input[1]) if node.op_type == "MatMul" else None
        if weight is not None and weight.dims[1] != n_labels:
            products.append(node)
    if not products:
        raise ValueError("int8: expected a model with an encoder, whose products can be quantized")
    for name in dict.fromkeys(node.input[1] for node in products):
        integers, scale = quantize_columns(numpy_helper.to_array(weights[name]))
        graph.initializer.remove(weights[name])
        graph.initializer.append(numpy_helper.from_array(integers, name))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
    graph.initializer.append(numpy_helper.from_array(np.array(128, np.uint8), "zero"))
    for node in products:
        node.op_type = "IntegerProduct"
        node.domain = DOMAIN
        rows, columns = node.input
        node.input[:] = [rows, "zero", columns, f"{columns}_scale"]
    quantized.functions.append(parser.parse_function(PRODUCT))
    quantized.opset_import.extend(
        [helper.make_opsetid(DOMAIN, 1), helper.make_opsetid("com.microsoft", 1)]
    )
    return quantized


def quantize_columns(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize a matrix of weights; return integers of the same shape and each column's scale.

    >>> integers, scale = quantize_columns(np.array([[1, 1], [0, 1], [-1, 0.5]], np.float32))
    >>> integers.tolist()
    [[127, 64], [0, 64], [-127, 32]]
    """
    even = np.vstack([weights, np.zeros_like(weights[: len(weights) % 2])])
    pairs = even.reshape(-1, 2, weights.shape[1])  # (rows / 2, 2, columns)
    largest = np.maximum(pairs.clip(min=0).sum(1), -pairs.clip(max=0).sum(1)).max(0)  # (columns,)
    scale = (largest.clip(1e-12) / MAX_PAIR_SUM).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale
