"""Prometheus reads the state of a stream at a port of this machine."""

import socket
from urllib.request import urlopen

import pytest

from tweetner.streams.brokers import Counts, serve_metrics


def test_metrics_are_read_at_each_request_and_served_to_this_machine_only() -> None:
    pytest.importorskip("prometheus_client")
    counts = Counts(n_triage=1, n_model=3, n_dead=2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serve_metrics(port, counts, lag=lambda: 7, oldest=lambda: 1.5)
    counts.n_errors = 4
    with urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        text = response.read().decode()
    values = dict(line.split() for line in text.splitlines() if not line.startswith("#"))
    server.shutdown()
    server.server_close()
    assert {name.removeprefix("tweetner_stream_"): float(v) for name, v in values.items()} == {
        "lag": 7,
        "oldest_seconds": 1.5,
        "triage_tweets": 1,
        "model_tweets": 3,
        "triage_share": 0.25,
        "errors": 4,
        "dead_letters": 2,
    }
    assert server.server_address[0] == "127.0.0.1"
