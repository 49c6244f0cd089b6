"""Run Python scripts in new processes, and measure their memory."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks import taggers
from tweetner.hub import ModelFolder

PIPELINE = """
from transformers import pipeline
tag = pipeline(
    "token-classification", model={folder!r}, aggregation_strategy="first",
    device="cpu", batch_size={batch},
)
"""
TAGGER = """
import tweetner
tag = tweetner.load({folder!r}, backend={backend!r}, decoder={decoder!r})
"""
TAG = """
import sys
from tweetner.cli import main
if status := main(["tag", *sys.argv[1:]]):
    sys.exit(status)
"""
PEAK = """
import sys
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak, file=sys.stderr)
"""
"""Print the peak of the process itself; `getrusage` would count its parent's memory too."""


def pipeline_script(folder: Path) -> str:
    """Return a script that defines `tag` as transformers' pipeline."""
    return PIPELINE.format(folder=str(folder), batch=taggers.BATCH)


def tagger_script(folder: Path, backend: str | None = None) -> str:
    """Return a script that defines `tag` as our tagger, with the decoder of the pipeline."""
    return TAGGER.format(
        folder=str(folder), backend=backend, decoder=ModelFolder(folder).stock_decoder
    )


def output_of(script: str, *arguments: str) -> str:
    """Run a script in a new process and return what it prints.

    Raises:
        ValueError: It fails.
    """
    return _finished(script, "", *arguments).stdout


def peak_of(script: str, tweets: Iterable[str]) -> float:
    """Return the peak memory in MB of a process that defines `tag` and tags the tweets with it.

    Raises:
        ValueError: It fails.
    """
    script += "\nimport sys\ntag(sys.stdin.read().splitlines())\n" + PEAK
    return int(_finished(script, "\n".join(tweets)).stderr.split()[-1]) / 1024


def require_success(status: int, stderr: str) -> None:
    """Check the exit status of a process.

    Raises:
        ValueError: The status is not 0; the message has the last line of its stderr.
    """
    if status:
        raise ValueError(f"a process failed: {' '.join(stderr.splitlines()[-1:])}")


def _finished(script: str, given: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *arguments]
    finished = subprocess.run(
        command, input=given, capture_output=True, encoding="utf-8", check=False
    )
    require_success(finished.returncode, finished.stderr)
    return finished
