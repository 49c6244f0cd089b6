"""What every model folder holds beside its weights: where it comes from, what it scored, and the facts of its card."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tweetner.files import write_json


def write_origin(config: Any, packages: Sequence[str], folder: Path) -> dict[str, str]:
    """Write `run_config.json` and `environment.json`; returns the versions that the latter holds.

    Of an absolute path only the last name is written: a published folder tells nothing of the machine that made it.
    """
    values = {
        key: Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
        for key, value in asdict(config).items()
    }
    versions = {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }
    write_json(values, folder / "run_config.json")
    write_json(versions, folder / "environment.json")
    return versions
