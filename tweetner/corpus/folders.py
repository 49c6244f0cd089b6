"""Corpus files by split and form: CoNLL, CSV, JSONL, Parquet, `Dataset.save_to_disk`."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tweetner.corpus.annotation import TagReader, UndeclaredTypeError
from tweetner.corpus.conll import tweets_of, write_conll
from tweetner.corpus.exchange.docbin import read_docbin
from tweetner.corpus.exchange.files import record_of_tweet, suffix_of, write_annotations
from tweetner.corpus.exchange.formats import ANNOTATION_FORMS
from tweetner.corpus.hf import (
    declared_types,
    is_saved_dataset,
    open_dataset,
    to_dataset_dict,
    tweets_of_dataset,
)
from tweetner.corpus.jsonl import tweets_of_jsonl, tweets_of_records, write_jsonl
from tweetner.corpus.reading import Reading
from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.files import atomic_write, error_place, open_plain, parse_object, write_json
from tweetner.tags import WNUT16_TYPES

FORMS = ("datasets", "parquet", "jsonl", "conll", *ANNOTATION_FORMS)
SPLITS = {
    **dict.fromkeys(("train", "training", "trn"), "train"),
    **dict.fromkeys(("dev", "devel", "development", "validation", "valid", "val", "testa"), "dev"),
    **dict.fromkeys(("test", "testing", "tst", "testb"), "test"),
}
SUFFIXES = (
    *(".conll", ".txt", ".tsv", ".csv", ".bio", ".bioes", ".bilou", ".bmes", ".iob", ".iob1"),
    *(".iob2", ".bieo", ".bieos", ".ner", ".annotated", ".jsonl", ".json", ".parquet", ".spacy"),
)
WRITTEN_SUFFIXES = (".parquet", ".jsonl", ".json", ".conll", ".spacy")
DESCRIPTION = "corpus.json"
"""The types and the file of each split, where CoNLL or JSONL files alone do not tell them."""

SHARD = re.compile(r"-(\d{5})-of-(\d{5})$")

Files = dict[str, list[Path]]
"""Split → its files, one after the other."""


def find_splits(path: Path) -> Files:
    """Find the files of each split of a folder, or of a single file.

    A folder's splits are its saved datasets and the files whose names say train, dev or test: bare
    (`train`, `train.bmes`), as shards (`train-00000-of-00002.parquet`), as an ending (`x.train`) or
    as a part (`x_train.txt`), also in a folder `data`. A folder that `save_corpus` wrote describes
    its splits itself. A file or a single saved dataset is one split.

    Raises:
        ValueError: A folder has no split, two files for one, or lacks part of a saved dataset.
    """
    if not path.is_dir() or is_saved_dataset(path):
        return {split_of(path)[0] or path.stem: [path]}
    described = _described_files(path)
    if described:
        return described
    parts = sorted(path.iterdir())
    splits = _named_splits(parts)
    if not splits and (path / "data").is_dir():
        return find_splits(path / "data")
    if not splits:
        raise ValueError(
            f"{path}: expected files train, dev, test (as train, train.conll, x_train.txt, "
            f"x.train), got {_listed(parts)}; --train_file, --dev_file, --test_file name others"
        )
    for split, files in splits.items():
        _check_shards(path, split, files)
    for split in _declared_splits(path):
        if split not in splits:
            raise ValueError(
                f"{path}: expected the dataset {split}, as dataset_dict.json says, got none"
            )
    known = ["train", "dev", "test"]
    order = [*known, *(split for split in splits if split not in known)]
    return {split: splits[split] for split in order if split in splits}


def _named_splits(parts: Iterable[Path]) -> Files:
    """Group files by the split that they are named after; exact names win over partial ones."""
    ranks: dict[str, dict[int, list[Path]]] = {}
    for part in parts:
        split, rank = split_of(part)
        if not split and is_saved_dataset(part):
            split = part.stem
        if split:
            ranks.setdefault(split, {}).setdefault(rank, []).append(part)
    return {split: by_rank[min(by_rank)] for split, by_rank in ranks.items()}


def split_of(path: Path) -> tuple[str, int]:
    """Return the split that a file or saved dataset is named after, and 0 if exactly, else 1.

    >>> [split_of(Path(name)) for name in ("valid", "eng.testa", "x_train.txt", "train.py")]
    [('dev', 0), ('dev', 1), ('train', 1), ('', 1)]
    """
    ending = path.suffix.lower().removeprefix(".")
    is_file = not path.is_dir() or is_saved_dataset(path)
    if not is_file or (ending and f".{ending}" not in SUFFIXES and ending not in SPLITS):
        return "", 1
    name = SHARD.sub("", path.stem).lower()
    if name in SPLITS:
        return SPLITS[name], 0
    if ending in SPLITS:
        return SPLITS[ending], 1
    found = {SPLITS[word] for word in re.split(r"[._\- ]", name) if word in SPLITS}
    return (found.pop(), 1) if len(found) == 1 else ("", 1)


def _listed(parts: Sequence[Path]) -> str:
    names = [part.name + "/" * part.is_dir() for part in parts]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more if names else "an empty folder"


def _check_shards(folder: Path, split: str, files: Sequence[Path]) -> None:
    """Refuse two files for one split, unless they are all its shards."""
    matches = [SHARD.search(file.stem) for file in files]
    shards = [shard for shard in matches if shard]
    if len(files) > 1 and len(shards) < len(files):
        raise ValueError(
            f"{folder}: expected one {split}, got {' and '.join(file.name for file in files)}; "
            f"--{split}_file names the one to read"
        )
    totals = {int(shard[2]) for shard in shards}
    if shards and totals != {len(files)}:
        raise ValueError(
            f"{folder}: expected {max(totals)} shards of {split}, got {_listed(files)}"
        )


def _described_files(folder: Path) -> Files:
    description = read_description(folder)
    return {split: [folder / name] for split, name in description.get("files", {}).items()}


def read_description(folder: Path) -> dict[str, Any]:
    """Return what `save_corpus` wrote about a folder, if anything."""
    path = folder / DESCRIPTION
    if not path.is_file():
        return {}
    with error_place(path):
        return parse_object(path.read_text(encoding="utf-8"))


def _declared_splits(folder: Path) -> list[str]:
    """Return the splits that `DatasetDict.save_to_disk` began to write."""
    written = folder / "dataset_dict.json"
    if not written.is_file():
        return []
    with error_place(written):
        splits = json.loads(written.read_text(encoding="utf-8")).get("splits", [])
    return [SPLITS.get(split, split) for split in splits]


def read_splits(name: str, splits: Mapping[str, Sequence[Path]], reading: Reading) -> Corpus:
    """Read the files of each split, in any form.

    The types are those given, else those of the first saved dataset or of the folder's description,
    else WNUT-16's.

    Raises:
        ValueError: Names the file and the line or the tweet; undeclared types of all files at once.
    """
    paths = [path for files in splits.values() for path in files]
    if reading.types is None:
        reading = replace(reading, types=_own_types(paths, reading))
    tag_reader = TagReader(reading)
    undeclared: UndeclaredTypeError | None = None
    tweets: dict[str, list[Tweet]] = {}
    for split, files in splits.items():
        tweets[split] = []
        for path in files:
            try:
                tweets[split] += _read_file(path, tag_reader)
            except UndeclaredTypeError as error:
                undeclared = error
    if undeclared:
        raise undeclared
    tag_reader.warn_unused_rules(name)
    return Corpus(name, reading.declared, tweets)


def _own_types(paths: Iterable[Path], reading: Reading) -> Sequence[str] | None:
    """Return the types that a corpus declares itself."""
    for path in paths:
        if is_saved_dataset(path):
            with error_place(path):
                types = declared_types(open_dataset(path), reading.columns)
        else:
            description = read_description(path.parent)
            is_described = path.name in description.get("files", {}).values()
            types = description.get("types") if is_described else None
        if types:
            return tuple(types)
    return None


def _read_file(path: Path, tag_reader: TagReader) -> list[Tweet]:
    if is_saved_dataset(path):
        tweets = tweets_of_dataset(open_dataset(path), path, tag_reader)
    elif path.suffix in (".jsonl", ".json"):
        tweets = tweets_of_jsonl(path, tag_reader)
    elif path.suffix == ".spacy":
        tweets = tweets_of_records(path, read_docbin(path), tag_reader)
    else:
        with open_plain(path) as lines:
            tweets = list(tweets_of(lines, str(path), tag_reader.reading, tag_reader))
    if not tweets:
        raise ValueError(f"{path}: expected at least one tweet, got none")
    for tweet in tweets:
        if not tweet.words:
            raise ValueError(f"{path}: tweet {tweet.id!r}: expected at least one word, got none")
    return tweets


def save_corpus(
    corpus: Corpus, folder: Path, *, form: str = "datasets", force: bool = False
) -> None:
    """Write a corpus as a folder: one saved dataset, or one file per split, whole or not at all.

    Args:
        corpus: The corpus.
        folder: The folder to write; `load_corpus` reads it again, with its types.
        form: One of `FORMS`; only CoNLL loses the ids.
        force: Replace a folder that contains a corpus.

    Raises:
        ValueError: The folder exists and may not be replaced, or the form cannot hold a tweet.
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
    """Refuse a folder that contains anything but a corpus."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder, got a file")
    for part in folder.iterdir():
        is_corpus = part.suffix in WRITTEN_SUFFIXES or is_saved_dataset(part)
        if not is_corpus and part.name not in ("dataset_dict.json", DESCRIPTION):
            raise ValueError(
                f"{folder}: holds {part.name}, which is no part of a corpus; not replaced"
            )


def _write_files(corpus: Corpus, folder: Path, form: str) -> None:
    if form == "parquet":
        for split, dataset in to_dataset_dict(corpus).items():
            dataset.to_parquet(str(folder / f"{split}.parquet"))
        return
    files = {split: split + suffix_of(form) for split in corpus.splits}
    for split, tweets in corpus.splits.items():
        path = folder / files[split]
        if form in ANNOTATION_FORMS:
            write_annotations(path, form, [record_of_tweet(tweet) for tweet in tweets])
        else:
            (write_conll if form == "conll" else write_jsonl)(path, tweets)
    if corpus.types != WNUT16_TYPES or not set(corpus.splits) <= {*SPLITS.values()}:
        write_json({"types": list(corpus.types), "files": files}, folder / DESCRIPTION)
