"""Addresses of brokers: `kafka://host:9092/topic?group=g`, `redis://host:6379/stream`, files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

OPTIONS = {
    "kafka": ("group",),
    "redis": ("group", "db", "claim"),
    "rediss": ("group", "db", "claim"),
}
"""The options after `?` that the addresses of each kind can have."""


@dataclass(frozen=True)
class Address:
    """An address on the command line; its text leaves the password out.

    Attributes:
        kind: `kafka`, `redis`, `rediss` (Redis over TLS) or `file`.
        hosts: `host:port`, for Kafka several with commas; empty for a file.
        topic: The topic of Kafka, the stream of Redis, or the path of the file.
        options: What stands after `?`.
        username: The user of Redis.
        password: The password of Redis.
    """

    kind: str
    hosts: str
    topic: str
    options: Mapping[str, str] = field(default_factory=dict)
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.topic if self.kind == "file" else f"{self.kind}://{self.hosts}/{self.topic}"


def parse_address(text: str, *, is_input: bool = False) -> Address:
    """Parse an address; one without `://` is the path of a file.

    >>> str(parse_address("redis://:secret@localhost:6379/tweets?group=tweetner"))
    'redis://localhost:6379/tweets'

    Args:
        text: The address.
        is_input: Whether messages are read from it; a broker then needs a group.

    Raises:
        ValueError: The kind is unknown, the host, topic or group is missing, an option is unknown,
            or a password stands in an address of Kafka.
    """
    if "://" not in text:
        return Address("file", "", text)
    parts = urlsplit(text)
    hosts = parts.netloc.rpartition("@")[2]
    topic = unquote(parts.path.removeprefix("/"))
    shown = f"{parts.scheme}://{hosts}{parts.path}"
    if parts.scheme not in OPTIONS:
        raise ValueError(f"{shown}: expected kafka://, redis://, rediss:// or a file")
    if not hosts or not topic or "/" in topic:
        raise ValueError(f"{shown}: expected {parts.scheme}://HOST:PORT/TOPIC")
    for host in hosts.split(","):
        port = host.rpartition(":")[2] if ":" in host else "1"
        if not (port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"{shown}: expected a port of 1 to 65535, got {port!r}")
    if parts.scheme == "kafka" and "@" in parts.netloc:
        raise ValueError(f"{shown}: a user and a password for Kafka belong into --config FILE")
    options = _options(parts, shown)
    if is_input and "group" not in options:
        raise ValueError(f"{shown}: needs ?group=NAME, which the processes of a group share")
    if "group" in options and not is_input:
        raise ValueError(f"{shown}: only --from has a group")
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Address(parts.scheme, hosts, topic, options, username, password)


def _options(parts: SplitResult, shown: str) -> dict[str, str]:
    """Return the options after `?`, which are known and have values."""
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    allowed = OPTIONS[parts.scheme]
    for name, value in options.items():
        if name not in allowed:
            raise ValueError(f"{shown}: expected the option {' or '.join(allowed)}, got {name!r}")
        if not value:
            raise ValueError(f"{shown}: {name}: expected a value, got none")
        if name != "group" and not value.isdecimal():
            raise ValueError(f"{shown}: {name}: expected a number of 0 or more, got {value!r}")
    return options
