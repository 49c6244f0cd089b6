"""Parquet files: tweets in, entities out, one row group at a time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet, types

from tweetner.streams.fields import Record, RecordOptions
from tweetner.streams.records import Done, decode_utf8
from tweetner.streams.twitter import TWEET_FIELDS
from tweetner.tokenization import without_surrogates

Row = dict[str, Any]

ROWS_READ = 1024
ROWS_PER_GROUP = 32_768

ENTITY = pa.struct(
    {
        "type": pa.string(),
        "text": pa.string(),
        "start": pa.int32(),
        "end": pa.int32(),
        "score": pa.float64(),
    }
)
ENTITIES = pa.list_(ENTITY)
"""The Arrow type of a tweet's entities."""


def without_surrogates_in(entities: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Replace the lone surrogates in the texts of entities by U+FFFD, because Arrow holds UTF-8."""
    return [{**entity, "text": without_surrogates(entity["text"])} for entity in entities]


def parquet_records(path: Path, options: RecordOptions, numbers: Iterator[int]) -> Iterator[Record]:
    """Yield a record for each row; a null in place of a tweet is an error.

    Args:
        path: A Parquet file.
        options: The fields that hold the tweets and their ids.
        numbers: The numbers of the records in the stream.

    Raises:
        ValueError: The file is not Parquet, or a column is missing, repeated, or of another type.
    """
    try:
        with parquet.ParquetFile(path) as file:
            columns = _columns(file.schema_arrow, options, path)
            text = columns[0]
            for batch in file.iter_batches(ROWS_READ, columns=columns):
                for row, number in zip(_rows(batch, text), numbers, strict=False):
                    plain = options.read_plain(row)
                    yield plain or _record(row, text, number, options, f"{path}: row {number}")
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise ValueError(f"{path}: expected Parquet: {str(error).splitlines()[0]}") from None


def _columns(schema: Any, options: RecordOptions, path: Path) -> list[str]:
    """Return the columns to read: those that the options name, and those that tweets have."""
    names = schema.names
    text = options.text_column(names)
    if names.count(text) != 1 or not _can_hold_text(schema.field(text).type, text, options):
        found = ", ".join(f"{field.name} ({field.type})" for field in schema)
        raise ValueError(f"{path}: expected one column {text!r} of strings, got {found}")
    try:
        used = options.check_columns(names)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    for column in {"id", options.id} & set(used):
        id_type = schema.field(column).type
        if not (_is_string(id_type) or types.is_integer(id_type)):
            raise ValueError(f"{path}: expected ids that are strings or integers, got {id_type}")
    return [*used, *(name for name in names if name in TWEET_FIELDS and name not in used)]


def _can_hold_text(type_: Any, column: str, options: RecordOptions) -> bool:
    is_nested = options.column is not None and options.column != column
    return bool(types.is_struct(type_)) if is_nested else _is_string(type_)


def _is_string(type_: Any) -> bool:
    return bool(types.is_string(type_) or types.is_large_string(type_))


def _rows(batch: Any, text: str) -> Iterator[Row]:
    names = batch.schema.names
    columns = [
        _texts(column) if name == text and _is_string(column.type) else _values(column)
        for name, column in zip(names, batch.columns, strict=True)
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _texts(column: Any) -> list[str | bytes | None]:
    """Return the strings of a column; those that are not UTF-8 stay bytes, and spoil no other."""
    try:
        texts: list[str | bytes | None] = column.to_pylist()
    except UnicodeDecodeError:
        texts = [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]
    return texts


def _decoded(value: bytes | None) -> str | bytes | None:
    try:
        return value if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _values(column: Any) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if _is_string(column.type) or types.is_integer(column.type):
        return values
    return [_plain(value) for value in values]


def _record(row: Row, text: str, number: int, options: RecordOptions, place: str) -> Record:
    if not isinstance(row[text], bytes):
        return options.read(row, number, place)
    readable = options.read({**row, text: ""}, number, place)
    try:
        decode_utf8(row[text])
    except ValueError as error:
        return Record(readable.id, error=f"{place}: {error}")
    return readable


def _plain(value: Any) -> Any:
    """Return a value of Arrow as JSON can hold it."""
    if isinstance(value, dict):
        plain: Any = {name: _plain(inner) for name, inner in value.items()}
    elif isinstance(value, list):
        plain = [_plain(inner) for inner in value]
    elif isinstance(value, bytes):
        plain = value.decode("utf-8", "backslashreplace")
    elif isinstance(value, date | time):
        plain = value.isoformat()
    elif isinstance(value, float) and not isfinite(value):
        plain = None
    elif value is None or isinstance(value, str | int | float):
        plain = value
    else:
        plain = str(value)
    return plain


class ParquetOutput:
    """Writes rows `id`, kept fields, `truncated`, `entities`, `error`.

    Ids and kept fields are integers if the first ones are; otherwise strings, and values of other
    kinds become JSON.
    """

    format = "parquet"
    done = Done()

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rows: list[Row] = []
        self._writer: Any = None

    def write(self, rows: Sequence[Row]) -> None:
        """Take rows, and write a row group when there are enough of them."""
        self._rows += rows
        if len(self._rows) >= ROWS_PER_GROUP:
            self._flush()

    def close(self) -> None:
        """Write the last row group, and the end of the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._stream, _schema(self._rows))
        schema = self._writer.schema
        rows = [_arrow_row(row, schema) for row in self._rows]
        self._writer.write_table(pa.Table.from_pylist(rows, schema))
        self._rows = []


OWN_COLUMNS = {"truncated": pa.bool_(), "entities": ENTITIES, "error": pa.string()}


def _schema(rows: Sequence[Row]) -> Any:
    first_kept = next((row for row in rows if "entities" in row), {})
    names = ["id", *(name for name in first_kept if name != "id" and name not in OWN_COLUMNS)]
    fields = {}
    for name in names:
        values = [row[name] for row in rows if row.get(name) is not None]
        is_integer = bool(values) and all(map(_is_int64, values))
        fields[name] = pa.int64() if is_integer else pa.string()
    return pa.schema(fields | OWN_COLUMNS)


def _is_int64(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _arrow_row(row: Row, schema: Any) -> Row:
    """Return a row with the types of the schema."""
    values = {
        name: _arrow_value(row.get(name), name, schema.field(name).type)
        for name in schema.names
        if name not in OWN_COLUMNS
    }
    entities = row.get("entities")
    values["entities"] = without_surrogates_in(entities) if entities else entities
    values["truncated"] = row.get("truncated")
    values["error"] = row.get("error")
    return values


def _arrow_value(value: object, name: str, type_: Any) -> object:
    if value is None:
        return None
    if type_ == pa.string():
        return without_surrogates(value if isinstance(value, str) else json.dumps(value))
    if not _is_int64(value):
        raise ValueError(
            f"expected integers in {name!r} as the first ones were, got {ascii(value)[:80]}; "
            "a Parquet column has one type"
        )
    return value
