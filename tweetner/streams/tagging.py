"""Records → answers: entities for JSONL and Parquet, tagged words for CoNLL."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from tweetner.corpus import Tweet
from tweetner.streams.inputs import Source, batches
from tweetner.streams.outputs import Output, encode_row
from tweetner.streams.records import Record

if TYPE_CHECKING:
    from tweetner.tagger import TaggedTweet, Tagger

Row = dict[str, Any]


@dataclass
class Tally:
    """How many records a stream had, and how many of them were errors."""

    n_records: int = 0
    n_errors: int = 0

    def count(self, records: Iterable[Record]) -> Iterator[Record]:
        """Pass records on, and count them."""
        for record in records:
            self.n_records += 1
            self.n_errors += record.error is not None
            yield record

    def add(self, other: "Tally") -> None:
        """Add the counts of another stream."""
        self.n_records += other.n_records
        self.n_errors += other.n_errors


def tag_stream(
    tagger: "Tagger",
    source: Source,
    output: Output,
    *,
    min_score: float = 0.0,
    batch_size: int = 1024,
    strict: bool = False,
    progress: bool = False,
) -> Tally:
    """Tag the records of a source in order, after those that the output holds already.

    Args:
        tagger: From `tweetner.load`.
        source: What to read.
        output: Where to write.
        min_score: Entities below this score are left out.
        batch_size: Records that are read, tagged and written together, where they come fast enough.
        strict: Stop at the first error; CoNLL, which has no place for an error, always does.
        progress: Show a progress bar with tweets/s on stderr.

    Raises:
        ValueError: A record is an error that stops the stream, all before it having been written; or the source is not
            the one that the output was begun with.
    """
    from tqdm import tqdm

    tally = Tally()
    records = tally.count(source)
    if strict or output.format == "conll":
        records = _refuse_errors(records)
    _skip(records, output)
    together = batches(tqdm(records, unit=" tweets", disable=not progress), source, batch_size)
    answer = _tagged if output.format == "conll" else _found
    for answers in answer(tagger, together, min_score):
        output.write(answers)
    return tally


def _found(
    tagger: "Tagger", together: Iterable[list[Record]], min_score: float
) -> Iterator[list[Row]]:
    """The entities of each batch of records."""
    unanswered: deque[list[Record]] = deque()

    def tweets() -> Iterator[list[str | tuple[str, ...]]]:
        for records in together:
            unanswered.append(records)
            yield [
                record.text if record.words is None else record.words
                for record in records
                if record.error is None
            ]

    for found in tagger.stream(tweets()):
        entities = iter(found)
        yield [
            {"id": record.id, "error": record.error}
            if record.error is not None
            else {
                "id": record.id,
                "entities": [
                    entity for entity in next(entities) if not entity["score"] < min_score
                ],
            }
            for record in unanswered.popleft()
        ]


def _tagged(
    tagger: "Tagger", together: Iterable[list[Record]], min_score: float
) -> Iterator[list[Tweet]]:
    """The tagged words of each batch of records."""
    for records in together:
        words = [
            record.words if record.words is not None else _split(tagger, record.text)
            for record in records
        ]
        yield [
            Tweet(str(record.id), tuple(mine), tuple(_tags(tagged, min_score)))
            for record, mine, tagged in zip(records, words, tagger.tag_words(words), strict=True)
        ]


def _split(tagger: "Tagger", text: str) -> list[str]:
    return [text[start:end] for start, end in tagger.split(text)]


def _tags(tagged: "TaggedTweet", min_score: float) -> list[str]:
    tags = list(tagged.tags)
    for entity, score in tagged.entities:
        if score < min_score:
            tags[entity.start : entity.end] = ["O"] * (entity.end - entity.start)
    return tags


def _refuse_errors(records: Iterable[Record]) -> Iterator[Record]:
    for record in records:
        if record.error is not None:
            raise ValueError(record.error)
        yield record


def _skip(records: Iterator[Record], output: Output) -> None:
    """Pass over the records that are answered, and check that they are the ones that were."""
    done = output.done
    n_passed, last = 0, None
    for record in islice(records, done.n):
        n_passed, last = n_passed + 1, record
    if n_passed < done.n:
        raise ValueError(
            f"expected the input of the interrupted run, {done.n} records or more, got {n_passed}"
        )
    if (
        last
        and output.format == "jsonl"
        and not done.last_line.startswith(encode_row({"id": last.id})[:-2] + b",")
    ):
        raise ValueError(
            f"expected the input of the interrupted run, got another id for record {done.n}: {last.id!a}"
        )
