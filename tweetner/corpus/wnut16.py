"""The files of the corpus `wnut16`: the user's folder, the cache or, on demand, a download.

The corpus of the WNUT 2016 shared task (Strauss, Toma, Ritter, de Marneffe, Xu 2016) is not part of
this package. A download is pinned to one commit and verified by its SHA-256.
"""

import logging
import os
from pathlib import Path

from tweetner.files import atomic_write, sha256

logger = logging.getLogger(__name__)

URL = (
    "https://raw.githubusercontent.com/aritter/twitter_nlp/"
    "65f3d77134c40d920db8d431c5c6faef1c051c94/data/annotated/wnut16/data"
)
SHA256 = {
    "train": "5ec9db29c87fbf424860688fff08a485f6112137b930bb4799288399db9e153d",
    "dev": "d555eff2d24f05b032a17d892dda766f8e4dc0436404c17f4c1c6841472928fd",
    "test": "4d96d1908d4fdda27f3738bfb83d26e9b9e0996e22d8e0788de7c11c25af6896",
}
TIMEOUT_SECONDS = 30


def find_wnut16(*, download: bool | None = None) -> dict[str, Path]:
    """Return the file of each split, from the first place that has all three.

    1. `$TWEETNER_DATA/wnut16`: the user's own; a file with another SHA-256 causes a warning.
    2. `$XDG_CACHE_HOME/tweetner/wnut16` (default `~/.cache`), if their SHA-256 is right.
    3. A download into that cache, if `download` is true, or None and `$TWEETNER_DOWNLOAD` is 1.

    Raises:
        ValueError: No place has all three; says how to provide them.
    """
    data = os.environ.get("TWEETNER_DATA")
    if data:
        paths = _paths(Path(data) / "wnut16")
        if all(path.is_file() for path in paths.values()):
            _warn_of_changes(paths)
            return paths
    paths = _paths(_cache())
    missing = [split for split, path in paths.items() if not _is_verified(path, split)]
    if download is None:
        download = os.environ.get("TWEETNER_DOWNLOAD") == "1"
    if missing and not download:
        raise ValueError(
            "wnut16 is not here: set TWEETNER_DATA to a folder that holds wnut16/train, dev and "
            f"test; or put these files, as published, into {_cache()}; or set TWEETNER_DOWNLOAD=1 "
            f"to download them from {URL}"
        )
    for split in missing:
        _download(f"{URL}/{split}", paths[split], SHA256[split])
    return paths


def _paths(folder: Path) -> dict[str, Path]:
    return {split: folder / split for split in SHA256}


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tweetner" / "wnut16"


def _is_verified(path: Path, split: str) -> bool:
    return path.is_file() and sha256(path) == SHA256[split]


def _warn_of_changes(paths: dict[str, Path]) -> None:
    for split, path in paths.items():
        digest = sha256(path)
        if digest != SHA256[split]:
            logger.warning(
                "%s: expected sha256 %s, got %s; used as it is", path, SHA256[split], digest
            )


def _download(url: str, path: Path, expected: str) -> None:
    from http.client import HTTPException
    from urllib.request import urlopen

    logger.info("downloading %s", url)
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            content = response.read()
    except (OSError, HTTPException) as error:
        raise ValueError(f"{url}: download failed: {error}") from None
    digest = sha256(content)
    if digest != expected:
        raise ValueError(f"{url}: expected sha256 {expected}, got {digest}; nothing was kept")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
