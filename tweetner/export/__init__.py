"""A published model → graphs for onnxruntime, checked against PyTorch and published with the model."""

from tweetner.export.graph import export_graph, write_graph
from tweetner.export.publishing import Exported, export

__all__ = ["Exported", "export", "export_graph", "write_graph"]
