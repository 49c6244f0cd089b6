"""Streams of tweets between brokers: Kafka, Redis Streams and growing files.

    reader = open_reader(parse_address("kafka://localhost:9092/tweets?group=g", is_input=True))
    writer = open_writer(parse_address("kafka://localhost:9092/entities"), role="to")
    Stream(tweetner.load("distilbert-wnut16-bio"), reader, writer, pace=Pace(1024)).run(Event())

Each message gets its answers at least once: it is committed when they are delivered.
"""

from pathlib import Path

from tweetner.streams.brokers.addresses import Address, parse_address
from tweetner.streams.brokers.answering import PLACE, Stream
from tweetner.streams.brokers.messages import Letter, Message, Reader, Writer
from tweetner.streams.brokers.metrics import Counts, serve_metrics
from tweetner.streams.brokers.overload import Pace
from tweetner.streams.brokers.settings import Settings, read_settings

__all__ = [
    "PLACE",
    "Address",
    "Counts",
    "Letter",
    "Message",
    "Pace",
    "Reader",
    "Settings",
    "Stream",
    "Writer",
    "open_reader",
    "open_writer",
    "parse_address",
    "read_settings",
    "serve_metrics",
]


def open_reader(
    address: Address,
    settings: Settings | None = None,
    *,
    is_followed: bool = False,
    position: Path | None = None,
) -> Reader:
    """Open the source of a stream.

    Args:
        address: Its address.
        settings: The settings of the brokers' clients.
        is_followed: Whether a file may grow.
        position: The file that keeps how much of a file is answered.

    Raises:
        ValueError: A setting is refused, or the topic is unknown.
        OSError: The broker cannot be reached, or the file cannot be read.
    """
    if address.kind == "file":
        from tweetner.streams.brokers.files import FileReader

        return FileReader(Path(address.topic), is_followed=is_followed, position=position)
    if address.kind == "kafka":
        from tweetner.streams.brokers.kafka import KafkaReader

        return KafkaReader(address, settings or Settings())
    from tweetner.streams.brokers.redis import RedisReader

    return RedisReader(address, settings or Settings())


def open_writer(address: Address, settings: Settings | None = None, *, role: str = "to") -> Writer:
    """Open the target of a stream; `role` is its section of the settings, `to` or `dead-letter`.

    Raises:
        ValueError: A setting is refused, or the topic is unknown.
        OSError: The broker cannot be reached, or the file cannot be written.
    """
    if address.kind == "file":
        from tweetner.streams.brokers.files import FileWriter

        return FileWriter(address.topic)
    if address.kind == "kafka":
        from tweetner.streams.brokers.kafka import KafkaWriter

        return KafkaWriter(address, settings or Settings(), role)
    from tweetner.streams.brokers.redis import RedisWriter

    return RedisWriter(address, settings or Settings(), role)
