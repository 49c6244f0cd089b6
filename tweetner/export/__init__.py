"""Export a published model to ONNX graphs, checked against PyTorch and published with it."""

from tweetner.export.graph import export_graph, write_graph
from tweetner.export.publishing import Exported, export

__all__ = ["Exported", "export", "export_graph", "write_graph"]
