"""The fields of a record: which ones hold the tweet and its id, and which ones are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import Any, Literal

from tweetner.files import json_type
from tweetner.streams import twitter
from tweetner.streams.paths import MISSING, last_name, lookup

NUMBER = "#"
"""Given as the path of the id, it stands for the number of the record."""
RESERVED = {"id", "truncated", "entities", "error", "by"}
"""Names of an answer that a kept field cannot have."""
ID_LIKE = {"id", "id_str", "_id", "ids", "tweetid", "tweet_id", "status_id"}

HtmlEntities = Literal["auto", "decode", "keep"]


@dataclass(slots=True)
class Record:
    """A tweet of a stream, or the reason why it cannot be read.

    Attributes:
        id: the record's own id, which may be any JSON value, or its number in the stream.
        text: the whole text, with HTML entities decoded; empty if there is an error.
        words: the words of a tweet that comes in words; `text` has a space between them.
        error: `file:line: expected ..., got ...`.
        kept: the fields that are copied into the answer.
        is_truncated: whether the text is cut off, and the record does not hold all of it.
    """

    id: object
    text: str = ""
    words: tuple[str, ...] | None = None
    error: str | None = None
    kept: dict[str, Any] | None = None
    is_truncated: bool = False


@dataclass(frozen=True)
class RecordOptions:
    """Describes records that have fields. Names of fields are paths with dots: `data.text`.

    Attributes:
        column: path of the text; None: `text`, or where Twitter's records have it.
        id: path of the id, which every record must have; `#`: the number of the record; None: `id`,
            or the number of a record that has none.
        keep: paths of the fields that are copied into the answer, by their new names. The name
            `text` stands for the text that was tagged.
        html_entities: `auto`: decode `&amp;`, `&lt;` and `&gt;` in Twitter's records, which have
            them encoded; `decode`: decode all HTML entities in all records; `keep`: decode none.
        separator: the character between the columns of CSV.
    """

    column: str | None = None
    id: str | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    html_entities: HtmlEntities = "auto"
    separator: str = ","

    def find_text(self, record: twitter.Fields) -> tuple[twitter.Fields, object]:
        """Return the object that holds the text (the record or an inner tweet), and the text.

        The text is `MISSING` if it is not found.
        """
        inner = twitter.inner_tweet(record)
        for tweet in (record,) if inner is None else (record, inner):
            for path in (self.column,) if self.column is not None else twitter.TEXT_KEYS:
                text = lookup(tweet, path)
                if text is not MISSING:
                    parent = path.rpartition(".")[0]
                    is_nested = parent and path not in tweet
                    return (lookup(tweet, parent) if is_nested else tweet), text
        return record, MISSING

    def find_id(self, record: twitter.Fields, number: object) -> object:
        """Return the id of a record, or its number.

        Raises:
            ValueError: There is no id at the path given; or none is given, and the record has an id
                under another name.
        """
        if self.id == NUMBER:
            return number
        id_ = self._find(record, self.id or "id")
        if self.id is None:
            if id_ is MISSING:
                self.refuse_other_ids(record)
                return number
        elif id_ is MISSING:
            raise ValueError(f"expected the key {self.id!r} for the id, got {_names(record)}")
        elif id_ is None or id_ == "":
            raise ValueError(f"expected an id at {self.id!r}, got nothing")
        return id_

    def refuse_other_ids(self, names: Iterable[str]) -> None:
        """Refuse records whose id has another name than `id`, if no name is given.

        Raises:
            ValueError: There is a name such as `tweet_id`, `ID` or ` id`.
        """
        if self.id is not None:
            return
        for name in names:
            if name.strip().lower().replace(" ", "_") in ID_LIKE:
                raise ValueError(
                    f"expected the key 'id', got {name!r}; --id '{name}' takes it, "
                    f"--id '{NUMBER}' numbers the records"
                )

    def check_columns(self, names: Sequence[str]) -> list[str]:
        """Return the columns of a table that the options name, each of which must be there once.

        Raises:
            ValueError: A column is missing or there twice, or the ids have another name.
        """
        kept = [path for name, path in self.keep.items() if name != "text"]
        needed = [self.text_column(names), *(column_of(path, names) for path in kept)]
        if self.id is None and "id" not in names:
            self.refuse_other_ids(names)
        elif self.id != NUMBER:
            needed.append(column_of(self.id or "id", names))
        for column in needed:
            if list(names).count(column) != 1:
                raise ValueError(f"expected one column {column!r}, got {list(names)}")
        return list(dict.fromkeys(needed))

    def text_column(self, names: Sequence[str]) -> str:
        """Return the column of a table that holds the text."""
        if self.column is not None:
            return column_of(self.column, names)
        return next((name for name in twitter.TEXT_KEYS if name in names), "text")

    @cached_property
    def _is_default(self) -> bool:
        return self == RecordOptions()

    def read_plain(self, record: twitter.Fields) -> Record | None:
        """Read a record such as `{"id": 7, "text": "in NYC"}`, to which no other rule applies.

        `read` gives the same, and takes longer.
        """
        text = record.get("text")
        if not (self._is_default and "id" in record and isinstance(text, str)):
            return None
        return Record(record["id"], text) if twitter.TWEET_FIELDS.isdisjoint(record) else None

    def read(self, record: twitter.Fields, number: object, place: str) -> Record:
        """Read a record; if that fails, the result holds the error, which begins with the place."""
        id_: object = None
        try:
            id_ = self.find_id(record, number)
            text, is_truncated = self._whole_text(record)
        except ValueError as error:
            return Record(id_, error=f"{place}: {error}")
        return Record(id_, text, kept=self.kept(text, record), is_truncated=is_truncated)

    def _whole_text(self, record: twitter.Fields) -> tuple[str, bool]:
        """Return the text of a record, decoded, and whether it is cut off."""
        tweet, text = self.find_text(record)
        name = self.column if self.column is not None else "text"
        if text is MISSING:
            raise ValueError(f"expected the key {name!r}, got {_names(record)}"[:200])
        if not isinstance(text, str):
            raise ValueError(f"expected {name!r} to be a string, got {json_type(text)}")
        is_truncated = False
        is_twitters = twitter.is_twitters(record, tweet)
        if is_twitters and last_name(name) in twitter.TEXT_KEYS:
            text, is_truncated = twitter.whole_text(record, tweet, text)
        if self.html_entities == "decode":
            text = unescape(text)
        elif is_twitters and self.html_entities == "auto":
            text = twitter.decode_entities(text)
        return text, is_truncated

    def kept(self, text: str, record: twitter.Fields | None = None) -> dict[str, Any] | None:
        """Return the fields to copy, None for one that is missing; a plain text has no fields."""
        if not self.keep:
            return None
        kept = {}
        for name, path in self.keep.items():
            value = text if name == "text" else self._find(record or {}, path)
            kept[name] = None if value is MISSING else value
        return kept

    def _find(self, record: twitter.Fields, path: str) -> Any:
        """Return the value at a path in the record, or else in its inner tweet."""
        value = lookup(record, path)
        inner = twitter.inner_tweet(record) if value is MISSING else None
        return value if inner is None else lookup(inner, path)


def column_of(path: str, names: Sequence[str]) -> str:
    """Return the column of a table that holds a path: that of the same name, or of its first part.

    >>> column_of("user.name", ["user"]), column_of("user.name", ["user.name", "user"])
    ('user', 'user.name')
    """
    head = path.partition(".")[0]
    return head if path not in names and head in names else path


def parse_keep(names: Sequence[str]) -> dict[str, str]:
    """Parse the names of kept fields; each is `PATH` or `NAME=PATH`.

    >>> parse_keep(["text", "data.created_at", "author=user.name"])
    {'text': 'text', 'created_at': 'data.created_at', 'author': 'user.name'}

    Raises:
        ValueError: A name is empty, occurs twice, or is the name of a part of the answer.
    """
    keep: dict[str, str] = {}
    for given in names:
        name, equals, path = given.partition("=")
        if not equals:
            path = given
            name = last_name(given)
        if not name or not path:
            raise ValueError(f"--keep: expected PATH or NAME=PATH, got {given!r}")
        if name in RESERVED:
            raise ValueError(
                f"--keep: every answer has its own {name!r}; rename the field: NAME={path}"
            )
        if name in keep:
            raise ValueError(
                f"--keep: expected different names, got {name!r} twice; NAME=PATH renames a field"
            )
        keep[name] = path
    return keep


def _names(record: Iterable[str]) -> str:
    return ", ".join(map(ascii, record)) or "no key"
