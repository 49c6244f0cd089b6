"""Compute emissions with a token classifier in PyTorch."""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tweetner.tagger.batches import Batch
from tweetner.tagger.decoding import Chain, Scores

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel


class TorchNetwork:
    """A token classifier in PyTorch, of our own class or a native one, on the device it is on.

    Args:
        model: The model, in evaluation mode.
    """

    def __init__(self, model: "PreTrainedModel") -> None:
        self.model = model
        self.labels = [model.config.id2label[i] for i in range(model.config.num_labels)]
        self.pad_token_id = model.config.pad_token_id or 0

    @classmethod
    def from_folder(cls, folder: Path, device: str | None = None, *, bf16: bool = False) -> Self:
        """Load a model folder.

        Args:
            folder: The model folder.
            device: Name of the device; a GPU if there is one by default.
            bf16: Whether to hold the weights and to compute in bfloat16, whatever is stored;
                otherwise both are float32. On most CPUs bfloat16 is several times slower.
        """
        import torch

        from tweetner.models import load_classifier

        model = load_classifier(folder, bf16=bf16).eval()
        model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        _use_one_thread_in_forks()
        return cls(model)

    @property
    def batch_subwords(self) -> int:
        """The fastest size of a batch on this kind of device, in subwords."""
        return 1024 if self.model.device.type == "cpu" else 16384

    @property
    def chain(self) -> Chain | None:
        """See `Backend.chain`."""
        if getattr(self.model.config, "decoder", None) != "crf":
            return None
        scores = self.model.transition_scores()
        return Chain(*(part.detach().cpu().float().numpy() for part in scores))

    def __call__(self, batches: Iterable[Batch]) -> Scores:
        """See `Network`; a GPU is waited for once, after its work on all batches is queued."""
        import torch

        with torch.inference_mode():
            emitted = [self._word_scores(batch) for batch in batches]
            scores: Scores = torch.cat(emitted).float().cpu().numpy()
        return scores

    def _word_scores(self, batch: Batch) -> "Tensor":
        """Compute the scores of a batch's words, (units, labels), on the model's device."""
        emitted = word_emissions(
            self.model,
            self._tensor(batch.input_ids),
            self._tensor(batch.attention_mask),
            self._tensor(batch.word_starts),
            self._tensor(batch.word_mask),
        )
        # (units,), place of each word in the flattened table; a mask would wait for the GPU
        places = self._tensor(np.flatnonzero(batch.word_mask))
        return emitted.flatten(0, 1).index_select(0, places)

    def _tensor(self, array: np.ndarray[Any, Any]) -> "Tensor":
        import torch

        tensor = torch.from_numpy(array)
        if self.model.device.type == "cuda":
            tensor = tensor.pin_memory()  # copied while the GPU computes
        return tensor.to(self.model.device, non_blocking=True)


@cache
def _use_one_thread_in_forks() -> None:
    """Let processes that are forked from this one compute on one thread.

    The threads of OpenMP do not survive a fork, and a warm model would wait for them for ever.
    """
    import torch

    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


def word_emissions(
    model: "PreTrainedModel",
    input_ids: "Tensor",
    attention_mask: "Tensor",
    word_starts: "Tensor",
    word_mask: "Tensor",
) -> "Tensor":
    """Compute the scores of words, (batch, words, labels).

    A native class scores subwords; a word has the scores of its first one.
    """
    emissions: Tensor
    if hasattr(model, "word_emissions"):
        emissions = model.word_emissions(input_ids, attention_mask, word_starts, word_mask)
    else:
        # (batch, subwords, labels)
        logits = model(input_ids=input_ids, attention_mask=attention_mask).logits
        emissions = logits.gather(1, word_starts[..., None].expand(-1, -1, logits.shape[-1]))
    return emissions
