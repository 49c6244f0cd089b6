"""Kafka, by confluent-kafka: a member of a group that reads, and a producer."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as KafkaMessage

from tweetner.streams.brokers.addresses import Address
from tweetner.streams.brokers.messages import Letter, Message
from tweetner.streams.brokers.settings import Settings

logger = logging.getLogger(__name__)

START_SECONDS = 10
"""Longest wait for a broker's first answer."""
READER_DEFAULTS = {"auto.offset.reset": "earliest", "queued.max.messages.kbytes": 16_384}
WRITER_DEFAULTS = {"acks": "all", "enable.idempotence": True}
FORBIDDEN = {"bootstrap.servers", "group.id", "enable.auto.offset.store", "enable.auto.commit"}
"""Settings that the address gives, or on which the promise to lose nothing rests."""
NOT_OURS = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError._NO_OFFSET,
    KafkaError._STATE,
    KafkaError._ASSIGNMENT_LOST,
}
"""A commit is refused so when another member has the partition now; it reads the messages again."""


class KafkaReader:
    """A member of a consumer group."""

    def __init__(self, address: Address, settings: Settings) -> None:
        self.before_revoke: Callable[[], None] = lambda: None
        self.is_finished = False
        self._address = address
        self._is_paused = False
        self._held: list[KafkaMessage] = []
        config = _config(address, settings, "from", READER_DEFAULTS) | {
            "group.id": address.options["group"],
            "enable.auto.offset.store": False,
            "on_commit": _log_refusal,
        }
        with _one_line_errors(address, settings):
            self._consumer = Consumer(config, logger=logger)
            _check_topic(self._consumer, address)
            self._consumer.subscribe([address.topic], on_revoke=self._revoke)

    def poll(self, n: int, seconds: float) -> list[Message]:
        """Return the messages that have arrived, at most `n`."""
        if self._is_paused:
            self._consumer.resume(self._consumer.assignment())
            self._is_paused = False
        found = self._held
        self._held = []
        if not found:
            first = self._consumer.poll(seconds)
            found = [] if first is None else [first]
        if found and n > len(found):
            found += self._consumer.consume(n - len(found), 0)
        return [self._message(message) for message in found if self._is_readable(message)]

    def keep_alive(self) -> None:
        """Pause the partitions, and poll: a member that does not poll is taken for dead."""
        self._consumer.pause(self._consumer.assignment())
        self._is_paused = True
        message = self._consumer.poll(0)
        if message is not None:  # it is of a partition that was assigned just now
            self._held.append(message)

    def commit(self, messages: Sequence[Message]) -> None:
        """Store and commit the offsets after the last message of each partition."""
        ends = {message.partition: int(message.offset) + 1 for message in messages}
        offsets = [TopicPartition(self._address.topic, *end) for end in ends.items()]
        try:
            self._consumer.store_offsets(offsets=offsets)
            self._consumer.commit(asynchronous=True)
        except KafkaException as error:
            _log_refusal(error.args[0], offsets)

    def lag(self) -> int:
        """Return the number of messages after the last one that was read."""
        total = 0
        for place in self._consumer.position(self._consumer.assignment()):
            _, end = self._consumer.get_watermark_offsets(place, cached=True)
            if place.offset >= 0:
                total += max(0, end - place.offset)
        return total

    def close(self) -> None:
        """Commit what is stored, and leave the group."""
        self._consumer.close()

    def _revoke(self, consumer: Consumer, _: Sequence[TopicPartition]) -> None:
        self.before_revoke()
        self._held = []
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as error:
            _log_refusal(error.args[0], [])

    def _is_readable(self, message: KafkaMessage) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.retriable() or error.code() == KafkaError._MAX_POLL_EXCEEDED:
            logger.warning("%s: %s", self._address, error.str())
            return False
        raise OSError(f"{self._address}: {error.str()}")

    def _message(self, message: KafkaMessage) -> Message:
        return Message(
            self._address.topic,
            message.partition() or 0,
            message.offset() or 0,
            message.value() or b"",
            message.key(),
            message.timestamp()[1] / 1000,
        )


class KafkaWriter:
    """A producer that waits for the delivery report of each letter."""

    def __init__(self, address: Address, settings: Settings, role: str) -> None:
        self._address = address
        self._failure: KafkaError | None = None
        config = _config(address, settings, role, WRITER_DEFAULTS)
        with _one_line_errors(address, settings):
            self._producer = Producer(config, logger=logger)
            _check_topic(self._producer, address)

    def write(self, letters: Sequence[Letter]) -> None:
        """Produce letters, and wait for their delivery reports."""
        for letter in letters:
            self._produce(letter)
        self._producer.flush()
        if self._failure:
            raise OSError(f"{self._address}: an answer was not delivered: {self._failure.str()}")

    def close(self) -> None:
        """Do nothing: all letters are delivered."""

    def _produce(self, letter: Letter) -> None:
        while True:
            try:
                self._producer.produce(
                    self._address.topic,
                    letter.value,
                    letter.key,
                    headers=dict(letter.headers),
                    on_delivery=self._report,
                )
                return
            except BufferError:  # the client's queue is full
                self._producer.poll(0.1)
            except KafkaException as error:
                raise OSError(f"{self._address}: {error.args[0].str()}") from None

    def _report(self, error: KafkaError | None, _: KafkaMessage) -> None:
        self._failure = error or self._failure


def _config(
    address: Address, settings: Settings, role: str, defaults: dict[str, Any]
) -> dict[str, Any]:
    own = settings.of(address, role)
    for name in sorted(FORBIDDEN & own.keys()):
        raise ValueError(f"--config: {name} is given by the address or by tweetner, remove it")
    return {**defaults, **own, "bootstrap.servers": address.hosts}


@contextmanager
def _one_line_errors(address: Address, settings: Settings) -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        raise ValueError(f"{address}: {settings.hide(error.args[0].str())}") from None


def _check_topic(client: Consumer | Producer, address: Address) -> None:
    topic = client.list_topics(address.topic, timeout=START_SECONDS).topics[address.topic]
    if topic.error:
        raise ValueError(f"{address}: {topic.error.str()}")


def _log_refusal(error: KafkaError | None, _: Sequence[TopicPartition]) -> None:
    if error and error.code() not in NOT_OURS:
        logger.warning("a commit was refused: %s", error.str())
