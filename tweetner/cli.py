"""The `tweetner` command, and what the command lines of the scripts share with it.

    tweetner tag MODEL [INPUT ...]              find the entities in a stream of tweets
    tweetner serve MODEL                        do the same over HTTP
    tweetner hub list|verify|rollback|path      manage the models of the local hub

Exit status: 0 on success; 1 where records were errors or a model is damaged; 2 for a refusal,
which is one line on stderr; 130 after Ctrl-C; 141 where the reader of the output has gone.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

from tweetner import __version__

if TYPE_CHECKING:
    from tweetner.streams import RecordOptions
    from tweetner.tagger import Tagger

INTERRUPTED = 130
"""128 + SIGINT, as a shell reports it."""
CLOSED_PIPE = 141
"""128 + SIGPIPE."""

EXTRAS = {
    "matplotlib": "plots",
    "seaborn": "plots",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "fastapi": "serve",
    "uvicorn": "serve",
    "dask": "cluster",
    "distributed": "cluster",
}
"""Optional libraries, and the extra of `pip install tweetner[EXTRA]` that brings each."""

Arguments = ParamSpec("Arguments")


# --- shared by all commands and scripts ----------------------------------------------------------


def command_line(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Wrap the `main` function of a command so that it fails in one line and with an exit status.

    `ValueError`, `OSError` and a missing optional library are refusals: status 2. Ctrl-C gives 130.
    """

    @wraps(main)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int:
        if isinstance(sys.stdout, TextIOWrapper):
            # UTF-8 in every locale
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        try:
            status = main(*args, **kwargs)
            if sys.stdout:
                sys.stdout.flush()
        except KeyboardInterrupt:
            say("interrupted")
            return INTERRUPTED
        except BrokenPipeError:
            _discard_stdout()
            return CLOSED_PIPE
        except OSError as error:
            return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except ValueError as error:
            return _refuse(str(error))
        except ModuleNotFoundError as error:
            library = (error.name or "").partition(".")[0]
            if library not in EXTRAS:
                raise
            return _refuse(f"this needs {library}: pip install 'tweetner[{EXTRAS[library]}]'")
        return status

    return run


def say(line: str) -> None:
    """Print a line to stderr."""
    if sys.stderr:  # it is None where stderr is closed; print would then write to stdout
        print(line, file=sys.stderr)


def _refuse(reason: str) -> int:
    say(f"error: {' '.join(reason.splitlines())}")
    return 2


def _discard_stdout() -> None:
    """Send stdout to the null device, so that the interpreter's last flush raises nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class Parser(argparse.ArgumentParser):
    """An argument parser that fails in one line and accepts positionals between options.

    Descriptions are printed with their own line breaks.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self._is_intermixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse a command line in which positionals may stand between options."""
        # `parse_known_intermixed_args` calls this method again, and it cannot parse subcommands.
        if self._is_intermixing or self._subparsers:
            return super().parse_known_args(args, namespace)
        self._is_intermixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixing = False

    def error(self, message: str) -> NoReturn:
        """Exit with status 2 after one line on stderr."""
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


MODEL_HELP = "name of a model in the hub, or the path of its folder, beginning with / or ."


def add_hub_option(parser: argparse.ArgumentParser) -> None:
    """Add `--hub`."""
    parser.add_argument(
        "--hub", metavar="FOLDER", help="folder of the hub (default: $TWEETNER_HUB, or outputs/hub)"
    )


def add_revision_option(parser: argparse.ArgumentParser) -> None:
    """Add `--revision`."""
    parser.add_argument(
        "--revision",
        default="main",
        help="version of the model: main, a tag such as v1, or a revision (default: %(default)s)",
    )


def add_decoder_option(parser: argparse.ArgumentParser) -> None:
    """Add `--decoder`."""
    from tweetner.hub import DECODERS

    parser.add_argument(
        "--decoder",
        choices=DECODERS,
        help="how labels are chosen from the model's scores (default: the model's own way)",
    )


def add_record_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which fields of a record are used; `record_options` reads them."""
    parser.add_argument(
        "--column",
        metavar="PATH",
        help="field that holds the tweet in jsonl, csv, tsv and parquet, with dots for fields in "
        "fields: data.text (default: text, or where the records of Twitter have it)",
    )
    parser.add_argument(
        "--id",
        metavar="PATH",
        help="field that holds the id, which every record must have; '#' stands for the number of "
        "the record (default: id, and the number of a record that has none)",
    )
    parser.add_argument(
        "--keep",
        metavar="FIELD",
        nargs="+",
        action="extend",
        default=[],
        help="fields to copy into the answer, each as PATH, named by its last part, or as "
        "NAME=PATH; 'text' is the text that was tagged. Give MODEL and INPUT before",
    )
    parser.add_argument(
        "--html-entities",
        choices=["auto", "decode", "keep"],
        default="auto",
        help="auto: decode &amp;, &lt; and &gt; in the records of Twitter, which encode them; "
        "decode: decode all HTML entities in all records (default: %(default)s)",
    )
    parser.add_argument(
        "--separator",
        metavar="CHARACTER",
        help="character between the columns of csv, or 'tab' (default: a comma)",
    )


def record_options(args: argparse.Namespace, formats: set[str]) -> "RecordOptions":
    """Return the options of `add_record_options`.

    Raises:
        ValueError: An option is malformed, or it does not apply to the formats of the input.
    """
    from tweetner.streams import RecordOptions, parse_keep

    keep = parse_keep(args.keep)
    needs_fields = {
        "--column": args.column is not None,
        "--id": args.id is not None,
        "--keep": bool(set(keep) - {"text"}),
    }
    found = ", ".join(sorted(formats))
    for option, is_given in needs_fields.items():
        if is_given and formats <= {"text", "conll"}:
            raise ValueError(f"{option}: expected an input of jsonl, csv or parquet, got {found}")
    if args.separator is not None and "csv" not in formats:
        raise ValueError(f"--separator: expected an input of csv, got {found}")
    separator = {None: ",", "tab": "\t", "\\t": "\t"}.get(args.separator, args.separator)
    if len(separator) != 1 or separator in '\r\n"':
        raise ValueError(f"--separator: expected one character or 'tab', got {separator!r}")
    return RecordOptions(
        column=args.column,
        id=args.id,
        keep=keep,
        html_entities=args.html_entities,
        separator=separator,
    )


def _add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    add_decoder_option(command)
    command.add_argument(
        "--backend",
        choices=["torch", "onnx", "onnx-int8"],
        help="library that runs a neural model (default: the fastest one that the model has and "
        "that gives the same tags)",
    )
    command.add_argument(
        "--device", help="device of torch: cpu, cuda, ... (default: a GPU where there is one)"
    )
    command.add_argument("--bf16", action="store_true", help="let torch compute in bfloat16 (GPU)")
    add_revision_option(command)
    add_hub_option(command)


# --- tweetner ------------------------------------------------------------------------------------


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return its exit status."""
    args = parser().parse_args(argv)
    status: int = args.run(args)
    return status


def parser() -> Parser:
    """Return the parser of the `tweetner` command."""
    main_parser = Parser(prog="tweetner", description="Named entity recognition for tweets.")
    main_parser.add_argument("--version", action="version", version=f"tweetner {__version__}")
    commands = main_parser.add_subparsers(metavar="COMMAND", required=True)
    tag = commands.add_parser(
        "tag", help="find the entities in a stream of tweets", description=TAG_HELP
    )
    serve = commands.add_parser("serve", help="find entities over HTTP", description=SERVE_HELP)
    hub = commands.add_parser("hub", help="list, verify and roll back published models")
    _add_tag(tag)
    _add_serve(serve)
    _add_hub(hub)
    return main_parser


# --- tweetner tag --------------------------------------------------------------------------------

TAG_HELP = """
Find the entities in tweets. Records are read one by one, in constant memory, and each gets one
answer, in the same order. A JSONL record and its answer:

    {"id": 7, "text": "in NYC"}
    {"id": 7, "entities": [{"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, "score": 0.9}]}

start and end count code points. A record without an id gets its number in the stream as its id.
A record that cannot be read (also a blank line of JSONL) is answered by {"id": ..., "error": ...},
and the exit status is 1. CoNLL output cannot hold an error, so there the run stops.

Tweets as Twitter's API gives them are read as they are: objects, streams and pages of search
results; compressed files too (gzip, bz2, xz, zstd). If a tweet is cut off, its whole text is taken
from the record; if the record does not hold it, the answer has "truncated": true. Entities are
found in that text, which --keep text adds to the answer:

    tweetner tag MODEL tweets.jsonl.gz --keep text created_at author_id > tagged.jsonl
"""


def _add_tag(tag: argparse.ArgumentParser) -> None:
    tag.set_defaults(run=run_tag)
    _add_model_options(tag)
    tag.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        help="files or globs; '-' or nothing for standard input",
    )
    tag.add_argument(
        "--input-format",
        choices=["jsonl", "text", "csv", "tsv", "conll", "parquet"],
        help="default: by the extension (.txt, .csv, .tsv, .conll, .parquet), else jsonl, which "
        "is JSON lines, an array of objects, or pages of search results",
    )
    add_record_options(tag)
    tag.add_argument(
        "--output",
        metavar="FILE",
        default="-",
        help="file to write, named FILE.part until it is complete (default: standard output)",
    )
    tag.add_argument(
        "--output-format",
        choices=["jsonl", "parquet", "conll"],
        help="default: by the extension (.parquet, .conll), else jsonl; conll is word<TAB>tag",
    )
    tag.add_argument("--force", action="store_true", help="replace FILE if it exists")
    tag.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted FILE.part; give the same inputs and options as before",
    )
    tag.add_argument(
        "--strict", action="store_true", help="stop at the first record that cannot be read"
    )
    threshold = tag.add_mutually_exclusive_group()
    threshold.add_argument(
        "--min-score", metavar="X", type=float, help="leave out entities with a score below X (0-1)"
    )
    threshold.add_argument(
        "--min-precision",
        metavar="X",
        type=float,
        help="leave out entities below the threshold that the model's card gives for precision X",
    )
    tag.add_argument(
        "--batch",
        metavar="N",
        type=int,
        default=1024,
        help="number of tweets tagged together (default: %(default)s)",
    )


def run_tag(args: argparse.Namespace) -> int:
    """Run `tweetner tag`."""
    from pathlib import Path

    from tweetner import streams

    inputs = streams.find_inputs(args.inputs, args.input_format)
    _check_tag(args)
    options = record_options(args, {input_.format for input_ in inputs})
    path = None if args.output == "-" else Path(args.output)
    output_format = streams.output_format_of(path, args.output_format)
    streams.refuse_inputs_as_output(inputs, path)
    if options.keep and output_format == "conll":
        raise ValueError("--keep: expected an output of jsonl or parquet, got conll")
    with streams.open_output(path, output_format, force=args.force, resume=args.resume) as output:
        tagger = _load(args)
        tally = streams.tag_stream(
            tagger,
            streams.Source(inputs, options),
            output,
            min_score=_min_score(args, tagger.decoder),
            batch_size=args.batch,
            strict=args.strict,
            progress=os.isatty(2) and not (path is None and os.isatty(1)),
        )
    for name in sorted(tally.never_kept):
        say(f"warning: no record has a value for {name!r} of --keep")
    if tally.n_errors:
        say(f"{tally.n_errors:,} of {tally.n_records:,} records are errors")
    return 1 if tally.n_errors else 0


def _load(args: argparse.Namespace) -> "Tagger":
    # transformers shows a progress bar while it loads weights
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
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


def _check_tag(args: argparse.Namespace) -> None:
    if args.min_score is not None and not 0 <= args.min_score <= 1:
        raise ValueError(f"--min-score: expected a number from 0 to 1, got {args.min_score}")
    if args.batch < 1:
        raise ValueError(f"--batch: expected 1 or more, got {args.batch}")


# --- tweetner serve ------------------------------------------------------------------------------

SERVE_HELP = """
Find entities over HTTP. POST /tag takes {"tweets": [{"id": 7, "text": "in NYC"}]}; there are also
GET /health, /metrics (for Prometheus) and /openapi.json. Tweets of concurrent requests are tagged
together. There is no authentication: put the service behind a proxy if other machines can reach it.
SIGTERM or Ctrl-C stops it after the requests that have arrived are answered; a second Ctrl-C stops
it at once.
"""


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.set_defaults(run=run_serve)
    _add_model_options(serve)
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
    from tweetner.hub import resolve
    from tweetner.serving import Limits, Server, build_app, listen

    limits = Limits(
        max_tweets=args.max_tweets, max_characters=args.max_characters, timeout=args.timeout
    )
    revision = None
    if not args.model.startswith(("/", ".")):
        # The name may mean another version a moment later, so `_load` gets this revision too.
        revision = resolve(args.model, revision=args.revision, hub=args.hub).name
        args.revision = revision
    listener, url = listen(args.host, args.port)
    with listener:
        tagger = _load(args)
        tagger(["the first tweet is slow"])
        app = build_app(tagger, model=args.model, revision=revision, limits=limits)
        server = Server(
            app, timeout=limits.timeout, on_ready=lambda: say(f"serving {args.model} at {url}")
        )
        server.run([listener])
    return 0


# --- tweetner hub --------------------------------------------------------------------------------


def _add_hub(hub: argparse.ArgumentParser) -> None:
    commands = hub.add_subparsers(metavar="COMMAND", required=True)
    list_ = commands.add_parser(
        "list",
        help="show each model with the tag, revision, number of files and size of its version",
    )
    list_.set_defaults(run=run_list)

    verify = commands.add_parser(
        "verify", help="compare files with their hashes; exit status 1 where one differs"
    )
    verify.set_defaults(run=run_verify)
    verify.add_argument("models", metavar="MODEL", nargs="*", help="models (default: all)")

    rollback = commands.add_parser("rollback", help="make an earlier version the current one again")
    rollback.set_defaults(run=run_rollback)
    rollback.add_argument("model", metavar="MODEL", help="name of the model")
    rollback.add_argument("revision", metavar="REVISION", help="a tag such as v1, or a revision")

    path = commands.add_parser("path", help="print the folder of a model")
    path.set_defaults(run=run_path)
    path.add_argument("model", metavar="MODEL", help="name of the model")
    add_revision_option(path)
    for command in (list_, verify, rollback, path):
        add_hub_option(command)


def _check_hub(hub: str | None) -> None:
    from tweetner.hub import hub_root

    root = hub_root(hub)
    if not root.is_dir():
        raise ValueError(
            f"{root}: there is no such hub folder; name it with --hub or $TWEETNER_HUB, or "
            "publish a model to create it"
        )


def run_list(args: argparse.Namespace) -> int:
    """Run `tweetner hub list`."""
    from tweetner.hub import list_models

    _check_hub(args.hub)
    for model in list_models(args.hub):
        version = f"{model.tag or '-':4} {model.revision[:12]}"
        print(f"{model.name:40} {version} {model.n_files:3} files {model.n_bytes / 1e6:9.1f} MB")
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Run `tweetner hub verify`."""
    from tweetner.hub import list_models, verify

    _check_hub(args.hub)
    is_damaged = False
    for name in args.models or [model.name for model in list_models(args.hub)]:
        problems = verify(name, hub=args.hub)
        is_damaged = is_damaged or bool(problems)
        for line in problems or ["ok"]:
            print(f"{name}: {line}")
    return 1 if is_damaged else 0


def run_rollback(args: argparse.Namespace) -> int:
    """Run `tweetner hub rollback`."""
    from tweetner.hub import rollback

    version = rollback(args.model, args.revision, hub=args.hub)
    print(f"{version.name}: main is {version.tag}, revision {version.revision}")
    return 0


def run_path(args: argparse.Namespace) -> int:
    """Run `tweetner hub path`."""
    from tweetner.hub import resolve

    print(resolve(args.model, revision=args.revision, hub=args.hub))
    return 0


if __name__ == "__main__":
    sys.exit(main())
