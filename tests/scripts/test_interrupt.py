"""Ctrl-C ends every script in one line with status 130, also while it imports its libraries."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.name for path in (ROOT / "scripts").glob("*.py"))

INTERRUPTED_IMPORT = """
import runpy, sys
from importlib.abc import MetaPathFinder

class CtrlC(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if "tweetner.cli" in sys.modules and hasattr(sys.modules["tweetner.cli"], "parser"):
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script with Ctrl-C at the first import after that of `tweetner.cli`."""


def environment() -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "scripts")])
    return os.environ | {"PYTHONPATH": paths, "HF_HUB_OFFLINE": "1"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_ctrl_c_while_a_script_imports_is_one_line(script: str, tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT, str(ROOT / "scripts" / script), "--help"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (130, "interrupted\n")


@pytest.mark.slow
def test_ctrl_c_while_a_script_trains_is_one_line(tmp_path: Path) -> None:
    sizes = ["--embedding_size", "8", "--lstm_size", "8", "--batch_size", "1", "--epochs", "500"]
    options = ["--model", "bilstm", "--data", "sample", "--name", "long", *sizes]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "finetune.py"), *options],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a background job ignores it
    )
    assert process.stderr is not None
    printed = ""
    while "/500 [" not in printed and "it/s" not in printed and process.poll() is None:
        printed += process.stderr.read(1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    printed += process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 130, printed[-2000:]
    assert printed.count("interrupted\n") == 1
    assert "Traceback" not in printed
