"""Tests of a training by two processes against the same training by one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

STEPS = Path(__file__).with_name("sgd_steps.py")


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_one(
    encoder_folder: Path, tmp_path: Path, run_in_processes: Callable[..., Any]
) -> None:
    def sgd_steps(n: int) -> dict[str, torch.Tensor]:
        """Take ten SGD steps of eight tweets each, divided among the processes."""
        result = tmp_path / f"{n}.safetensors"
        options = (str(encoder_folder), str(8 // n), str(result))
        run_in_processes(STEPS, *options, n=n, cwd=tmp_path)
        return load_file(result)

    alone, together = sgd_steps(1), sgd_steps(2)
    assert alone.keys() == together.keys()
    gradients = [name for name in alone if name.startswith("gradient of ")]
    assert len(gradients) > 10
    assert max(float(alone[name].abs().max()) for name in gradients) > 1e-3
    for name, expected in alone.items():
        torch.testing.assert_close(together[name], expected, rtol=0, atol=1e-5, msg=name)
