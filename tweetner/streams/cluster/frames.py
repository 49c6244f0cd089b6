"""A dask.dataframe of tweets → the same with their entities."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from tweetner.hub import resolve
from tweetner.streams.cluster.workers import tagger_of
from tweetner.tokenization import without_surrogates

if TYPE_CHECKING:
    from dask.dataframe import DataFrame

    from tweetner.tagger import Tagger

OFFSET = pa.int32()
ENTITY = {
    "type": pa.string(),
    "text": pa.string(),
    "start": OFFSET,
    "end": OFFSET,
    "score": pa.float64(),
}
ENTITIES = pd.ArrowDtype(pa.list_(pa.struct(ENTITY)))
"""Of the column `entities`: typed, so that partitions without entities agree with the others, also in Parquet."""

BATCH_TWEETS = 1024
ONE_AT_A_TIME = Lock()
"""Threads of a process take turns, for dask.dataframe's own scheduler has many and a model uses all cores by itself."""


def tag_partitions(
    frame: "DataFrame", model: str | Path, column: str = "text", *, hub: str | Path | None = None
) -> "DataFrame":
    """A frame with one more column, `entities`: for each tweet the list of dicts that a `Tagger` gives.

    Lazy, as everything in dask.dataframe. A process loads the model once. A missing tweet has missing entities.

    Args:
        frame: With a column of raw tweets.
        model: As for `tweetner.load`; all workers use the revision that it means now, at the path that it has here.
        column: That holds the tweets.
        hub: As for `tweetner.load`.

    Raises:
        ValueError: The column is missing or not of strings, or there is no such model.
    """
    dtypes = frame.dtypes
    if column not in dtypes or not pd.api.types.is_string_dtype(dtypes[column]):
        found = ", ".join(f"{name} ({dtype})" for name, dtype in dtypes.items())
        raise ValueError(f"expected a column {column!r} of strings, got {found}")
    meta = frame._meta.assign(entities=pd.array([], dtype=ENTITIES))
    return frame.map_partitions(_tag_partition, resolve(model, hub=hub), column, meta=meta)


def _tag_partition(frame: pd.DataFrame, model: Path, column: str) -> pd.DataFrame:
    tweets = frame[column]
    with ONE_AT_A_TIME:
        found = _entities(tagger_of(model), tweets.dropna().tolist())
        entities = [None if missing else next(found) for missing in tweets.isna()]
    return frame.assign(entities=pd.array(entities, dtype=ENTITIES))


def _entities(tagger: "Tagger", tweets: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(tweets), BATCH_TWEETS):
        for entities in tagger(tweets[start : start + BATCH_TWEETS]):
            yield [entity | {"text": without_surrogates(entity["text"])} for entity in entities]
