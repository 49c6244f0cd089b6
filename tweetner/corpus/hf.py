"""Tweets ⇄ `datasets`: features `id`, `tokens` and `ner_tags`, every code point kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from tweetner.corpus.annotation import TagReader
from tweetner.corpus.jsonl import (
    TAG_FIELDS,
    WORD_FIELDS,
    label_names,
    labels_of,
    warn_of_label_numbers,
)
from tweetner.corpus.reading import Reading, ReadOptions
from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.files import error_place, refuse_special
from tweetner.tags import tags_of

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features


def to_dataset_dict(corpus: Corpus) -> "DatasetDict":
    """Build one `Dataset` per split; tags are `ClassLabel`s in the order of the declared types."""
    from datasets import Dataset, DatasetDict

    features = _features(corpus.types)
    return DatasetDict(
        {
            split: Dataset.from_dict(_columns(tweets), features=features)
            for split, tweets in corpus.splits.items()
        }
    )


def _features(types: Sequence[str]) -> "Features":
    from datasets import ClassLabel, Features, List, Value

    return Features(
        {
            "id": Value("string"),
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=tags_of(types))),
        }
    )


def _columns(tweets: Sequence[Tweet]) -> dict[str, list[Any]]:
    return {
        "id": [tweet.id for tweet in tweets],
        "tokens": [list(tweet.words) for tweet in tweets],
        "ner_tags": [list(tweet.gold) for tweet in tweets],
    }


def from_dataset(dataset: "Dataset", **options: Unpack[ReadOptions]) -> list[Tweet]:
    """Read the tweets of a `Dataset`: the inverse of `to_dataset_dict` for one split.

    Tags may be strings, a `ClassLabel` with names in any order, or numbers in the order of the
    declared types, which are by default those of the `ClassLabel`.

    Raises:
        ValueError: A column of words or tags is missing, or a label or a tag is unknown.
    """
    if options.get("types") is None:
        options["types"] = declared_types(dataset, options.get("columns", ()))
    return tweets_of_dataset(dataset, Path("dataset"), TagReader(Reading(**options)))


def tweets_of_dataset(dataset: "Dataset", path: Path, tag_reader: TagReader) -> list[Tweet]:
    """Read the tweets of a `Dataset` with the tag reader of the whole corpus."""
    columns = tag_reader.reading.columns
    with error_place(path):
        word_column, tag_column = _fields(dataset, columns)
        names = _tag_names(dataset, tag_column)
    values = dataset.to_dict()
    ids = values.get("id", [*range(1, len(dataset) + 1)])
    if None in ids:
        raise ValueError(f"{path}: row {ids.index(None) + 1}: expected an id, got null")
    tweets = []
    has_numbers = False
    for id_, words, tags in zip(ids, values[word_column], values[tag_column], strict=True):
        with error_place(f"{path}: tweet {str(id_)!r}"):
            _check_row(words, tags)
            is_numbered = bool(tags) and isinstance(tags[0], int)
            has_numbers = has_numbers or is_numbered
            named = tags
            if is_numbered:
                named = label_names(tags, names or labels_of(tag_reader.reading))
        with error_place(path):
            written = Tweet(str(id_), tuple(words), tuple(named))
        tweet = tag_reader.read_tweet(written, str(path))
        if tweet is not None:
            tweets.append(tweet)
    if has_numbers and not names:
        warn_of_label_numbers(path, tag_reader)
    tag_reader.finish(str(path))
    return tweets


def _check_row(words: Any, tags: Any) -> None:
    if words is None or None in words or tags is None or None in tags:
        raise ValueError("expected words and labels, got null")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"expected words that are strings, got {words}")
    if not isinstance(tags, list):
        raise ValueError(f"expected a list of tags, got {tags}")


def declared_types(dataset: "Dataset", columns: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Return the types that a dataset's tag names declare, in their order; None without names."""
    names = _tag_names(dataset, _fields(dataset, columns)[1])
    return tuple(dict.fromkeys(name[2:] for name in names if name[1:2] == "-")) or None


def _tag_names(dataset: "Dataset", tag_column: str) -> list[str]:
    """Return the names of the labels, in their order; none for tags that are strings or numbers."""
    names = getattr(getattr(dataset.features[tag_column], "feature", None), "names", None)
    return list(names or [])


def _fields(dataset: "Dataset", columns: Sequence[str]) -> tuple[str, str]:
    """Return the columns of the words and of the tags."""
    features = dataset.features
    found = []
    for usual, given in ((WORD_FIELDS, columns[:1]), (TAG_FIELDS, columns[1:2])):
        names = [name for name in given or usual if name in features]
        if not names:
            expected = " and ".join(columns[:2] or ("tokens", "ner_tags"))
            raise ValueError(
                f"expected columns {expected}, got {features}; --columns WORDS TAGS names others"
            )
        found.append(names[0])
    return found[0], found[1]


def is_saved_dataset(path: Path) -> bool:
    """Return whether the path is a folder of `Dataset.save_to_disk` or a Parquet file."""
    return path.suffix == ".parquet" or (path / "state.json").is_file()


def open_dataset(path: Path) -> "Dataset":
    """Open a saved `Dataset` or a Parquet file, without leaving a copy in a cache.

    Raises:
        ValueError: The file is not Parquet, or the folder is damaged.
    """
    import pyarrow.parquet
    from datasets import Dataset

    refuse_special(path)
    try:
        if path.is_dir():
            return Dataset.load_from_disk(str(path), keep_in_memory=True)
        return Dataset(pyarrow.parquet.read_table(path))
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        kind = "a folder of Dataset.save_to_disk" if path.is_dir() else "Parquet"
        raise ValueError(f"{path}: expected {kind}: {str(error).splitlines()[0]}") from None
