"""Read and write files of annotated tweets in every format."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tweetner.corpus.annotation import UndeclaredTypeError
from tweetner.corpus.conll import read_conll, write_conll
from tweetner.corpus.exchange.docbin import read_docbin, write_docbin
from tweetner.corpus.exchange.formats import JSON_FORMATS, read_object
from tweetner.corpus.exchange.records import Record
from tweetner.corpus.jsonl import check_record, read_records, to_raw_tweet, to_tweet
from tweetner.corpus.tweets import Tweet
from tweetner.files import atomic_write, error_place
from tweetner.tags import in_characters, joined_offsets

EXCHANGE_FORMATS = (*JSON_FORMATS, "spacy", "conll")


def write_annotations(path: Path, format_: str, records: Sequence[Record]) -> None:
    """Write decision records to a file that appears whole or not at all.

    Raises:
        ValueError: There is no such format, no record, or spaCy is needed and not installed.
    """
    _check(format_)
    if not records:
        raise ValueError(f"{path}: expected decisions to write, got none")
    if format_ == "conll":
        write_conll(path, [to_tweet(to_raw_tweet(record)) for record in records])
        return
    with atomic_write(path) as temporary:
        if format_ == "spacy":
            write_docbin(temporary, records)
        else:
            temporary.write_text(_encoded(format_, records), encoding="utf-8", newline="\n")


def _encoded(format_: str, records: Sequence[Record]) -> str:
    written = JSON_FORMATS[format_].write(records)
    lines = [json.dumps(item, ensure_ascii=False) for item in written]
    if JSON_FORMATS[format_].is_array:
        return "[\n" + ",\n".join(lines) + "\n]\n"
    return "".join(line + "\n" for line in lines)


def read_annotations(
    path: Path, format_: str, *, types: Sequence[str] | None = None
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the place of each object of a file, for errors, and its records.

    An object without a whole annotation has no record. A record of CoNLL has no `id`, and its
    `text` is its words joined with spaces.

    Args:
        path: The file.
        format_: One of `EXCHANGE_FORMATS`.
        types: The types of CoNLL's tags, by default WNUT-16's.

    Raises:
        ValueError: There is no such format, or an object is not of it; names the file and the line
            (of arrays and DocBins: the number of the object).
    """
    _check(format_)
    if format_ == "conll":
        yield from _conll_records(path, types)
        return
    for number, item in read_docbin(path) if format_ == "spacy" else read_records(path):
        place = f"{path}:{number}"
        with error_place(place):
            records = [item] if format_ == "spacy" else read_object(item, format_)
            for record in records:
                check_record(record)
        yield place, records


def _conll_records(
    path: Path, types: Sequence[str] | None
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    try:
        tweets = read_conll(path, types=types)
    except UndeclaredTypeError as error:
        raise ValueError(error.refusal) from None
    for number, tweet in enumerate(tweets, start=1):
        record = record_of_tweet(tweet)
        del record["id"]
        yield f"{path}: tweet {number}", [record]


def record_of_tweet(tweet: Tweet) -> dict[str, Any]:
    """Return a tweet as a record: its text is its words joined with spaces."""
    words = [list(offsets) for offsets in joined_offsets(tweet.words)]
    entities = [entity._asdict() for entity in in_characters(tweet.entities, words)]
    return {"id": tweet.id, "text": " ".join(tweet.words), "words": words, "entities": entities}


def suffix_of(format_: str) -> str:
    """Return the ending of the files of a format."""
    if format_ in JSON_FORMATS:
        return ".json" if JSON_FORMATS[format_].is_array else ".jsonl"
    return f".{format_}"


def _check(format_: str) -> None:
    if format_ not in EXCHANGE_FORMATS:
        raise ValueError(f"expected a format of {', '.join(EXCHANGE_FORMATS)}, got {format_!r}")
