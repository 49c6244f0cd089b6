"""An ONNX graph with its large products in 8-bit integers.

What goes into a product is quantized by row, as it comes: each subword has a scale of its own, so that none coarsens
another, and a tweet is tagged the same whatever stands beside it in its batch. (onnxruntime's own dynamic quantization
has one scale a batch, and changes twice as many entities.) Weights are quantized by column. Embeddings, LSTM and
classifier stay as they are.
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
"""What stands for `rows @ columns`; onnxruntime quantizes rows once where several products have them."""

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
    n_labels = graph.output[0].type.tensor_type.shape.dim[2].dim_value
    weights = {weight.name: weight for weight in graph.initializer if len(weight.dims) == 2}
    products = [
        node for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights
    ]
    products = [node for node in products if weights[node.input[1]].dims[1] != n_labels]
    if not products:
        raise ValueError(
            "int8: expected a model with an encoder, whose products can be in integers"
        )
    for name in dict.fromkeys(node.input[1] for node in products):
        integers, scale = quantize_columns(numpy_helper.to_array(weights[name]))
        graph.initializer.remove(weights[name])
        graph.initializer.append(numpy_helper.from_array(integers, name))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
    graph.initializer.append(numpy_helper.from_array(np.array(128, np.uint8), "zero"))
    for node in products:
        node.op_type, node.domain = "IntegerProduct", DOMAIN
        rows, columns = node.input
        node.input[:] = [rows, "zero", columns, f"{columns}_scale"]
    quantized.functions.append(parser.parse_function(PRODUCT))
    quantized.opset_import.extend(
        [helper.make_opsetid(DOMAIN, 1), helper.make_opsetid("com.microsoft", 1)]
    )
    return quantized


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
