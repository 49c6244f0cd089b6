"""Tagging the partitions of a dask.dataframe."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pandas as pd

from tweetner.hub import resolve
from tweetner.streams.cluster.workers import tagger_of
from tweetner.streams.parquet import ENTITIES, without_surrogates_in

if TYPE_CHECKING:
    from dask.dataframe import DataFrame

    from tweetner.tagger import Tagger

ENTITIES_DTYPE = pd.ArrowDtype(ENTITIES)
"""A typed column, so that partitions without entities have the type of the others."""

BATCH_TWEETS = 1024
ONE_AT_A_TIME = Lock()
"""dask.dataframe's own scheduler has many threads, but a model already uses all cores."""


def tag_partitions(
    frame: "DataFrame", model: str | Path, column: str = "text", *, hub: str | Path | None = None
) -> "DataFrame":
    """Return the frame with a column `entities`: the list of dicts that a `Tagger` gives.

    The result is lazy. Each process loads the model once. A missing tweet has missing entities.

    Args:
        frame: A frame with a column of raw tweets.
        model: As for `tweetner.load`. All workers use the revision that it means now, at the path
            that it has here.
        column: The column that holds the tweets.
        hub: As for `tweetner.load`.

    Raises:
        ValueError: The column is missing or does not hold strings, or there is no such model.
    """
    dtypes = frame.dtypes
    if column not in dtypes or not pd.api.types.is_string_dtype(dtypes[column]):
        found = ", ".join(f"{name} ({dtype})" for name, dtype in dtypes.items())
        raise ValueError(f"expected a column {column!r} of strings, got {found}")
    meta = frame._meta.assign(entities=pd.array([], dtype=ENTITIES_DTYPE))
    return frame.map_partitions(_tag_partition, resolve(model, hub=hub), column, meta=meta)


def _tag_partition(frame: pd.DataFrame, model: Path, column: str) -> pd.DataFrame:
    tweets = frame[column]
    with ONE_AT_A_TIME:
        found = _entities(tagger_of(model), tweets.dropna().tolist())
        entities = [None if is_missing else next(found) for is_missing in tweets.isna()]
    return frame.assign(entities=pd.array(entities, dtype=ENTITIES_DTYPE))


def _entities(tagger: "Tagger", tweets: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(tweets), BATCH_TWEETS):
        yield from map(without_surrogates_in, tagger(tweets[start : start + BATCH_TWEETS]))
