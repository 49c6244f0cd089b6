"""Parquet files: tweets in, entities out, one row group at a time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet, types

from tweetner.streams.records import Done, Record, decode_utf8
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


def parquet_records(path: Path, column: str, numbers: Iterator[int]) -> Iterator[Record]:
    """Yield a record for each row; a null is an error.

    Args:
        path: A file with a column of strings, and perhaps `id`, of strings or integers.
        column: The column of strings.
        numbers: The numbers of the records in the stream.

    Raises:
        ValueError: The file is not Parquet, or a column is missing, repeated, or of another type.
    """
    try:
        with parquet.ParquetFile(path) as file:
            columns = _columns(file.schema_arrow, column, path)
            for batch in file.iter_batches(ROWS_READ, columns=columns):
                # as bytes, so that one string that is not UTF-8 is one error
                texts = batch.column(column).cast(pa.large_binary()).to_pylist()
                ids = batch.column("id").to_pylist() if "id" in columns else [None] * len(texts)
                for text, id_, number in zip(texts, ids, numbers, strict=False):
                    yield _record(id_ if "id" in columns else number, text, f"{path}: row {number}")
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise ValueError(f"{path}: expected Parquet: {str(error).splitlines()[0]}") from None


def _columns(schema: Any, column: str, path: Path) -> list[str]:
    if schema.names.count(column) != 1 or not _is_string(schema.field(column).type):
        found = ", ".join(f"{field.name} ({field.type})" for field in schema)
        raise ValueError(f"{path}: expected one column {column!r} of strings, got {found}")
    if "id" not in schema.names:
        return [column]
    if schema.names.count("id") > 1:
        raise ValueError(f"{path}: expected one column 'id', got {schema.names.count('id')}")
    id_type = schema.field("id").type
    if not (_is_string(id_type) or types.is_integer(id_type)):
        raise ValueError(f"{path}: expected ids that are strings or integers, got {id_type}")
    return [column, "id"]


def _is_string(type_: Any) -> bool:
    return bool(types.is_string(type_) or types.is_large_string(type_))


def _record(id_: object, text: bytes | None, where: str) -> Record:
    if text is None:
        return Record(id_, error=f"{where}: expected a string, got null")
    try:
        return Record(id_, decode_utf8(text))
    except ValueError as error:
        return Record(id_, error=f"{where}: {error}")


class ParquetOutput:
    """Writes rows `id`, `entities`, `error`.

    Ids are integers if the first ones are; otherwise strings, and ids of other kinds become JSON.
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
        rows = [_arrow_row(row, schema.field("id").type) for row in self._rows]
        self._writer.write_table(pa.Table.from_pylist(rows, schema))
        self._rows = []


def _schema(rows: Sequence[Row]) -> Any:
    ids = [row["id"] for row in rows if row["id"] is not None]
    id_type = pa.int64() if ids and all(map(_is_int64, ids)) else pa.string()
    return pa.schema({"id": id_type, "entities": ENTITIES, "error": pa.string()})


def _is_int64(id_: object) -> bool:
    return isinstance(id_, int) and not isinstance(id_, bool) and -(2**63) <= id_ < 2**63


def _arrow_row(row: Row, id_type: Any) -> Row:
    """Return a row with the types of the schema."""
    id_ = row["id"]
    if id_ is not None and id_type == pa.string():
        id_ = without_surrogates(id_ if isinstance(id_, str) else json.dumps(id_))
    elif id_ is not None and not _is_int64(id_):
        raise ValueError(
            f"expected integer ids as the first ones were, got {ascii(id_)[:80]}; "
            "a Parquet column has one type"
        )
    entities = row.get("entities")
    if entities:
        entities = without_surrogates_in(entities)
    return {"id": id_, "entities": entities, "error": row.get("error")}
