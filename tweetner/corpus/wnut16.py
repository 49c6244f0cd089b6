"""Where the files of the corpus `wnut16` are: the user's folder, the cache, or (only when asked) the public repository.

The corpus is that of the WNUT 2016 shared task (Strauss, Toma, Ritter, de Marneffe, Xu 2016); it is no part of this
package. What is downloaded is pinned to one commit and checked by sha256.
"""

import hashlib
import logging
import os
from pathlib import Path

from tweetner.files import replacing

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
    """The file of each split, from the first place that has all three.

    1. `$TWEETNER_DATA/wnut16`: the user's own; files with another sha256 are taken, with a warning.
    2. `$XDG_CACHE_HOME/tweetner/wnut16` (default `~/.cache`): files with another sha256 do not count.
    3. A download into that cache, if `download` is true or, where it is None, if `$TWEETNER_DOWNLOAD` is 1.

    Raises:
        ValueError: None of them works; says which ways there are.
    """
    if data := os.environ.get("TWEETNER_DATA"):
        paths = _paths(Path(data) / "wnut16")
        if all(path.is_file() for path in paths.values()):
            _warn_of_changes(paths)
            return paths
    paths = _paths(_cache())
    missing = [
        split
        for split, path in paths.items()
        if not path.is_file() or _sha256(path) != SHA256[split]
    ]
    if missing and not (
        os.environ.get("TWEETNER_DOWNLOAD") == "1" if download is None else download
    ):
        raise ValueError(
            f"wnut16 is not here: set TWEETNER_DATA to a folder that holds wnut16/train, dev and test; or put these "
            f"files, as published, into {_cache()}; or set TWEETNER_DOWNLOAD=1 to fetch them from {URL}"
        )
    for split in missing:
        _download(f"{URL}/{split}", paths[split], SHA256[split])
    return paths


def _paths(folder: Path) -> dict[str, Path]:
    return {split: folder / split for split in SHA256}


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tweetner" / "wnut16"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _warn_of_changes(paths: dict[str, Path]) -> None:
    for split, path in paths.items():
        if (got := _sha256(path)) != SHA256[split]:
            logger.warning(
                "%s: expected sha256 %s, got %s; used as it is", path, SHA256[split], got
            )


def _download(url: str, path: Path, sha256: str) -> None:
    from http.client import HTTPException
    from urllib.request import urlopen

    logger.info("downloading %s", url)
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as response:
            content = response.read()
    except (OSError, HTTPException) as error:
        raise ValueError(f"{url}: download failed: {error}") from None
    if (got := hashlib.sha256(content).hexdigest()) != sha256:
        raise ValueError(f"{url}: expected sha256 {sha256}, got {got}; nothing was kept")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
