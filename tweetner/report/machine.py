"""What a figure of speed was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> dict[str, str]:
    """Python, processor, threads and the versions of some packages."""
    return {
        "python": platform.python_version(),
        "processor": processor(),
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        **{package: version(package) for package in packages},
    }


def processor() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next(
        (line.split(": ")[1] for line in lines if line.startswith("model name")), platform.machine()
    )
