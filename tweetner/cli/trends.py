"""`tweetner trends`: which entities rise in a stream of tagged tweets."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tweetner.cli.shared import say

if TYPE_CHECKING:
    from tweetner.report import TrendHistory
    from tweetner.trends import ClosedBucket, Progress, TrendTracker

TRENDS_HELP = """
Find the entities that more people mention than chance explains, per bucket of time, and keep the
share of false alarms below --fdr. The input is what this writes, as JSONL or Parquet:

    tweetner tag MODEL tweets.jsonl --keep created_at author_id > tagged.jsonl

An entity's count is the number of different authors who mention it in the bucket. A bucket is
final, and its alarms are written, when a tweet arrives that is newer than its end by --lateness.
"""


def add_trends(trends: argparse.ArgumentParser) -> None:
    trends.set_defaults(run=run_trends)
    trends.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        help="files or globs of tagged tweets, in the order of time; '-' or nothing for standard "
        "input",
    )
    _add_counting(trends)
    _add_alarms(trends)
    _add_writing(trends)
    _add_state(trends)


def _add_counting(trends: argparse.ArgumentParser) -> None:
    """Add the options that say how mentions are read and counted."""
    add = trends.add_argument
    add(
        "--decisions",
        metavar="FILE",
        type=Path,
        help="decisions that `tweetner review export` wrote; they correct the counts",
    )
    add("--bucket", metavar="TIME", default="10m", help="length of a bucket (default: %(default)s)")
    add(
        "--lateness",
        metavar="TIME",
        default="5m",
        help="how much older than the newest tweet a tweet may be and still be counted, whatever "
        "bucket it is in (default: %(default)s)",
    )
    add(
        "--time",
        metavar="PATH",
        default="created_at",
        help="field of the time, with dots for fields in fields; without it, the time in the "
        "tweet's id is taken (default: %(default)s)",
    )
    add(
        "--author",
        metavar="PATH",
        default="author_id",
        help="field of the author; a tweet without one counts for itself (default: %(default)s)",
    )
    add("--aliases", metavar="FILE", type=Path, help="CSV of form,name: count form as name")


def _add_alarms(trends: argparse.ArgumentParser) -> None:
    """Add the options that say what is an alarm."""
    add = trends.add_argument
    add(
        "--fdr",
        metavar="X",
        type=float,
        default=0.05,
        help="largest share of false alarms among the alarms (default: %(default)s)",
    )
    add(
        "--min-authors",
        metavar="N",
        type=int,
        default=5,
        help="fewest different authors of an alarm (default: %(default)s)",
    )
    add(
        "--max-forms",
        metavar="N",
        type=int,
        default=50_000,
        help="most entities whose past is kept (default: %(default)s)",
    )
    add("--ignore", metavar="FILE", type=Path, help="entities that never alarm, one a line")
    add(
        "--null",
        metavar="N",
        type=int,
        default=0,
        help="also count the alarms a day in N shuffles of the tweets over the times",
    )


def _add_writing(trends: argparse.ArgumentParser) -> None:
    """Add the options that say what is written."""
    add = trends.add_argument
    add(
        "--output",
        metavar="FILE",
        help="write the alarms to .jsonl, .csv or .parquet; '-' for JSONL to standard output "
        "(default: a table)",
    )
    add("--all", action="store_true", help="write every mentioned entity, not the alarms only")
    add("--html", metavar="FILE", type=Path, help="write a page with a chart for each trend")


def _add_state(trends: argparse.ArgumentParser) -> None:
    """Add the options of a run that continues an earlier one."""
    add = trends.add_argument
    add(
        "--state",
        metavar="FILE",
        type=Path,
        help="save the state with each final bucket; the last buckets stay open in it",
    )
    add(
        "--resume",
        action="store_true",
        help="continue from --state, with the same input, grown or not, or with the next one",
    )
    add("--force", action="store_true", help="replace the files of --output and --state")


def run_trends(args: argparse.Namespace) -> int:
    """Run `tweetner trends`."""
    from tweetner import streams, trends
    from tweetner.corpus import corrected, read_decisions

    decisions = read_decisions(args.decisions) if args.decisions else {}
    inputs = streams.find_inputs(args.inputs)
    is_live = any(input_.path is None for input_ in inputs)
    _check(args, {input_.format for input_ in inputs}, is_live=is_live)
    tracker = _tracker(args)

    def corrected_records() -> Iterator[dict[str, Any]]:
        return (corrected(record, decisions) for record in trends.read_records(inputs))

    progress = trends.Progress()
    if args.resume and args.state.exists():
        progress = trends.load_state(args.state, tracker)
    history = _history(args)
    with ExitStack() as stack:
        sink = Sink(args, progress, stack, is_live=is_live)
        records = progress.follow(_shown(corrected_records(), args))
        for closed in tracker.update(records):
            _take(closed, sink, progress, history)
            if args.state:
                trends.save_state(args.state, tracker, progress)
        if args.state:
            trends.save_state(args.state, tracker, progress)
        else:
            for closed in tracker.finish():
                _take(closed, sink, progress, history)
        sink.finish()
    if history:
        history.write(args.html)
    _tell(tracker)
    if args.null:
        alarms = trends.shuffled_alarms_a_day(corrected_records(), tracker, args.null)
        mean = sum(alarms) / len(alarms)
        say(f"{mean:.2f} alarms a day in {args.null} shuffles, {max(alarms):.2f} at most")
    return 1 if tracker.tally.n_errors else 0


def _check(args: argparse.Namespace, formats: set[str], *, is_live: bool) -> None:
    if not formats <= {"jsonl", "parquet"}:
        raise ValueError(f"expected JSONL or Parquet, got {', '.join(sorted(formats))}")
    if args.resume and not args.state:
        raise ValueError("--resume: expected --state FILE to continue from")
    if args.state and args.state.exists() and not (args.resume or args.force):
        raise ValueError(f"{args.state} exists: --resume continues it, --force replaces it")
    if args.null and is_live:
        raise ValueError("--null: expected files to read twice, got standard input")
    if args.null < 0:
        raise ValueError(f"--null: expected 0 or more, got {args.null}")


def _tracker(args: argparse.Namespace) -> "TrendTracker":
    from tweetner import trends

    options = trends.TrendOptions(
        bucket=trends.parse_duration(args.bucket),
        lateness=trends.parse_duration(args.lateness),
        fdr=args.fdr,
        min_authors=args.min_authors,
        max_forms=args.max_forms,
        time=args.time,
        author=args.author,
    )
    aliases = trends.read_aliases(args.aliases) if args.aliases else {}
    ignored = trends.read_ignored(args.ignore, aliases) if args.ignore else ()
    return trends.TrendTracker(options, aliases=aliases, ignored=ignored, describe_all=args.all)


def _history(args: argparse.Namespace) -> "TrendHistory | None":
    if not args.html:
        return None
    from tweetner.report import TrendHistory

    return TrendHistory()


def _shown(records: Iterator[dict[str, Any]], args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from tqdm import tqdm

    is_shown = os.isatty(2) and not (args.output in (None, "-") and os.isatty(1))
    yield from tqdm(records, unit=" tweets", disable=not is_shown)


def _take(
    closed: "ClosedBucket", sink: "Sink", progress: "Progress", history: "TrendHistory | None"
) -> None:
    sink.write(closed)
    progress.add(closed)
    if history:
        history.add(closed)


class Sink:
    """Writes the rows of final buckets: as they come to JSONL, at the end to CSV and Parquet.

    Without an output, they become tables: one for each bucket of a live stream, one for a file.
    """

    def __init__(
        self, args: argparse.Namespace, progress: "Progress", stack: ExitStack, *, is_live: bool
    ) -> None:
        self._path = Path(args.output) if args.output not in (None, "-") else None
        self._progress = progress
        self._is_live = is_live
        self._rows: list[dict[str, Any]] = []
        self._lines: IO[bytes] | None = None
        is_table = self._path is not None and self._path.suffix in (".csv", ".parquet")
        if is_table and args.resume:
            raise ValueError(f"{self._path}: expected a .jsonl file to resume")
        if self._path and self._path.exists() and not (args.force or args.resume):
            raise ValueError(f"{self._path} exists: --force replaces it")
        if self._path and not is_table:
            is_continued = args.resume and self._path.exists()
            lines = stack.enter_context(self._path.open("r+b" if is_continued else "wb"))
            lines.truncate(progress.n_written)  # rows of buckets that the state does not have
            lines.seek(progress.n_written)
            self._lines = lines
        elif args.output == "-":
            self._lines = sys.stdout.buffer

    def write(self, closed: "ClosedBucket") -> None:
        """Write the rows of a bucket."""
        from tweetner.streams import encode_row

        if self._lines:
            self._lines.writelines(map(encode_row, closed.rows))
            self._lines.flush()
            self._progress.n_written = self._lines.tell() if self._path else 0
        elif self._path is None and self._is_live and closed.rows:
            _print_table(closed.rows)
        else:
            self._rows += closed.rows

    def finish(self) -> None:
        """Write what is left at the end."""
        if self._path and not self._lines:
            from tweetner.report import write_trend_rows

            write_trend_rows(self._rows, self._path)
        elif self._rows:
            _print_table(self._rows)


def _print_table(rows: list[dict[str, Any]]) -> None:
    from tweetner.report import trend_table

    print(trend_table(rows).frame.to_string(index=False), flush=True)


def _tell(tracker: "TrendTracker") -> None:
    """Print what became of the records."""
    tally, past = tracker.tally, tracker.detector.past
    say(
        f"{tally.n_records:,} records, {tally.n_buckets:,} final buckets, "
        f"{tally.n_alarms:,} alarms, {len(tracker.open):,} buckets still open"
    )
    if tally.n_late:
        say(f"{tally.n_late:,} tweets came later than --lateness allows and are not counted")
    if tally.n_without_author:
        say(f"{tally.n_without_author:,} tweets have no author; each counts as one author")
    if past.n_dropped:
        say(
            f"{past.n_dropped:,} rare entities were dropped to keep --max-forms; "
            f"none of them has more than {past.floor:.1f} recent authors"
        )
    if tally.n_errors:
        say(f"{tally.n_errors:,} records are errors: {'; '.join(tally.errors)}")
