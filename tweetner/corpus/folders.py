"""Corpus files by split and form: CoNLL, JSONL, Parquet, and the folders of `Dataset.save_to_disk`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tweetner.corpus.conll import read_conll, write_conll
from tweetner.corpus.hf import (
    declared_types,
    from_dataset,
    is_saved_dataset,
    open_dataset,
    to_dataset_dict,
)
from tweetner.corpus.jsonl import read_jsonl, write_jsonl
from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.files import atomic_write, error_place
from tweetner.tags import WNUT16_TYPES, check_tag, tags_of

FORMS = ("datasets", "parquet", "jsonl", "conll")
SPLITS = {"train": "train", "dev": "dev", "validation": "dev", "valid": "dev", "test": "test"}
SUFFIXES = ("", ".conll", ".txt", ".tsv", ".bio", ".iob", ".iob2", ".jsonl", ".parquet")

WRITTEN_SUFFIXES = (".parquet", ".jsonl", ".conll")


def find_splits(path: Path) -> dict[str, Path]:
    """Where each split of a folder or a file is.

    A folder's splits are its saved datasets, and its files called train, dev (or validation, valid) and test, bare or
    with one of `SUFFIXES`. A file is one split of its own, and so is a single saved dataset.

    Raises:
        ValueError: A folder has no split, or two files for one, or lacks one of a saved `DatasetDict`.
    """
    if not path.is_dir() or is_saved_dataset(path):
        return {_split_of(path): path}
    splits: dict[str, Path] = {}
    for part in sorted(path.iterdir()):
        if is_saved_dataset(part) or (
            not part.is_dir() and part.stem in SPLITS and part.suffix in SUFFIXES
        ):
            if (split := _split_of(part)) in splits:
                raise ValueError(
                    f"{path}: expected one {split}, got {splits[split].name} and {part.name}"
                )
            splits[split] = part
    if not splits:
        raise ValueError(
            f"{path}: expected files train, dev, test (bare or {', '.join(SUFFIXES[1:])}), got none"
        )
    if missing := [split for split in _declared_splits(path) if split not in splits]:
        raise ValueError(
            f"{path}: expected the dataset {missing[0]}, as dataset_dict.json says, got none"
        )
    return {split: splits[split] for split in sorted(splits, key=_split_order)}


def _declared_splits(folder: Path) -> list[str]:
    """The splits that `DatasetDict.save_to_disk` began to write; after an interrupted copy some may be missing."""
    written = folder / "dataset_dict.json"
    if not written.is_file():
        return []
    with error_place(written):
        return [
            _split_of(Path(split))
            for split in json.loads(written.read_text(encoding="utf-8")).get("splits", [])
        ]


def _split_of(path: Path) -> str:
    return SPLITS.get(path.stem, path.stem)


def _split_order(split: str) -> tuple[int, str]:
    known = [*SPLITS]
    return (known.index(split) if split in known else len(known)), split


def read_splits(
    name: str,
    paths: Mapping[str, Path],
    *,
    types: Sequence[str] | None = None,
    scheme: str = "IOB2",
) -> Corpus:
    """Read the file of each split, in whatever form it is.

    Args:
        name: The corpus's name.
        paths: Where each split is.
        types: The declared types; by default those of the first saved dataset or Parquet file, else WNUT-16's.
        scheme: The tagging scheme of CoNLL files.

    Raises:
        ValueError: Names the file and the line or the tweet.
    """
    datasets = {
        split: open_dataset(path) for split, path in paths.items() if is_saved_dataset(path)
    }
    if types is None and datasets:
        first = next(iter(datasets))
        with error_place(paths[first]):
            types = declared_types(datasets[first])
    types = WNUT16_TYPES if types is None else types
    splits = {}
    for split, path in paths.items():
        if split in datasets:
            with error_place(path):
                splits[split] = from_dataset(datasets[split])
        else:
            splits[split] = _read_file(path, types, scheme)
        _check_tweets(splits[split], types, path)
    return Corpus(name, tuple(types), splits)


def _read_file(path: Path, types: Sequence[str], scheme: str) -> list[Tweet]:
    return (
        read_jsonl(path)
        if path.suffix == ".jsonl"
        else read_conll(path, types=types, scheme=scheme)
    )


def _check_tweets(tweets: Sequence[Tweet], types: Sequence[str], path: Path) -> None:
    if not tweets:
        raise ValueError(f"{path}: expected at least one tweet, got none")
    declared = set(tags_of(types))
    for tweet in tweets:
        if not tweet.words:
            raise ValueError(f"{path}: tweet {tweet.id!r}: expected at least one word, got none")
        if not declared.issuperset(tweet.gold):
            with error_place(f"{path}: tweet {tweet.id!r}"):
                for tag in tweet.gold:
                    check_tag(tag, types)


def save_corpus(
    corpus: Corpus, folder: Path, *, form: str = "datasets", force: bool = False
) -> None:
    """Write a corpus as a folder: one saved dataset, or one file a split; it appears whole or not at all.

    Args:
        corpus: What to write.
        folder: Where to; `find_splits` reads it again.
        form: One of `FORMS`; only CoNLL forgets the ids.
        force: Replace a folder that holds a corpus.

    Raises:
        ValueError: The folder exists and may not be replaced, or a tweet cannot be written in this form.
    """
    if folder.exists():
        if not force:
            raise ValueError(f"{folder}: exists already; pass --force to replace it")
        _check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder) as temporary:
        if form == "datasets":
            to_dataset_dict(corpus).save_to_disk(str(temporary))
        else:
            temporary.mkdir()
            _write_files(corpus, temporary, form)


def _check_replaceable(folder: Path) -> None:
    """Refuse a folder that holds anything but a corpus."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder, got a file")
    for part in folder.iterdir():
        if not (
            part.suffix in WRITTEN_SUFFIXES
            or part.name == "dataset_dict.json"
            or is_saved_dataset(part)
        ):
            raise ValueError(
                f"{folder}: holds {part.name}, which is no part of a corpus; not replaced"
            )


def _write_files(corpus: Corpus, folder: Path, form: str) -> None:
    if form == "parquet":
        for split, dataset in to_dataset_dict(corpus).items():
            dataset.to_parquet(str(folder / f"{split}.parquet"))
        return
    write = {"conll": write_conll, "jsonl": write_jsonl}[form]
    for split, tweets in corpus.splits.items():
        write(folder / f"{split}.{form}", tweets)
