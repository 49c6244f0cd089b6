"""Exit statuses, errors and options that the commands of `tweetner` and the scripts share."""

import argparse
import os
import sys
from collections.abc import Callable
from functools import wraps
from io import TextIOWrapper
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

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
    "confluent_kafka": "stream",
    "redis": "stream",
    "prometheus_client": "stream",
    "dask": "cluster",
    "distributed": "cluster",
}
"""Optional libraries, and the extra of `pip install tweetner[EXTRA]` that brings each."""

Arguments = ParamSpec("Arguments")


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


def _report_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Report Ctrl-C in one line also outside `main`, while a script imports its libraries."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    say("interrupted")
    os._exit(INTERRUPTED)


# Scripts import this module first, because their other imports take seconds.
sys.excepthook = _report_uncaught


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


def add_model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    command.add_argument(
        "--triage",
        action="store_true",
        help="answer the tweets in which the model's gate expects no entity without the model; "
        'answers then say "by": "triage" or "model" (scripts/cascade.py fits a gate)',
    )
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


def load_tagger(args: argparse.Namespace) -> "Tagger":
    """Load the model that the options name."""
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
        triage=args.triage,
    )


def add_answer_options(command: argparse.ArgumentParser) -> None:
    """Add the options for the answers; `check_answer_options` and `min_score_of` read them."""
    threshold = command.add_mutually_exclusive_group()
    threshold.add_argument(
        "--min-score", metavar="X", type=float, help="leave out entities with a score below X (0-1)"
    )
    threshold.add_argument(
        "--min-precision",
        metavar="X",
        type=float,
        help="leave out entities below the threshold that the model's card gives for precision X",
    )
    command.add_argument(
        "--batch",
        metavar="N",
        type=int,
        default=1024,
        help="number of tweets tagged together (default: %(default)s)",
    )


def min_score_of(args: argparse.Namespace, decoder: str) -> float:
    """Return the score below which entities are left out.

    Raises:
        ValueError: The model has no threshold of the precision that is asked for.
    """
    if args.min_precision is None:
        return args.min_score or 0.0
    from tweetner.hub import open_model

    folder = open_model(args.model, revision=args.revision, hub=args.hub)
    return folder.metrics.min_score(args.min_precision, decoder)


def check_answer_options(args: argparse.Namespace) -> None:
    """Check the options of `add_answer_options`.

    Raises:
        ValueError: A number is out of its range.
    """
    if args.min_score is not None and not 0 <= args.min_score <= 1:
        raise ValueError(f"--min-score: expected a number from 0 to 1, got {args.min_score}")
    if args.batch < 1:
        raise ValueError(f"--batch: expected 1 or more, got {args.batch}")
