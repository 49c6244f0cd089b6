"""Kill `tweetner trends` and resume it; the bytes are those of a run that was never stopped."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.soak

N_TWEETS, N_KILLS = 200_000, 20


def write_stream(path: Path) -> None:
    """Write four days of tweets, some of them out of order, with bursts."""
    draw = np.random.default_rng(8)
    names = np.minimum(draw.zipf(1.4, N_TWEETS), 20_000)
    seconds = np.arange(N_TWEETS) * 4 * 86_400 / N_TWEETS
    arrival = np.argsort(seconds + draw.uniform(0, 290, N_TWEETS))
    with path.open("w") as file:
        for number in arrival.tolist():
            in_burst = number // 1_000 % 10 == 7 and number % 3 == 0
            name = f"Burst {number // 10_000}" if in_burst else f"Name {names[number]}"
            entity = {"type": "other", "text": name, "score": 0.7}
            record = {
                "id": number,
                "created_at": 1_700_000_000 + seconds[number],
                "author_id": number % 5_000,
                "entities": [entity],
            }
            file.write(json.dumps(record) + "\n")


def command(stream: Path, folder: Path) -> list[str]:
    output, state = str(folder / "out.jsonl"), str(folder / "state")
    options = ["--output", output, "--state", state, "--resume", "--all", "--max-forms", "2000"]
    return [sys.executable, "-m", "tweetner.cli", "trends", str(stream), *options]


def test_twenty_kills_leave_no_trace(tmp_path: Path) -> None:
    stream = tmp_path / "tagged.jsonl"
    write_stream(stream)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    subprocess.run(command(stream, whole), check=True)
    draw = random.Random(4)
    for _ in range(N_KILLS):
        with subprocess.Popen(command(stream, killed), stderr=subprocess.DEVNULL) as process:
            wait_for_saves(killed / "state", draw.randint(1, 25), process)
            time.sleep(draw.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    subprocess.run(command(stream, killed), check=True)
    for name in ("out.jsonl", "state"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def wait_for_saves(state: Path, n: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a state was saved `n` times."""
    before = state.stat().st_mtime_ns if state.exists() else 0
    while n and process.poll() is None:
        now = state.stat().st_mtime_ns if state.exists() else 0
        n -= now != before
        before = now
        time.sleep(0.0005)
