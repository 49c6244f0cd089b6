"""`--data NAME | FOLDER | FILE`, optionally with `:SPLIT` → a corpus.

NAME is `wnut16` or `sample`; a folder of that name is written `./sample`. `find_splits` says what a
FOLDER or FILE may be. A path that exists is never divided at its colon.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar, Unpack

from tweetner.corpus.annotation import TagReader
from tweetner.corpus.folders import Files, find_splits, read_splits
from tweetner.corpus.reading import SPLIT_FILES, Reading, ReadOptions
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
    files: Mapping[str, Sequence[str]] | None = None,
    download: bool | None = None,
    **options: Unpack[ReadOptions],
) -> Corpus:
    """Load all splits of a corpus, or the one that `:SPLIT` names.

    Args:
        data: `NAME`, `FOLDER` or `FILE`, each with an optional `:SPLIT`.
        files: The files of some splits, instead of those found in `data`.
        download: Whether `wnut16` may be downloaded; see `find_wnut16`.
        options: How a FOLDER or FILE is written; see `Reading`.

    Raises:
        ValueError: Says what was expected and what exists, or what is wrong in which file.
    """
    reading = Reading(**options)
    given = {split: [*map(Path, paths)] for split, paths in (files or {}).items() if paths}
    if given:
        return read_splits(*_given_files(data, given), reading)
    source, split = parse_source(data)
    if source == "sample":
        return _read_sample(_select(load_sample(), split, data), reading)
    if source == "wnut16":
        found = {split: [path] for split, path in find_wnut16(download=download).items()}
    else:
        found = find_splits(Path(source))
    name = source if source in NAMES else corpus_label(Path(source).stem, is_path=True)
    return read_splits(name, _select(found, split, data), reading)


def _given_files(data: str, given: Files) -> tuple[str, Files]:
    """Return the name of a corpus whose files are given, and the files of all its splits.

    Raises:
        ValueError: A file does not exist; or splits are missing and `data` is a named corpus.
    """
    for split, paths in given.items():
        for path in paths:
            if not path.exists():
                raise ValueError(f"{split}_file: expected an existing file, got {path}")
    missing = [split for split in SPLIT_FILES if split not in given]
    if not missing:
        folder = next(iter(given.values()))[0].resolve().parent
        return corpus_label(folder.name, is_path=True), given
    if data in NAMES:
        raise ValueError(
            f"expected {', '.join(f'{split}_file' for split in missing)} too, or a folder as data: "
            f"the splits of {data} are not mixed with other files"
        )
    source, _ = parse_source(data)
    try:
        found = find_splits(Path(source))
    except ValueError:
        found = {}  # names of files that say no split are why files are given
    both = {**found, **given}
    splits = {split: both[split] for split in SPLIT_FILES if split in both}
    return corpus_label(Path(source).stem, is_path=True), splits


def _read_sample(splits: Mapping[str, list[Tweet]], reading: Reading) -> Corpus:
    """Return the sample, its types renamed if the options say so."""
    if not reading.map_types:
        return Corpus("sample", WNUT16_TYPES, dict(splits))
    tag_reader = TagReader(reading)
    renamed: dict[str, list[Tweet]] = {}
    for split, tweets in splits.items():
        read = [tag_reader.read_tweet(tweet, f"sample:{split}") for tweet in tweets]
        renamed[split] = [tweet for tweet in read if tweet]
    tag_reader.finish("sample")
    return Corpus("sample", reading.declared, renamed)


def load_tweets(
    data: str, *, download: bool | None = None, **options: Unpack[ReadOptions]
) -> list[Tweet]:
    """Load the tweets of one split: `wnut16:test`, `folder:dev`, `my.conll`.

    Raises:
        ValueError: As `load_corpus`; or there are several splits and none is named.
    """
    splits = load_corpus(data, download=download, **options).splits
    if len(splits) > 1:
        raise ValueError(
            f"{data}: expected one split, got {', '.join(splits)}; "
            f"name one, as {data}:{[*splits][-1]}"
        )
    return next(iter(splits.values()))


def parse_source(data: str) -> tuple[str, str | None]:
    """Divide `SOURCE:SPLIT`.

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


def corpus_label(data: str, *, is_path: bool = False) -> str:
    """Return the name of a corpus for readers: a folder is never mistaken for a named corpus.

    >>> [corpus_label(data) for data in ("sample", "/tmp/my", "./sample:test", "wnut16:test")]
    ['sample', 'my', './sample:test', 'wnut16:test']

    Args:
        data: As for `load_corpus`.
        is_path: Whether `data` names a folder or file even if it is one of `NAMES`.
    """
    name = Path(data).name
    is_named = not is_path and data.partition(":")[0] in NAMES
    return f"./{name}" if name.partition(":")[0] in NAMES and not is_named else name


def _select(splits: Mapping[str, Value], split: str | None, data: str) -> dict[str, Value]:
    if split is None:
        return dict(splits)
    if split not in splits:
        raise ValueError(f"{data}: expected a split {', '.join(splits)}, got {split!r}")
    return {split: splits[split]}


def load_run_splits(
    data: str,
    *,
    split: str,
    files: Mapping[str, Sequence[str]] | None = None,
    **options: Unpack[ReadOptions],
) -> tuple[Corpus, dict[str, list[Tweet]]]:
    """Load the corpus of a run, and the tweets of its train, dev and test.

    Args:
        data: As for `load_corpus`.
        split: `corpus` for its own splits; with `notebook`, dev is the notebook's fifth of train.
        files: As for `load_corpus`.
        options: As for `load_corpus`.

    Raises:
        ValueError: One of the three has no tweet.
    """
    corpus = load_corpus(data, files=files, **options)
    for name in ("train", "dev", "test"):
        if not corpus.splits.get(name):
            raise ValueError(
                f"{data}: expected splits train, dev and test with tweets, {name} has none; "
                f"--{name}_file names its file"
            )
    splits = {name: list(corpus.splits[name]) for name in ("train", "dev", "test")}
    if split == "notebook":
        splits["train"], splits["dev"] = notebook_split(splits["train"])
    return corpus, splits
