"""Trainings that are killed at random, as machines do it, and resumed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FINETUNE = [
    sys.executable,
    str(ROOT / "scripts/finetune.py"),
    "--config",
    str(ROOT / "configs/quickstart.yaml"),
]
SETTINGS = {
    "bilstm": ["--model", "bilstm", "--epochs", "20", "--seeds", "1"],
    "distilbert-crf": ["--decoder", "crf", "--epochs", "3", "--seeds", "1"],
}

pytestmark = pytest.mark.soak


def start(settings: list[str], folder: Path, *more: str) -> "subprocess.Popen[bytes]":
    folder.mkdir(exist_ok=True)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*FINETUNE, *settings, *more], cwd=folder, env=environment, stdout=log, stderr=log
        )


def weights(folder: Path) -> bytes:
    return (folder / "outputs/runs/quickstart/seed-1/model/model.safetensors").read_bytes()


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_training_that_is_killed_three_times_ends_with_the_same_weights(
    kind: str, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    assert start(SETTINGS[kind], whole).wait() == 0, (whole / "log").read_text()
    takes = time.monotonic() - began
    runs = killed / "outputs/runs/quickstart/seed-1"
    n_killed = 0
    while n_killed < 3:
        process = start(SETTINGS[kind], killed, *(["--resume"] if runs.exists() else []))
        wait_for_training(process, runs)
        try:
            process.wait(timeout=random.uniform(0, takes / 3))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            n_killed += 1
        assert process.wait() in (0, -signal.SIGKILL), (killed / "log").read_text()
        assert (
            not (killed / "outputs/hub").exists() or process.returncode == 0
        )  # nothing half-made is published
    assert start(SETTINGS[kind], killed, "--resume").wait() == 0, (killed / "log").read_text()
    assert weights(killed) == weights(whole)
    print(f"\n{kind}: killed {n_killed} times and resumed, final weights equal byte for byte")


def wait_for_training(process: "subprocess.Popen[bytes]", runs: Path) -> None:
    """Until the run's folder is there: before, there is nothing to resume."""
    while process.poll() is None and not (runs / "run_config.json").exists():
        time.sleep(0.05)
