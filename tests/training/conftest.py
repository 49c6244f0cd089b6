"""Scripts that train in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def run_in_processes() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """`run_in_processes(script, *options, n=2, cwd=folder)` runs a script on CPUs, under torchrun
    if `n` is above 1, and checks that it succeeds.
    """

    def run(
        script: Path, *options: str, n: int, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={n}"]
        environment = {
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "CUDA_VISIBLE_DEVICES": "",
        }
        finished = subprocess.run(
            [sys.executable, *(launcher if n > 1 else []), str(script), *options],
            cwd=cwd,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr[-2000:]
        return finished

    return run
