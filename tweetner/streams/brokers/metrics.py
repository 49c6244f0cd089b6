"""The state of a stream, for Prometheus on a port of this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

LOOPBACK = "127.0.0.1"


@dataclass
class Counts:
    """Counts what a stream has answered since its start.

    Attributes:
        n_triage: Tweets that the gate answered.
        n_model: Tweets that the model answered.
        n_errors: Records that could not be read, and were answered with the error.
        n_dead: Records that went to the dead letters.
    """

    n_triage: int = 0
    n_model: int = 0
    n_errors: int = 0
    n_dead: int = 0

    @property
    def n_answered(self) -> int:
        """Number of records that were answered or went to the dead letters."""
        return self.n_triage + self.n_model + self.n_errors + self.n_dead

    @property
    def triage_share(self) -> float:
        """Share of the tweets answered by the gate."""
        return self.n_triage / max(1, self.n_triage + self.n_model)


def serve_metrics(
    port: int, counts: Counts, *, lag: Callable[[], float], oldest: Callable[[], float]
) -> "WSGIServer":
    """Serve metrics at a port of 127.0.0.1 in a thread of its own; return the server.

    Args:
        port: The port.
        counts: Read at each request.
        lag: Function that returns the number of messages that wait.
        oldest: Function that returns the age of the oldest unanswered tweet, in seconds.
    """
    from prometheus_client import CollectorRegistry, Gauge, start_http_server

    registry = CollectorRegistry()

    def add(name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(f"tweetner_stream_{name}", text, registry=registry).set_function(read)

    add("lag", "Messages that wait in the broker.", lag)
    add("oldest_seconds", "Age of the oldest unanswered tweet, in seconds.", oldest)
    add("triage_tweets", "Tweets answered by the gate.", lambda: counts.n_triage)
    add("model_tweets", "Tweets answered by the model.", lambda: counts.n_model)
    add("triage_share", "Share of the tweets answered by the gate.", lambda: counts.triage_share)
    add("errors", "Records answered with an error.", lambda: counts.n_errors)
    add("dead_letters", "Records in the dead letters.", lambda: counts.n_dead)
    server, _ = start_http_server(port, LOOPBACK, registry)
    return server
