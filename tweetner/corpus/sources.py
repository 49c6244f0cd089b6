"""`--data NAME | FOLDER | FILE`, with `:SPLIT` where one is meant → a corpus.

NAME is `wnut16` or `sample`, and wins over a folder of that name, which is written `./sample`. FOLDER and FILE are what
`find_splits` says. A path that exists is never parted at its colon.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tweetner.corpus.folders import find_splits, read_splits
from tweetner.corpus.sample import load_sample
from tweetner.corpus.splits import notebook_split
from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.corpus.wnut16 import find_wnut16
from tweetner.tags import WNUT16_TYPES

NAMES = ("wnut16", "sample")

Value = TypeVar("Value")


def load_corpus(
    data: str,
    *,
    types: Sequence[str] | None = None,
    scheme: str = "IOB2",
    download: bool | None = None,
) -> Corpus:
    """Load all splits of a corpus, or the one that `:SPLIT` names.

    Args:
        data: `NAME`, `FOLDER` or `FILE`, each with an optional `:SPLIT`.
        types: The declared types of a FOLDER or FILE; see `read_splits`.
        scheme: The tagging scheme of CoNLL files.
        download: Whether `wnut16` may be fetched; see `find_wnut16`.

    Raises:
        ValueError: Says what was expected and what exists, or what is wrong in which file.
    """
    source, split = parse_source(data)
    if source == "sample":
        return Corpus("sample", WNUT16_TYPES, _select(load_sample(), split, data))
    paths = find_wnut16(download=download) if source == "wnut16" else find_splits(Path(source))
    return read_splits(Path(source).stem, _select(paths, split, data), types=types, scheme=scheme)


def load_tweets(
    data: str,
    *,
    types: Sequence[str] | None = None,
    scheme: str = "IOB2",
    download: bool | None = None,
) -> list[Tweet]:
    """The tweets of one split: `wnut16:test`, `folder:dev`, `my.conll`.

    Raises:
        ValueError: As `load_corpus`; or there are several splits and none is named.
    """
    splits = load_corpus(data, types=types, scheme=scheme, download=download).splits
    if len(splits) > 1:
        raise ValueError(
            f"{data}: expected one split, got {', '.join(splits)}; name one, as {data}:{[*splits][-1]}"
        )
    return next(iter(splits.values()))


def parse_source(data: str) -> tuple[str, str | None]:
    """Part `SOURCE:SPLIT`.

    >>> parse_source("wnut16:test"), parse_source("sample")
    (('wnut16', 'test'), ('sample', None))

    Raises:
        ValueError: The source is neither a name nor an existing path.
    """
    source, split = data, None
    if ":" in data and not Path(data).exists():
        source, _, split = data.rpartition(":")
    if source not in NAMES and not (source and Path(source).exists()):
        raise ValueError(f"{data}: expected {', '.join(NAMES)}, or an existing folder or file")
    return source, split


def _select(splits: Mapping[str, Value], split: str | None, data: str) -> dict[str, Value]:
    if split is None:
        return dict(splits)
    if split not in splits:
        raise ValueError(f"{data}: expected a split {', '.join(splits)}, got {split!r}")
    return {split: splits[split]}


def load_run_splits(
    data: str, *, types: Sequence[str], scheme: str, split: str
) -> tuple[Corpus, dict[str, list[Tweet]]]:
    """The corpus of a run, and the tweets of its train, dev and test.

    Args:
        data: As for `load_corpus`.
        types: The declared types.
        scheme: The tagging scheme of CoNLL files.
        split: `corpus` for its own splits; with `notebook`, dev is the notebook's fifth of train.

    Raises:
        ValueError: One of the three has no tweet.
    """
    corpus = load_corpus(data, types=types, scheme=scheme)
    for name in ("train", "dev", "test"):
        if not corpus.splits.get(name):
            raise ValueError(
                f"{data}: expected splits train, dev and test with tweets, {name} has none"
            )
    splits = {name: list(corpus.splits[name]) for name in ("train", "dev", "test")}
    if split == "notebook":
        splits["train"], splits["dev"] = notebook_split(splits["train"])
    return corpus, splits
