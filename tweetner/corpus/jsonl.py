"""JSONL corpora: one record per line, words with tags or raw text with entities in characters.

    {"id": "7", "tokens": ["in", "NYC"], "ner_tags": ["O", "B-geo-loc"]}
    {"id": "7", "text": "in NYC!", "entities": [{"type": "geo-loc", "start": 3, "end": 6}]}

The fields `words` and `tags` are read too, and tags may be numbers of labels, as `Dataset.to_json`
writes them. Offsets count code points, end excluded. A record without an id is named after its file
and line.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from tweetner.corpus.annotation import TagReader
from tweetner.corpus.exchange.formats import format_of, read_object
from tweetner.corpus.reading import Reading, ReadOptions
from tweetner.corpus.spans import InsideWords, Words, fit_to_words
from tweetner.corpus.tweets import Tweet
from tweetner.files import (
    atomic_write,
    decode_lines,
    error_place,
    json_type,
    open_plain,
    parse_array,
    parse_object,
)
from tweetner.tags import WNUT16_TYPES, Entity, entities_to_tags, tags_of

logger = logging.getLogger(__name__)

WORD_FIELDS = ("tokens", "words")
TAG_FIELDS = ("ner_tags", "tags")


@dataclass(frozen=True)
class RawTweet:
    """The text of a tweet as it was posted, with its entities in characters.

    Attributes:
        words: Start and end of each word; None for those of the tokenizers' splitter.
    """

    id: str
    text: str
    entities: tuple[Entity, ...]
    words: Words | None = None


def read_jsonl(path: str | Path, **options: Unpack[ReadOptions]) -> list[Tweet]:
    """Read the tweets of a JSONL corpus; raw text is split by the tokenizers' own word splitter.

    Raises:
        ValueError: `file:line: expected ..., got ...`.
    """
    return tweets_of_jsonl(Path(path), TagReader(Reading(**options)))


def tweets_of_jsonl(path: Path, tag_reader: TagReader) -> list[Tweet]:
    """Read the tweets of a JSONL corpus with the tag reader of the whole corpus."""
    return tweets_of_records(path, read_records(path), tag_reader)


def tweets_of_records(
    path: Path, items: Iterable[tuple[int, dict[str, Any]]], tag_reader: TagReader
) -> list[Tweet]:
    """Read tweets from numbered records: ours, or those of an annotation tool."""
    tweets = []
    reviewed: dict[tuple[object, ...], Tweet] = {}
    has_numbers = False
    for number, item in items:
        place = f"{path}:{number}"
        with error_place(place):
            form = format_of(item)
            name = {"id": f"{path.stem}-{number:06d}"}
            records = [name | record for record in read_object(item, form)]
            if not records:
                tag_reader.count_fitted(None)
            is_text = form != "jsonl" or "text" in item
            read = _fitted if is_text else _tweet_of
            written = _agreed(records, [read(record, tag_reader) for record in records], reviewed)
            has_numbers = has_numbers or _has_numbers(item, tag_reader)
        for tweet in written:
            known = tag_reader.read_tweet(tweet, place, has_scheme=not is_text)
            if known is not None:
                tweets.append(known)
    if has_numbers:
        warn_of_label_numbers(path, tag_reader)
    tag_reader.finish(str(path))
    return tweets


def _agreed(
    records: Sequence[Mapping[str, Any]],
    tweets: Sequence[Tweet | None],
    reviewed: dict[tuple[object, ...], Tweet],
) -> list[Tweet]:
    """Return the tweets that no other reviewer has annotated before, and note them in `reviewed`.

    Raises:
        ValueError: Reviewers disagree about a tweet.
    """
    new = []
    for record, tweet in zip(records, tweets, strict=True):
        if tweet is None:
            continue
        has_reviewer = "reviewer" in record or len(records) > 1
        first = reviewed.setdefault((tweet.id, tweet.words), tweet) if has_reviewer else tweet
        if first.gold != tweet.gold:
            raise ValueError(
                f"tweet {tweet.id!r}: expected one annotation, got several that differ; "
                "`tweetner review import` takes them"
            )
        if first is tweet:
            new.append(tweet)
    return new


def _fitted(record: Mapping[str, Any], tag_reader: TagReader) -> Tweet | None:
    """Bring raw text onto words as the corpus's options say; None leaves the tweet out."""
    fitted = fit_tweet(to_raw_tweet(record), tag_reader.reading.inside_words)
    tag_reader.count_fitted(None if fitted is None else fitted[1])
    return None if fitted is None else fitted[0]


def labels_of(reading: Reading) -> list[str]:
    """Return the tags that numbers without names stand for: those of the types given.

    Raises:
        ValueError: No types were given.
    """
    if reading.types is None:
        raise ValueError(
            "the tags are numbers without names: "
            f"{reading.types_option or 'types'} gives the types in the order of the labels "
            "(0 = O, 1 = B- and 2 = I- of the first type, ...); "
            f"WNUT-16's: {' '.join(WNUT16_TYPES)}"
        )
    return tags_of(reading.types)


def warn_of_label_numbers(path: Path, tag_reader: TagReader) -> None:
    """Log in which order numbers without names were read as labels."""
    labels = labels_of(tag_reader.reading)
    shown = ", ".join(f"{number} = {label}" for number, label in enumerate(labels[:4]))
    logger.warning("%s: the tags are numbers without names, read as %s, ...", path, shown)


def read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line that is not blank, or of an array's items."""
    with open_plain(path) as lines:
        numbered = decode_lines(lines, str(path))
        for number, line in numbered:
            if not line.strip(" \t\r"):
                continue
            with error_place(f"{path}:{number}"):
                if number == 1 and line.startswith("["):
                    text = "\n".join([line, *(rest for _, rest in numbered)])
                    yield from enumerate(parse_array(text), start=1)
                    return
                record = parse_object(line)
            yield number, record


def _tweet_of(record: Mapping[str, Any], tag_reader: TagReader) -> Tweet:
    """Read words, and tags as they are written; numbers are labels of the declared types."""
    words, tags = _words(record, tag_reader), _tags(record, tag_reader)
    id_ = _id(record["id"])
    if words and tags and all(type(tag) is int for tag in tags):
        tags = label_names(tags, labels_of(tag_reader.reading))
    if words is None or tags is None or not all(isinstance(x, str) for x in [*words, *tags]):
        found = ", ".join(f"{key} ({json_type(value)})" for key, value in record.items())
        raise ValueError(
            "expected lists of strings tokens and ner_tags, or text with entities; "
            f"got {found}; --columns WORDS TAGS names other fields"
        )
    _check_utf8("".join(words))
    return Tweet(id_, tuple(words), tuple(tags))


def _has_numbers(record: Mapping[str, Any], tag_reader: TagReader) -> bool:
    return any(type(tag) is int for tag in _tags(record, tag_reader) or ())


def _words(record: Mapping[str, Any], tag_reader: TagReader) -> list[Any] | None:
    return _list(record, tag_reader.reading.columns[:1] or WORD_FIELDS)


def _tags(record: Mapping[str, Any], tag_reader: TagReader) -> list[Any] | None:
    return _list(record, tag_reader.reading.columns[1:2] or TAG_FIELDS)


def _list(record: Mapping[str, Any], names: Sequence[str]) -> list[Any] | None:
    """Return the list in the first of these fields that there is."""
    value = next((record[name] for name in names if name in record), None)
    return value if isinstance(value, list) else None


def label_names(labels: Sequence[int | None], names: Sequence[str]) -> list[str]:
    """Return the tag of each label number.

    Raises:
        ValueError: A number is not a label.
    """
    if any(label is None or not 0 <= label < len(names) for label in labels):
        raise ValueError(f"expected labels from 0 to {len(names) - 1}, got {list(labels)}")
    return [names[label] for label in labels if label is not None]


def _id(value: object) -> str:
    if type(value) not in (str, int):
        raise ValueError(f"expected an id that is a string or an integer, got {json_type(value)}")
    _check_utf8(str(value))
    return str(value)


def _check_utf8(text: str) -> None:
    """Refuse a lone surrogate (half of an emoji), which neither CoNLL nor `datasets` can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("expected text that UTF-8 can hold, got a lone surrogate") from None


def to_raw_tweet(record: Mapping[str, Any]) -> RawTweet:
    """Check a record of raw text and its entities.

    Raises:
        ValueError: A key is missing or of another kind, or an entity exceeds the text.
    """
    match record:
        case {"text": str(text), "entities": [*entities]}:
            _check_utf8(text)
            found = tuple(_entity(entity, len(text)) for entity in entities)
            return RawTweet(
                _id(record.get("id")), text, found, _words_of(text, record.get("words"))
            )
    raise ValueError("expected a string text and a list entities")


def _words_of(text: str, words: Any) -> Words | None:
    if words is None or (isinstance(words, list | tuple) and _is_split(text, words)):
        return words
    raise ValueError(
        "expected words as the start and end of each, in order, with white space alone between "
        f"them, got {words}"
    )


def _is_split(text: str, words: Sequence[object]) -> bool:
    end_before = 0
    for word in words:
        match word:
            case [int(start), int(end)] if end_before <= start < end <= len(text):
                if text[end_before:start].strip():
                    return False
                end_before = end
            case _:
                return False
    return not text[end_before:].strip()


def check_record(record: Mapping[str, Any]) -> None:
    """Check the fields of a decision record that are there; it need not have an id.

    Raises:
        ValueError: See `to_raw_tweet`; or `reviewer`, `at` or `seconds` are of another kind.
    """
    to_raw_tweet({"id": "", **record})
    for name in ("reviewer", "at"):
        if not isinstance(record.get(name, ""), str):
            raise ValueError(f"expected a string {name}, got {json_type(record[name])}")
    seconds = record.get("seconds") or 0
    if not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
        raise ValueError(f"expected seconds from 0 to 1e9, got {str(seconds)[:40]}")


def _entity(record: object, n_characters: int) -> Entity:
    match record:
        case {"type": str(type_), "start": start, "end": end} if type_:
            if type(start) is type(end) is int and 0 <= start < end <= n_characters:
                return Entity(type_, start, end)
    raise ValueError(f'expected an entity {{"type", "start", "end"}} inside the text, got {record}')


def to_tweet(raw: RawTweet) -> Tweet:
    """Split a raw tweet into words, and bring its entities onto them.

    >>> to_tweet(RawTweet("1", "in NYC!", (Entity("geo-loc", 3, 6),)))
    Tweet(id='1', words=('in', 'NYC', '!'), tags=('O', 'B-geo-loc', 'O'))

    Raises:
        ValueError: An entity begins or ends inside a word, or overlaps another; names the tweet.
    """
    fitted = fit_tweet(raw, "refuse")
    assert fitted is not None
    return fitted[0]


def fit_tweet(raw: RawTweet, inside: InsideWords) -> tuple[Tweet, int] | None:
    """Bring a raw tweet's entities onto words, and say how many were grown to whole words.

    Args:
        raw: The tweet.
        inside: See `fit_to_words`; None is returned where that leaves the tweet out.

    Raises:
        ValueError: See `to_tweet`.
    """
    from tweetner.tokenization import split_tweet

    offsets = split_tweet(raw.text) if raw.words is None else raw.words
    entities = [entity._asdict() for entity in raw.entities]
    with error_place(f"tweet {raw.id!r}"):
        fitted = fit_to_words(entities, offsets, inside)
        if fitted is None:
            return None
        tags = entities_to_tags(fitted[0], len(offsets))
    split = tuple(raw.text[start:end] for start, end in offsets)
    return Tweet(raw.id, split, tuple(tags)), fitted[1]


def write_jsonl(path: str | Path, tweets: Iterable[Tweet]) -> None:
    """Write words and tags, one record per tweet; the file appears whole or not at all."""
    with (
        atomic_write(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as stream,
    ):
        for tweet in tweets:
            record = {"id": tweet.id, "tokens": tweet.words, "ner_tags": tweet.gold}
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
