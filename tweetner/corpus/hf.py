"""Tweets ⇄ `datasets`: features `id`, `tokens` and `ner_tags`, every code point kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.files import refuse_special
from tweetner.tags import tags_of, types_of

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features


def to_dataset_dict(corpus: Corpus) -> "DatasetDict":
    """One `Dataset` a split, with the tags as `ClassLabel` in the order of the declared types."""
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


def from_dataset(dataset: "Dataset") -> list[Tweet]:
    """The tweets of a `Dataset`: the inverse of `to_dataset_dict` for one split.

    Raises:
        ValueError: `tokens` or `ner_tags` is missing or has no tag names, or a label is outside them.
    """
    names = _tag_names(dataset)
    columns = dataset.to_dict()
    ids = columns.get("id", [*range(1, len(dataset) + 1)])
    if None in ids:
        raise ValueError(f"row {ids.index(None) + 1}: expected an id, got null")
    rows = zip(ids, columns["tokens"], columns["ner_tags"], strict=True)
    return [_tweet(str(id_), words, labels, names) for id_, words, labels in rows]


def _tweet(
    id_: str, words: list[str] | None, labels: list[int] | None, names: Sequence[str]
) -> Tweet:
    if words is None or None in words or labels is None:
        raise ValueError(f"tweet {id_!r}: expected words and labels, got null")
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"tweet {id_!r}: expected words that are strings, got {words}")
    if any(label is None or not 0 <= label < len(names) for label in labels):
        raise ValueError(f"tweet {id_!r}: expected labels from 0 to {len(names) - 1}, got {labels}")
    return Tweet(id_, tuple(words), tuple(names[label] for label in labels))


def declared_types(dataset: "Dataset") -> tuple[str, ...]:
    """The types behind a `Dataset`'s tag names."""
    return tuple(types_of(_tag_names(dataset)))


def _tag_names(dataset: "Dataset") -> list[str]:
    features = dataset.features
    names = getattr(getattr(features.get("ner_tags"), "feature", None), "names", None)
    if "tokens" not in features or names is None:
        raise ValueError(
            f"expected columns tokens and ner_tags (List of ClassLabel), got {features}"
        )
    return list(names)


def is_saved_dataset(path: Path) -> bool:
    """Whether the path is a folder of `Dataset.save_to_disk` or a Parquet file."""
    return path.suffix == ".parquet" or (path / "state.json").is_file()


def open_dataset(path: Path) -> "Dataset":
    """Open a saved `Dataset`, without leaving a copy in a cache.

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
