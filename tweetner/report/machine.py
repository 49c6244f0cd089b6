"""The machine on which a speed was measured."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> dict[str, str]:
    """Return Python, processor, number of threads, and the versions of some packages."""
    return {
        "python": platform.python_version(),
        "processor": _processor(),
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        **{package: version(package) for package in packages},
    }


def _processor() -> str:
    """Return the processor's model name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = (line.split(": ")[1] for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
