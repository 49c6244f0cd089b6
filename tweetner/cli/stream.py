"""`tweetner stream`: tag the tweets of a broker as they come."""

import argparse
import logging
import signal
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from tweetner.cli.shared import (
    add_answer_options,
    add_model_options,
    add_record_options,
    check_answer_options,
    load_tagger,
    min_score_of,
    record_options,
    say,
)
from tweetner.files import error_place

if TYPE_CHECKING:
    from tweetner.streams import RecordOptions
    from tweetner.streams.brokers import Address, Counts, Stream

STREAM_HELP = """
Find the entities in tweets as they come, from Kafka, Redis Streams or a growing file:

    tweetner stream MODEL --from 'kafka://localhost:9092/tweets?group=tweetner' \\
        --to kafka://localhost:9092/entities --dead-letter kafka://localhost:9092/tweets.dead

Addresses: kafka://HOST:PORT[,HOST:PORT]/TOPIC, redis://[USER:PASSWORD@]HOST:PORT/STREAM (rediss://
for TLS), a file of JSON lines, '-' for standard output. --from needs ?group=NAME; all processes
with the same group share the tweets.

Answers are those of `tweetner tag`, with the place of their record: "from": {"topic": "tweets",
"partition": 0, "offset": 41}. Each record is answered at least once: after a crash, those of the
last batch may be answered again, with the same "from". SIGTERM or Ctrl-C finishes and commits what
is open; a second Ctrl-C stops at once.
"""


def add_stream(stream: argparse.ArgumentParser) -> None:
    stream.set_defaults(run=run_stream)
    add_model_options(stream)
    add = stream.add_argument
    add("--from", metavar="ADDRESS", dest="source", required=True, help="where the tweets are")
    add("--to", metavar="ADDRESS", required=True, help="where the answers go")
    add(
        "--dead-letter",
        metavar="ADDRESS",
        help="where records go that cannot be tagged, as they are, with the reason (default: they "
        "are answered with their error)",
    )
    add(
        "--follow", action="store_true", help="wait for more lines at the end of the file of --from"
    )
    add(
        "--position",
        metavar="FILE",
        type=Path,
        help="keep in FILE how much of the file of --from is answered, and go on from there",
    )
    add(
        "--max-lag",
        metavar="TIME",
        help="under overload, let the gate of --triage answer more tweets, so that none waits "
        "longer: 2s, 1m",
    )
    add(
        "--config",
        metavar="FILE",
        type=Path,
        help="YAML with settings of the clients, in sections kafka, redis, from, to, dead-letter; "
        "${NAME} is taken from the environment",
    )
    add(
        "--metrics-port",
        metavar="N",
        type=int,
        help="serve metrics for Prometheus at this port of 127.0.0.1",
    )
    add_record_options(stream)
    add_answer_options(stream)


def run_stream(args: argparse.Namespace) -> int:
    """Run `tweetner stream` until it is stopped, or to the end of a file."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    stopping = Event()

    def stop(number: int, _: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)  # the second one ends the process

    with ExitStack() as stack:
        stream = _open(args, stack)
        for number in (signal.SIGTERM, signal.SIGINT):
            stack.callback(signal.signal, number, signal.signal(number, stop))
        counts = stream.run(stopping)
    say(_summary(counts))
    return 1 if counts.n_errors else 0


def _open(args: argparse.Namespace, stack: ExitStack) -> "Stream":
    """Check the options, load the model and connect, in this order."""
    from tweetner.streams import brokers

    source = brokers.parse_address(args.source, is_input=True)
    targets = {"to": brokers.parse_address(args.to)}
    if args.dead_letter:
        targets["dead-letter"] = brokers.parse_address(args.dead_letter)
    options = _checked_options(args, source, targets)
    max_lag = _seconds(args.max_lag) if args.max_lag else None
    settings = brokers.read_settings(args.config) if args.config else brokers.Settings()
    tagger = load_tagger(args)
    tagger.backend.emissions(tagger.backend.encode([["the", "first", "tweet", "is", "slow"]]))
    pace = brokers.Pace(args.batch, max_lag, tagger.gate)
    writers = {}
    for role, address in targets.items():
        writers[role] = brokers.open_writer(address, settings, role=role)
        stack.callback(writers[role].close)
    reader = brokers.open_reader(source, settings, is_followed=args.follow, position=args.position)
    stack.callback(reader.close)
    stream = brokers.Stream(
        tagger,
        reader,
        writers["to"],
        dead_letters=writers.get("dead-letter"),
        options=options,
        pace=pace,
        min_score=min_score_of(args, tagger.decoder),
    )
    if args.metrics_port is not None:
        brokers.serve_metrics(
            args.metrics_port,
            stream.counts,
            lag=lambda: stream.lag,
            oldest=lambda: stream.oldest_seconds,
        )
    say(f"answering {source}")
    return stream


def _checked_options(
    args: argparse.Namespace, source: "Address", targets: "dict[str, Address]"
) -> "RecordOptions":
    from tweetner.streams.brokers import PLACE

    check_answer_options(args)
    options = record_options(args, {"jsonl"})
    if PLACE in options.keep:
        raise ValueError(f"--keep: every answer has its own {PLACE!r}; rename it: NAME={PLACE}")
    if str(source) in [str(target) for target in targets.values()]:
        raise ValueError(f"--from: expected another address than the answers', got {source}")
    if source.kind != "file" and (args.follow or args.position):
        raise ValueError(f"--follow, --position: expected a file in --from, got {source}")
    return options


def _seconds(duration: str) -> float:
    from tweetner.trends import parse_duration

    with error_place("--max-lag"):
        return parse_duration(duration) / 1000


def _summary(counts: "Counts") -> str:
    return (
        f"{counts.n_answered:,} records: {counts.n_model:,} answered by the model, "
        f"{counts.n_triage:,} by triage, {counts.n_errors:,} errors, {counts.n_dead:,} dead letters"
    )
