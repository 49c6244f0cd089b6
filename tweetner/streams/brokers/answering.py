"""The loop of a stream: messages in, answers out, at least once each."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic, time
from typing import TYPE_CHECKING

from tweetner.streams.brokers.messages import Letter, Message, Reader, Writer
from tweetner.streams.brokers.metrics import Counts
from tweetner.streams.brokers.overload import Pace
from tweetner.streams.fields import Record, RecordOptions
from tweetner.streams.outputs import encode_row
from tweetner.streams.records import json_records
from tweetner.streams.tagging import answer_of

if TYPE_CHECKING:
    from tweetner.tagger import Answer, Tagger

PLACE = "from"
"""The key of an answer for the place of its record."""
MAX_OPEN = 3
"""Batches between reading and delivery: one is tagged, one is prepared, one waits."""
IDLE_SECONDS = 0.5
OPEN_SECONDS = 0.005
"""Longest wait for a message without and with an open batch."""
PATIENCE_SECONDS = 1.0
"""A batch that takes longer makes the reader pause and show that it is alive."""
LAG_SECONDS = 1.0
"""Time between two looks at the lag."""
REVOKE_SECONDS = 60.0
"""Longest wait for open batches when another member gets their partitions."""


@dataclass
class Batch:
    """Messages that were read together, and the records in them; a message may hold several."""

    messages: list[Message]
    sources: list[Message]  # of each record
    records: list[Record]


class Stream:
    """Tags the messages of a reader and writes the answers.

    One thread reads and commits, and another one tags and writes; a message is committed when all
    answers to it are delivered. What was open at a crash is read and answered again.

    Args:
        tagger: From `tweetner.load`.
        reader: The messages.
        writer: Takes the answers.
        dead_letters: Takes the records that cannot be tagged; without it they are answered with
            their error.
        options: The fields that hold the tweets and their ids.
        pace: Chooses the sizes of batches.
        min_score: Entities below this score are left out.
    """

    def __init__(
        self,
        tagger: "Tagger",
        reader: Reader,
        writer: Writer,
        *,
        dead_letters: Writer | None = None,
        options: RecordOptions | None = None,
        pace: Pace,
        min_score: float = 0.0,
    ) -> None:
        self.counts = Counts()
        self.lag = 0
        self._tagger = tagger
        self._reader = reader
        self._writer = writer
        self._dead_letters = dead_letters
        self._options = options or RecordOptions()
        self._pace = pace
        self._min_score = min_score
        self._oldest: deque[float] = deque()  # arrival of the oldest message of each open batch
        self._given: SimpleQueue[Batch | None] = SimpleQueue()  # None: nothing follows
        self._unanswered: deque[Batch] = deque()  # batches that the tagger has taken
        self._answered: SimpleQueue[Batch | Future[None]] = SimpleQueue()  # the worker at its end
        self._waited = 0.0  # seconds that the tagger waited for batches
        self._is_ended = False
        self._next_lag = 0.0
        reader.before_revoke = self._finish_open

    @property
    def oldest_seconds(self) -> float:
        """The age of the oldest unanswered tweet that was read, in seconds."""
        try:
            return max(0.0, time() - self._oldest[0])
        except IndexError:
            return 0.0

    def run(self, stopping: Event) -> Counts:
        """Answer messages until `stopping` is set or none can follow; finish what is open.

        Raises:
            OSError: The broker refuses, or an answer was not delivered.
        """
        with ThreadPoolExecutor(1) as thread:
            worker = thread.submit(self._work)
            worker.add_done_callback(self._answered.put)
            try:
                while not (stopping.is_set() or self._reader.is_finished):
                    self._step()
            finally:
                self._given.put(None)
                while not worker.done() or not self._answered.empty():
                    self._take_or_keep_alive()
        return self.counts

    def _step(self) -> None:
        """Read a batch and hand it over, then wait until there is room for the next one."""
        is_open = bool(self._oldest)
        wait = OPEN_SECONDS if is_open else IDLE_SECONDS
        messages = self._reader.poll(self._pace.batch_size, wait)
        if messages:
            oldest = min([message.arrived for message in messages])
            self._pace.adjust(time() - oldest)
            self._oldest.append(oldest)
            self._given.put(self._read(messages))
        elif is_open:
            self._flush()
        while len(self._oldest) >= MAX_OPEN or not self._answered.empty():
            self._take_or_keep_alive()
        if monotonic() >= self._next_lag:
            self.lag = self._reader.lag()
            self._next_lag = monotonic() + LAG_SECONDS

    def _read(self, messages: list[Message]) -> Batch:
        sources: list[Message] = []
        records: list[Record] = []
        for message in messages:
            offsets = repeat(message.offset)
            for record in json_records(message.value, _where(message), self._options, offsets):
                sources.append(message)
                records.append(record)
        return Batch(messages, sources, records)

    def _flush(self) -> None:
        """Let the tagger answer the last batch without a next one."""
        if self._given.empty():
            self._given.put(Batch([], [], []))

    def _take_answered(self, patience: float) -> bool:
        """Commit the next answered batch; return whether there was one in time."""
        try:
            answered = self._answered.get(timeout=patience)
        except Empty:
            return False
        if isinstance(answered, Future):
            answered.result()  # raises what ended the worker
        else:
            self._oldest.popleft()
            self._reader.commit(answered.messages)
        return True

    def _take_or_keep_alive(self) -> None:
        if not self._take_answered(PATIENCE_SECONDS):
            self._reader.keep_alive()

    def _finish_open(self) -> None:
        """Answer and commit what is open, before other members get its partitions."""
        end = monotonic() + REVOKE_SECONDS
        while self._oldest and monotonic() < end:
            self._flush()
            self._take_answered(OPEN_SECONDS)

    def _work(self) -> None:
        """Tag and write batches, in the worker's thread."""
        started = monotonic()
        for batch, answers in self._found():
            if batch.messages:
                n_by_model = self._deliver(batch, answers)
                self._pace.learn(n_by_model, monotonic() - started - self._waited)
                self._answered.put(batch)
            started = monotonic()
            self._waited = 0.0

    def _found(self) -> Iterator[tuple[Batch, Sequence["Answer"]]]:
        """Yield batches with the entities of their readable records."""
        while not self._is_ended:
            try:
                for answers in self._tagger.stream(self._batches()):
                    yield self._unanswered.popleft(), answers
            except Exception:
                # The tagger failed: only the tweet at fault must become an error.
                while self._unanswered:
                    batch = self._unanswered.popleft()
                    yield batch, self._found_one_by_one(batch)

    def _batches(self) -> Iterator[list[str]]:
        while True:
            started = monotonic()
            batch = self._given.get()
            self._waited += monotonic() - started
            if batch is None:
                self._is_ended = True
                return
            self._unanswered.append(batch)
            yield [record.text for record in batch.records if record.error is None]

    def _found_one_by_one(self, batch: Batch) -> list["Answer"]:
        answers: list[Answer] = []
        for message, record in zip(batch.sources, batch.records, strict=True):
            if record.error is not None:
                continue
            try:
                answers += [found for (found,) in self._tagger.stream([[record.text]])]
            except Exception as error:
                reason = " ".join(str(error).split())
                expected = "expected a tweet that can be tagged"
                record.error = f"{_where(message)}: {expected}, got {reason}"
        return answers

    def _deliver(self, batch: Batch, answers: Sequence["Answer"]) -> int:
        """Write the answers of a batch; return the number of those that the model gave."""
        letters: list[Letter] = []
        dead: list[Letter] = []
        n_triage = 0
        found = iter(answers)
        for message, record in zip(batch.sources, batch.records, strict=True):
            if record.error is not None and self._dead_letters:
                dead.append(dead_letter(message, record.error))
                continue
            row = answer_of(record, found, self._min_score)
            n_triage += row.get("by") == "triage"
            row[PLACE] = place_of(message)
            letters.append(Letter(encode_row(row)[:-1], message.key))
        if self._dead_letters and dead:
            self._dead_letters.write(dead)
        self._writer.write(letters)
        n_by_model = len(answers) - n_triage
        self.counts.n_triage += n_triage
        self.counts.n_model += n_by_model
        self.counts.n_dead += len(dead)
        self.counts.n_errors += len(letters) - len(answers)
        return n_by_model


def place_of(message: Message) -> dict[str, str | int]:
    """Return the place of a message, which its answers carry."""
    return {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
    }


def _where(message: Message) -> str:
    """Return the place of a message in errors."""
    return f"{message.topic}:{message.partition}:{message.offset}"


def dead_letter(message: Message, reason: str) -> Letter:
    """Return a message that cannot be answered, as it came, with the reason in its headers."""
    place = {name: str(value) for name, value in place_of(message).items()}
    return Letter(message.value, message.key, {"reason": reason, **place})
