"""Compute emissions with onnxruntime, without PyTorch and transformers."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tweetner.hub import GRAPHS, ModelFolder
from tweetner.tagger.batches import Batch
from tweetner.tagger.decoding import Chain, Scores, bio_chain

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@dataclass(frozen=True)
class GraphForm:
    """The inputs and the output of a graph."""

    inputs: tuple[str, ...]
    output: str


STANDARD = GraphForm(("input_ids", "attention_mask"), "logits")
"""A native model's graph, in the form of Optimum and transformers.js: logits of subwords."""

OF_WORDS = GraphForm((*STANDARD.inputs, "word_starts", "word_mask"), "emissions")
"""The graph of our own class, whose layers after the encoder work on words."""


def graph_form(folder: ModelFolder) -> GraphForm:
    """Return the form of the graphs of a model."""
    return STANDARD if folder.family == "native" else OF_WORDS


class OnnxModel:
    """A graph that `scripts/export.py` exported, in its model folder.

    It runs on `OMP_NUM_THREADS` threads; by default on all cores.

    Args:
        folder: The model folder; `model.safetensors` holds a CRF's scores.
        graph: The graph's file in the folder.

    Attributes:
        labels: The model's own labels, in its order.
        pad_token_id: The subword id of padding.
        batch_subwords: The size of a batch in subwords, padding included.

    Raises:
        ValueError: There is no such graph, it is damaged or of another kind, or onnxruntime is
            not installed.
    """

    batch_subwords = 512

    def __init__(self, folder: ModelFolder, graph: str = GRAPHS["onnx"]) -> None:
        self._folder = folder
        self.labels = folder.labels
        self.pad_token_id = int(folder.config.get("pad_token_id") or 0)
        self._form = graph_form(folder)
        self._session = open_graph(folder.path / graph, self._form)

    @cached_property
    def chain(self) -> Chain | None:
        """The learned chain of a CRF; None for any other model."""
        if self._folder.decoder != "crf":
            return None
        from safetensors import safe_open

        allowed = bio_chain(self.labels)
        with safe_open(self._folder.path / "model.safetensors", framework="numpy") as weights:
            return Chain(
                start=weights.get_tensor("crf.start") + allowed.start,
                transitions=weights.get_tensor("crf.transitions") + allowed.transitions,
                end=weights.get_tensor("crf.end") + allowed.end,
            )

    def __call__(self, batches: Iterable[Batch]) -> Scores:
        """See `Network`."""
        return np.concatenate([self._word_scores(batch) for batch in batches])

    def _word_scores(self, batch: Batch) -> Scores:
        """Compute the scores of a batch's words, (units, labels)."""
        values = {name: getattr(batch, name) for name in self._form.inputs}
        (output,) = self._session.run([self._form.output], values)
        scores: Scores = np.asarray(output)
        if self._form == OF_WORDS:
            return scores[batch.word_mask]
        rows, _ = np.nonzero(batch.word_mask)  # (units,), the row of each word
        return scores[rows, batch.word_starts[batch.word_mask]]  # at its first subword


def open_graph(path: Path, form: GraphForm) -> "InferenceSession":
    """Load a graph, ready to run.

    Raises:
        ValueError: See `OnnxModel`.
    """
    if not path.is_file():
        raise ValueError(f"{path}: there is no such graph; export it with scripts/export.py")
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise ValueError(
            f"{path}: onnxruntime is not installed: pip install 'tweetner[onnx]'"
        ) from None
    threads = os.environ.get("OMP_NUM_THREADS", "")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads) if threads.isdecimal() else 0  # 0: all cores
    # Spinning threads cost a quarter of the speed beside other threads, such as the encoder's.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # errors are raised, not logged too
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no other base
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path}: expected a graph that onnxruntime can run, got {reason}"
        ) from error
    inputs = [value.name for value in session.get_inputs()]
    outputs = [value.name for value in session.get_outputs()]
    if sorted(inputs) != sorted(form.inputs) or outputs != [form.output]:
        raise ValueError(
            f"{path}: expected a graph of {', '.join(form.inputs)} that gives {form.output}, "
            f"got {inputs}, {outputs}; export the model anew with scripts/export.py NAME"
        )
    return session
