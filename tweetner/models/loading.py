"""Load model folders in float32, whatever precision their weights are stored in.

Training needs float32 weights (mixed precision is the Trainer's), and a CPU computes half precision
slowly or not at all.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel

WEIGHTS: dict[str, Any] = {"dtype": "float32", "trust_remote_code": False}
"""How `transformers` loads the weights of every model and encoder."""


def load_classifier(folder: Path, *, bf16: bool = False) -> "PreTrainedModel":
    """Load a token classifier, of our own class or a native one.

    Args:
        folder: The model folder.
        bf16: Whether to hold the weights in bfloat16 instead of float32.

    Raises:
        OSError: The folder has no `model.safetensors`.
    """
    from transformers import AutoModelForTokenClassification

    options = WEIGHTS | ({"dtype": "bfloat16"} if bf16 else {})
    return AutoModelForTokenClassification.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, **options
    )
