"""Tagging a stream: entities for JSONL and Parquet, tagged words for CoNLL."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from tweetner.corpus import Tweet
from tweetner.streams.fields import Record
from tweetner.streams.inputs import MAX_FIRST_ERRORS, Source, batches
from tweetner.streams.outputs import Output, encode_row
from tweetner.streams.records import Done

if TYPE_CHECKING:
    from tweetner.tagger import Answer, TaggedTweet, Tagger

Row = dict[str, Any]


@dataclass
class Tally:
    """Counts the records of a stream.

    Attributes:
        n_records: number of records.
        n_errors: number of those that are errors.
        never_kept: names of the fields to keep that no record has had.
    """

    n_records: int = 0
    n_errors: int = 0
    never_kept: set[str] = field(default_factory=set)

    def count(self, records: Iterable[Record]) -> Iterator[Record]:
        """Pass records on, and count them."""
        for record in records:
            self.n_records += 1
            self.n_errors += record.error is not None
            if record.kept and self.never_kept:
                self._note_kept(record.kept)
            yield record

    def add(self, other: "Tally") -> None:
        """Add the counts of another stream."""
        self.n_records += other.n_records
        self.n_errors += other.n_errors

    def _note_kept(self, kept: Row) -> None:
        self.never_kept -= {name for name, value in kept.items() if value is not None}


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
    """Tag the records of a source in order, except those that the output holds already.

    Args:
        tagger: From `tweetner.load`.
        source: The records to tag.
        output: The output to write to.
        min_score: Entities below this score are left out.
        batch_size: Number of records that are read, tagged and written together; fewer if no more
            have arrived.
        strict: Stop at the first error; CoNLL output, which cannot hold an error, always stops.
        progress: Show a progress bar with tweets/s on stderr.

    Raises:
        ValueError: A record is an error that stops the stream, after those before it are written;
            or the source is not the one that the output was begun with.
    """
    from tqdm import tqdm

    tally = Tally(never_kept=set(source.kept_names))
    records = tally.count(source)
    if strict or output.format == "conll":
        records = _stop_at_error(records)
    _skip_answered(records, output.done, output.format)
    together = batches(tqdm(records, unit=" tweets", disable=not progress), source, batch_size)
    if output.format == "conll":
        for tagged in _tagged(tagger, together, min_score):
            output.write(tagged)
        return tally
    for rows in _found(tagger, together, min_score, _Failures(tally, strict)):
        output.write(rows)
    return tally


def _found(
    tagger: "Tagger", together: Iterable[list[Record]], min_score: float, failures: "_Failures"
) -> Iterator[list[Row]]:
    """Yield the answers to each batch of records.

    Where the model fails on a batch, its records are tagged one by one, and the stream goes on.
    """
    unanswered: deque[list[Record]] = deque()
    source_errors = []

    def tweets() -> Iterator[list[str | tuple[str, ...]]]:
        try:
            for records in together:
                unanswered.append(records)
                yield [_input(record) for record in records if record.error is None]
        except Exception as error:
            source_errors.append(error)
            raise

    coming = tweets()
    is_at_end = False
    while not is_at_end:
        try:
            for found in tagger.stream(coming):
                entities = iter(found)
                records = unanswered.popleft()
                yield [answer_of(record, entities, min_score) for record in records]
            is_at_end = True
        except Exception:  # of any library below the tagger
            if source_errors:
                raise
            while unanswered:
                records = unanswered.popleft()
                answers = [_tag_alone(tagger, record, failures) for record in records]
                failures.check()
                yield [answer_of(record, iter(found), min_score) for record, found in answers]


def _input(record: Record) -> str | tuple[str, ...]:
    return record.words or record.text


@dataclass
class _Failures:
    """The records that the model has failed on.

    Attributes:
        tally: Counts them as errors.
        strict: Whether the first one ends the stream.
        in_a_row: Number of those since the last record that was tagged.
        last: The reason of the last one.
    """

    tally: Tally
    strict: bool
    in_a_row: int = 0
    last: str = ""

    def add(self, record: Record, error: Exception) -> Record:
        """Turn a record into an error."""
        self.tally.n_errors += 1
        self.in_a_row += 1
        self.last = _reason(error)
        if self.strict:
            raise ValueError(f"record {record.id!a}: {self.last}") from error
        return replace(record, error=self.last)

    def check(self) -> None:
        """Refuse to go on where no record can be the cause."""
        if self.in_a_row >= MAX_FIRST_ERRORS:
            raise ValueError(f"{self.in_a_row} tweets in a row: {self.last}")


def _tag_alone(
    tagger: "Tagger", record: Record, failures: _Failures
) -> tuple[Record, list["Answer"]]:
    """Return a record, an error if the model fails on it, with its answer if it has one."""
    if record.error is not None:
        return record, []
    try:
        (found,) = tagger.stream([[_input(record)]])
    except Exception as error:  # of any library below the tagger
        return failures.add(record, error), []
    failures.in_a_row = 0
    return record, found


def _reason(error: Exception) -> str:
    return " ".join(f"the model cannot tag this tweet: {type(error).__name__} {error}".split())


def answer_of(record: Record, found: Iterator["Answer"], min_score: float) -> Row:
    """Return the answer to a record: its error, or the next of the found entities."""
    row: Row = {"id": record.id}
    if record.error is not None:
        row["error"] = record.error
        return row
    entities = next(found)
    if record.kept:
        row |= record.kept
    if record.is_truncated:
        row["truncated"] = True
    # "not <", so that a score that is no number is not lost
    row["entities"] = [entity for entity in entities if not entity["score"] < min_score]
    if entities.by is not None:
        row["by"] = entities.by
    return row


def _tagged(
    tagger: "Tagger", together: Iterable[list[Record]], min_score: float
) -> Iterator[list[Tweet]]:
    """Yield the tagged words of each batch of records."""
    for records in together:
        texts = [record.text for record in records if not record.words]
        words = [record.words for record in records if record.words]
        try:
            of_texts = iter(tagger.tag_texts(texts))
            of_words = iter(tagger.tag_words(words))
        except Exception as error:  # of any library below the tagger; CoNLL cannot hold it
            raise ValueError(f"records from {records[0].id!a}: {_reason(error)}") from error
        answers = []
        for record in records:
            own_words = record.words
            if own_words:
                tagged = next(of_words)
            else:
                offsets, tagged = next(of_texts)
                own_words = tuple(record.text[start:end] for start, end in offsets)
            tags = _tags(tagged, min_score)
            answers.append(Tweet(str(record.id), tuple(own_words), tuple(tags)))
        yield answers


def _tags(tagged: "TaggedTweet", min_score: float) -> list[str]:
    tags = list(tagged.tags)
    for entity, score in tagged.entities:
        if score < min_score:
            tags[entity.start : entity.end] = ["O"] * (entity.end - entity.start)
    return tags


def _stop_at_error(records: Iterable[Record]) -> Iterator[Record]:
    for record in records:
        if record.error is not None:
            raise ValueError(record.error)
        yield record


def _skip_answered(records: Iterator[Record], done: Done, output_format: str) -> None:
    """Skip the records that are answered, and check that they are those that were answered."""
    skipped = deque(enumerate(islice(records, done.n), start=1), maxlen=1)
    n_skipped, last = skipped[0] if skipped else (0, None)
    if n_skipped < done.n:
        raise ValueError(
            f"expected the input of the interrupted run, {done.n} records or more, got {n_skipped}"
        )
    if last is None or output_format != "jsonl":
        return
    answer_start = encode_row({"id": last.id}).removesuffix(b"}\n") + b","
    if not done.last_line.startswith(answer_start):
        raise ValueError(
            "expected the input of the interrupted run, "
            f"got another id for record {done.n}: {last.id!a}"
        )
