"""Tests of a training by two processes against the same training by one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parents[3]
STEPS = Path(__file__).with_name("sgd_steps.py")


def sgd_steps(encoder: Path, result: Path, *, processes: int) -> dict[str, torch.Tensor]:
    """Run ten SGD steps of eight tweets each, divided among the processes."""
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    command = [sys.executable, *(launcher if processes > 1 else [])]
    environment = {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    finished = subprocess.run(
        [*command, str(STEPS), str(encoder), str(8 // processes), str(result)],
        cwd=result.parent,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return load_file(result)


@pytest.mark.slow
def test_two_processes_take_the_same_steps_as_one(encoder_folder: Path, tmp_path: Path) -> None:
    alone = sgd_steps(encoder_folder, tmp_path / "one.safetensors", processes=1)
    together = sgd_steps(encoder_folder, tmp_path / "two.safetensors", processes=2)
    assert alone.keys() == together.keys()
    gradients = [name for name in alone if name.startswith("gradient of ")]
    assert len(gradients) > 10
    assert max(float(alone[name].abs().max()) for name in gradients) > 1e-3
    for name, expected in alone.items():
        torch.testing.assert_close(together[name], expected, rtol=0, atol=1e-5, msg=name)
