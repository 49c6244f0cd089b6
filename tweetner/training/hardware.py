"""The Trainer's arguments that depend on the machine."""

import os
from typing import Any

import torch


def hardware_arguments(precision: str) -> dict[str, Any]:
    """Return the arguments for a precision on this machine.

    Args:
        precision: `fp32`, `bf16`, `fp16`, or `auto` for fp32 on a CPU and the best one of a GPU. On
            a CPU with bf16 instructions, bf16 takes about 60% of the time.

    Raises:
        ValueError: fp16 is wanted and there is no GPU.
    """
    on_cpu = not torch.cuda.is_available()
    if precision == "auto":
        precision = hardware_precision()
    if on_cpu and precision == "fp16":
        raise ValueError(f"precision {precision!r} needs a GPU, and there is none")
    is_distributed = int(os.environ.get("WORLD_SIZE", "1")) > 1
    return {
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "use_cpu": on_cpu,
        "ddp_backend": "gloo" if on_cpu and is_distributed else None,
        # copies from pinned memory, so that the host prepares the next step meanwhile
        "accelerator_config": {"non_blocking": not on_cpu},
    }


def hardware_precision() -> str:
    """Return `bf16` if the GPU supports it, `fp16` on another GPU, and `fp32` on a CPU."""
    if not torch.cuda.is_available():
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
