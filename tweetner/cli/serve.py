"""`tweetner serve`: find entities over HTTP."""

import argparse
from pathlib import Path

from tweetner.cli.shared import (
    add_model_options,
    load_tagger,
    say,
)

SERVE_HELP = """
Find entities over HTTP. POST /tag takes {"tweets": [{"id": 7, "text": "in NYC"}]}; there are also
GET /health, /metrics (for Prometheus) and /openapi.json. Tweets of concurrent requests are tagged
together. There is no authentication: put the service behind a proxy if other machines can reach it.
SIGTERM or Ctrl-C stops it after the requests that have arrived are answered; a second Ctrl-C stops
it at once.
"""


def add_serve(serve: argparse.ArgumentParser) -> None:
    serve.set_defaults(run=run_serve)
    add_model_options(serve)
    serve.add_argument(
        "--decisions",
        metavar="FILE",
        type=Path,
        help="decisions that `tweetner review export` wrote; they win over the model's answers",
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: %(default)s)"
    )
    serve.add_argument(
        "--port",
        metavar="N",
        type=int,
        default=8000,
        help="port to listen at, 0 for any free one (default: %(default)s)",
    )
    _add_limits(serve)
    serve.add_argument(
        "--trends",
        metavar="FILE",
        type=Path,
        help="state of `tweetner trends --state FILE`, whose newest alarms GET /trends gives",
    )


def _add_limits(serve: argparse.ArgumentParser) -> None:
    serve.add_argument(
        "--max-tweets",
        metavar="N",
        type=int,
        default=256,
        help="most tweets in a request (default: %(default)s)",
    )
    serve.add_argument(
        "--max-characters",
        metavar="N",
        type=int,
        default=10_000,
        help="most characters in a tweet (default: %(default)s)",
    )
    serve.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=10.0,
        help="longest time that a request may take (default: %(default)s)",
    )


def run_serve(args: argparse.Namespace) -> int:
    """Run `tweetner serve` until it is stopped."""
    from tweetner.corpus import read_decisions
    from tweetner.hub import resolve
    from tweetner.serving import Limits, Server, build_app, listen

    limits = Limits(
        max_tweets=args.max_tweets, max_characters=args.max_characters, timeout=args.timeout
    )
    decisions = read_decisions(args.decisions) if args.decisions else {}
    revision = None
    if not args.model.startswith(("/", ".")):
        # The name may mean another version a moment later, so `load_tagger` gets this revision too.
        revision = resolve(args.model, revision=args.revision, hub=args.hub).name
        args.revision = revision
    listener, url = listen(args.host, args.port)
    with listener:
        tagger = load_tagger(args)
        tagger.backend.emissions(tagger.backend.encode([["the", "first", "tweet", "is", "slow"]]))
        app = build_app(
            tagger,
            model=args.model,
            revision=revision,
            limits=limits,
            trends=args.trends,
            decisions=decisions,
        )
        server = Server(
            app, timeout=limits.timeout, on_ready=lambda: say(f"serving {args.model} at {url}")
        )
        server.run([listener])
    return 0
