"""The `tweetner` command: use published models.

    tweetner tag MODEL [INPUT ...]              entities of a stream of tweets
    tweetner serve MODEL                        the same over HTTP
    tweetner hub list|verify|rollback|path      what the local hub holds

Exit status: 0; 1 where records were errors or a model is damaged; 2 for a refusal, in one line.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, NoReturn

from tweetner import __version__

if TYPE_CHECKING:
    from tweetner.tagger import Tagger

INTERRUPTED, CLOSED_PIPE = 130, 141  # 128 + SIGINT, SIGPIPE: what a shell shows for any tool


class Parser(argparse.ArgumentParser):
    """Refuses in one line, and takes files before, between and after options."""

    _intermixes = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; `parse_known_intermixed_args` calls this again, and is not for a parser that has commands."""
        if self._intermixes or self._subparsers:
            return super().parse_known_args(args, namespace)
        self._intermixes = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._intermixes = False

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, `sys.argv` by default; returns the exit status."""
    args = parser().parse_args(argv)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # whatever the locale
    try:
        status: int = args.run(args)
        if sys.stdout:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return CLOSED_PIPE
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ValueError as error:
        return _refuse(str(error))
    return status


def _refuse(reason: str) -> int:
    _say(f"error: {' '.join(reason.splitlines())}")
    return 2


def _say(line: str) -> None:
    if sys.stderr:  # none where it is closed, and print would take standard output
        print(line, file=sys.stderr)


def _forget_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush is quiet too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def parser() -> Parser:
    main_parser = Parser(prog="tweetner", description="Named entity recognition for tweets.")
    main_parser.add_argument("--version", action="version", version=f"tweetner {__version__}")
    commands = main_parser.add_subparsers(metavar="COMMAND", required=True)
    _add_tag(
        commands.add_parser(
            "tag", help="find the entities in a stream of tweets", description=TAG_HELP
        )
    )
    _add_serve(commands.add_parser("serve", help="find entities over HTTP", description=SERVE_HELP))
    _add_hub(commands.add_parser("hub", help="list, verify and roll back published models"))
    return main_parser


# --- tweetner tag ----------------------------------------------------------------------------------------------------

TAG_HELP = """
Find the entities in tweets, in constant memory and in order, one answer for each record. JSONL in:
{"id": 7, "text": "in NYC"}, out: {"id": 7, "entities": [{"type", "text", "start", "end", "score"}, ...]}, where start
and end count code points. Without an id, a record's number stands for it. A record that cannot be read, a blank line
too, gives {"id", "error"} in its place and exit status 1 at the end; CoNLL has no place for it and stops.
"""


def _add_tag(tag: argparse.ArgumentParser) -> None:
    tag.set_defaults(run=run_tag)
    tag.add_argument(
        "model", metavar="MODEL", help="name in the hub, or a folder's path that begins with / or ."
    )
    tag.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        help="files or globs; '-' or nothing for standard input",
    )
    tag.add_argument(
        "--input-format",
        choices=["jsonl", "text", "csv", "conll", "parquet"],
        help="default by the extension (.txt, .csv, .parquet, .conll), else jsonl",
    )
    tag.add_argument(
        "--column", metavar="NAME", help="key or column of the tweet in jsonl, csv, parquet (text)"
    )
    tag.add_argument(
        "--output",
        metavar="FILE",
        default="-",
        help="default stdout; FILE.part until it is complete",
    )
    tag.add_argument(
        "--output-format",
        choices=["jsonl", "parquet", "conll"],
        help="default by the extension (.parquet, .conll), else jsonl; conll is word<TAB>tag",
    )
    tag.add_argument("--force", action="store_true", help="replace FILE")
    tag.add_argument(
        "--resume",
        action="store_true",
        help="go on from FILE.part, with the same inputs and options",
    )
    tag.add_argument(
        "--strict", action="store_true", help="stop at the first record that cannot be read"
    )
    least = tag.add_mutually_exclusive_group()
    least.add_argument(
        "--min-score", metavar="X", type=float, help="leave out entities below, from 0 to 1"
    )
    least.add_argument(
        "--min-precision",
        metavar="X",
        type=float,
        help="leave out entities below the model's threshold for this precision (see its card)",
    )
    tag.add_argument(
        "--batch", metavar="N", type=int, default=1024, help="tweets tagged at once (%(default)s)"
    )
    _add_model_options(tag)


def _add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--decoder", choices=["argmax", "bio", "crf"], help="default the model's own"
    )
    command.add_argument(
        "--backend",
        choices=["torch", "onnx", "onnx-int8"],
        help="of a neural model; default the fastest that the model has and that gives the same tags",
    )
    command.add_argument("--device", help="of torch: cpu, cuda, ... (a GPU where there is one)")
    command.add_argument(
        "--bf16", action="store_true", help="let torch compute in bfloat16, for a GPU"
    )
    command.add_argument(
        "--revision", default="main", help="main, a tag such as v1, or a revision (%(default)s)"
    )
    _add_hub_option(command)


def run_tag(args: argparse.Namespace) -> int:
    from pathlib import Path

    from tweetner import streams

    inputs = streams.find_inputs(args.inputs, args.input_format)
    _check_tag(args, {input_.format for input_ in inputs})
    path = None if args.output == "-" else Path(args.output)
    output_format = streams.output_format_of(path, args.output_format)
    streams.refuse_inputs_as_output(inputs, path)
    with streams.open_output(path, output_format, force=args.force, resume=args.resume) as output:
        tagger = _load(args)
        tally = streams.tag_stream(
            tagger,
            streams.Source(inputs, "text" if args.column is None else args.column),
            output,
            min_score=_min_score(args, tagger.decoder),
            batch_size=args.batch,
            strict=args.strict,
            progress=os.isatty(2) and not (path is None and os.isatty(1)),
        )
    if tally.n_errors:
        _say(f"{tally.n_errors:,} of {tally.n_records:,} records are errors")
    return 1 if tally.n_errors else 0


def _load(args: argparse.Namespace) -> "Tagger":
    os.environ.setdefault(
        "HF_HUB_DISABLE_PROGRESS_BARS", "1"
    )  # transformers shows one for loading weights
    from tweetner.tagger import load

    return load(
        args.model,
        revision=args.revision,
        hub=args.hub,
        decoder=args.decoder,
        backend=args.backend,
        device=args.device,
        bf16=args.bf16,
    )


def _min_score(args: argparse.Namespace, decoder: str) -> float:
    if args.min_precision is None:
        return args.min_score or 0.0
    from tweetner.hub import open_model

    folder = open_model(args.model, revision=args.revision, hub=args.hub)
    return folder.metrics.min_score(args.min_precision, decoder)


def _check_tag(args: argparse.Namespace, formats: set[str]) -> None:
    if args.min_score is not None and not 0 <= args.min_score <= 1:
        raise ValueError(f"--min-score: expected a number from 0 to 1, got {args.min_score}")
    if args.batch < 1:
        raise ValueError(f"--batch: expected 1 or more, got {args.batch}")
    if args.column is not None and formats <= {"text", "conll"}:
        raise ValueError(
            f"--column: expected an input of jsonl, csv or parquet, got {', '.join(sorted(formats))}"
        )


# --- tweetner serve --------------------------------------------------------------------------------------------------

SERVE_HELP = """
Find entities over HTTP: POST /tag takes {"tweets": [{"id": 7, "text": "in NYC"}]}; GET /health, /metrics (Prometheus),
/openapi.json. Tweets of concurrent requests are tagged together. There is no authentication: beyond this machine, put
it behind a proxy. SIGTERM or Ctrl-C stops it when what has arrived is answered; a second Ctrl-C at once.
"""


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.set_defaults(run=run_serve)
    serve.add_argument(
        "model", metavar="MODEL", help="name in the hub, or a folder's path that begins with / or ."
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at (%(default)s)")
    serve.add_argument(
        "--port", metavar="N", type=int, default=8000, help="0 for any free one (%(default)s)"
    )
    serve.add_argument(
        "--max-tweets", metavar="N", type=int, default=256, help="of a request (%(default)s)"
    )
    serve.add_argument(
        "--max-characters", metavar="N", type=int, default=10_000, help="of a tweet (%(default)s)"
    )
    serve.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=10.0, help="of a request (%(default)s)"
    )
    _add_model_options(serve)


def run_serve(args: argparse.Namespace) -> int:
    try:
        from tweetner.serving import Limits, Server, build_app, listen
    except ModuleNotFoundError as error:
        raise ValueError(
            f"tweetner serve needs {error.name}: pip install 'tweetner[serve]'"
        ) from None
    from tweetner.hub import resolve

    limits = Limits(
        max_tweets=args.max_tweets, max_characters=args.max_characters, timeout=args.timeout
    )
    revision = None
    if not args.model.startswith(("/", ".")):
        revision = args.revision = resolve(
            args.model, revision=args.revision, hub=args.hub
        ).name  # for `_load` too
    listener, url = listen(args.host, args.port)
    with listener:
        tagger = _load(args)
        tagger(["the first tweet is slow"])
        app = build_app(tagger, model=args.model, revision=revision, limits=limits)
        Server(
            app, timeout=limits.timeout, on_ready=lambda: _say(f"serving {args.model} at {url}")
        ).run([listener])
    return 0


# --- tweetner hub ----------------------------------------------------------------------------------------------------


def _add_hub(hub: argparse.ArgumentParser) -> None:
    commands = hub.add_subparsers(metavar="COMMAND", required=True)
    add = commands.add_parser
    list_ = add(
        "list",
        help="the models, with tag, revision, number of files and size of the current version",
    )
    list_.set_defaults(run=run_list)
    verify = add("verify", help="compare files with their hashes; exit status 1 where one differs")
    verify.set_defaults(run=run_verify)
    verify.add_argument("models", metavar="MODEL", nargs="*", help="default all")
    rollback = add("rollback", help="make an earlier version the current one again")
    rollback.set_defaults(run=run_rollback)
    rollback.add_argument("model", metavar="MODEL")
    rollback.add_argument("revision", metavar="REVISION", help="a tag such as v1, or a revision")
    path = add("path", help="the folder of a model")
    path.set_defaults(run=run_path)
    path.add_argument("model", metavar="MODEL")
    path.add_argument(
        "--revision", default="main", help="main, a tag such as v1, or a revision (%(default)s)"
    )
    for command in (list_, verify, rollback, path):
        _add_hub_option(command)


def _add_hub_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--hub", metavar="FOLDER", help="default $TWEETNER_HUB, else outputs/hub")


def _check_hub(hub: str | None) -> None:
    from tweetner.hub import hub_root

    if not (root := hub_root(hub)).is_dir():
        raise ValueError(
            f"{root}: there is no such hub folder; --hub or $TWEETNER_HUB names it, publishing makes it"
        )


def run_list(args: argparse.Namespace) -> int:
    from tweetner.hub import list_models

    _check_hub(args.hub)
    for model in list_models(args.hub):
        version = f"{model.tag or '-':4} {model.revision[:12]}"
        print(f"{model.name:40} {version} {model.n_files:3} files {model.n_bytes / 1e6:9.1f} MB")
    return 0


def run_verify(args: argparse.Namespace) -> int:
    from tweetner.hub import list_models, verify

    _check_hub(args.hub)
    damaged = False
    for name in args.models or [model.name for model in list_models(args.hub)]:
        problems = verify(name, hub=args.hub)
        damaged = damaged or bool(problems)
        for line in problems or ["ok"]:
            print(f"{name}: {line}")
    return 1 if damaged else 0


def run_rollback(args: argparse.Namespace) -> int:
    from tweetner.hub import rollback

    version = rollback(args.model, args.revision, hub=args.hub)
    print(f"{version.name}: main is {version.tag}, revision {version.revision}")
    return 0


def run_path(args: argparse.Namespace) -> int:
    from tweetner.hub import resolve

    print(resolve(args.model, revision=args.revision, hub=args.hub))
    return 0


if __name__ == "__main__":
    sys.exit(main())
