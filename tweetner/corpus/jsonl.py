"""JSONL corpora: one record a line, either words with tags or raw text with entities in characters.

    {"id": "7", "tokens": ["in", "NYC"], "ner_tags": ["O", "B-geo-loc"]}
    {"id": "7", "text": "in NYC!", "entities": [{"type": "geo-loc", "start": 3, "end": 6}]}

Offsets count code points, end excluded. A record without an id is named after its file and line.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tweetner.corpus.tweets import Tweet
from tweetner.files import (
    atomic_write,
    decode_lines,
    error_place,
    json_type,
    open_plain,
    parse_object,
)
from tweetner.tags import Entity, entities_to_tags


@dataclass(frozen=True)
class RawTweet:
    """The text of a tweet as it was posted, with its entities in characters."""

    id: str
    text: str
    entities: tuple[Entity, ...]


def read_jsonl(path: str | Path) -> list[Tweet]:
    """The tweets of a JSONL corpus; raw text is split by the tokenizers' own word splitter.

    Raises:
        ValueError: `file:line: expected ..., got ...`.
    """
    path = Path(path)
    tweets = []
    for number, record in read_records(path):
        with error_place(f"{path}:{number}"):
            tweets.append(_tweet_of({"id": f"{path.stem}-{number:06d}"} | record))
    return tweets


def read_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the object of each line that is not blank."""
    with open_plain(path) as lines:
        for number, line in decode_lines(lines, str(path)):
            if not line.strip(" \t\r"):
                continue
            with error_place(f"{path}:{number}"):
                record = parse_object(line)
            yield number, record


def _tweet_of(record: dict[str, Any]) -> Tweet:
    match record:
        case {"text": _}:
            return to_tweet(to_raw_tweet(record))
        case {"id": id_, "tokens": [*words], "ner_tags": [*tags]} if all(
            isinstance(x, str) for x in words + tags
        ):
            _check_utf8("".join(words))
            return Tweet(_id(id_), tuple(words), tuple(tags))
    raise ValueError("expected lists of strings tokens and ner_tags, or text with entities")


def _id(value: object) -> str:
    if type(value) not in (str, int):
        raise ValueError(f"expected an id that is a string or an integer, got {json_type(value)}")
    _check_utf8(str(value))
    return str(value)


def _check_utf8(text: str) -> None:
    """Refuse half an emoji, a lone surrogate, which neither CoNLL nor `datasets` could hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("expected text that UTF-8 can hold, got a lone surrogate") from None


def to_raw_tweet(record: dict[str, Any]) -> RawTweet:
    """Check a record of raw text and its entities.

    Raises:
        ValueError: A key is missing or of another kind, or an entity reaches outside the text.
    """
    match record:
        case {"id": id_, "text": str(text), "entities": [*entities]}:
            _check_utf8(text)
            return RawTweet(
                _id(id_), text, tuple(_entity(entity, len(text)) for entity in entities)
            )
    raise ValueError("expected a string text and a list entities")


def _entity(record: object, n_characters: int) -> Entity:
    match record:
        case {"type": str(type_), "start": int(start), "end": int(end)} if bool not in (
            type(start),
            type(end),
        ):
            if 0 <= start < end <= n_characters:
                return Entity(type_, start, end)
    raise ValueError(f'expected an entity {{"type", "start", "end"}} inside the text, got {record}')


def to_tweet(raw: RawTweet) -> Tweet:
    """Split a raw tweet into words, and bring its entities onto them.

    >>> to_tweet(RawTweet("1", "in NYC!", (Entity("geo-loc", 3, 6),)))
    Tweet(id='1', words=('in', 'NYC', '!'), tags=('O', 'B-geo-loc', 'O'))

    Raises:
        ValueError: An entity begins or ends inside a word, or overlaps another one; names the tweet.
    """
    from tweetner.tokenization import split_tweet

    offsets = split_tweet(raw.text)
    first = {start: word for word, (start, _) in enumerate(offsets)}
    last = {end: word for word, (_, end) in enumerate(offsets)}
    try:
        entities = [_to_words(entity, first, last) for entity in raw.entities]
        tags = entities_to_tags(entities, len(offsets))
    except ValueError as error:
        raise ValueError(f"tweet {raw.id!r}: {error}") from None
    return Tweet(raw.id, tuple(raw.text[start:end] for start, end in offsets), tuple(tags))


def _to_words(entity: Entity, first: dict[int, int], last: dict[int, int]) -> Entity:
    if entity.start not in first or entity.end not in last:
        raise ValueError(f"entity {tuple(entity)} begins or ends inside a word or on white space")
    return Entity(entity.type, first[entity.start], last[entity.end] + 1)


def write_jsonl(path: str | Path, tweets: Iterable[Tweet]) -> None:
    """Write words and tags, one record a tweet; the file appears whole or not at all."""
    with (
        atomic_write(Path(path)) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as stream,
    ):
        for tweet in tweets:
            record = {"id": tweet.id, "tokens": tweet.words, "ner_tags": tweet.gold}
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
