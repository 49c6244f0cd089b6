"""`tweetner review`: fill a queue, serve its page, show and export what was decided."""

import argparse
from pathlib import Path

from tweetner.cli.shared import Parser, add_hub_option, add_revision_option, say

REVIEW_HELP = """
Let a person decide what the model doubts. Tag with the text kept, fill a queue, open the page:

    tweetner tag MODEL tweets.jsonl --keep text created_at > tagged.jsonl
    tweetner review fill MODEL tagged.jsonl q.db --precision 0.7
    tweetner review serve q.db
    tweetner review export q.db jsonl decisions.jsonl
    tweetner review import q.db label-studio project.json
"""


def add_review(review: argparse.ArgumentParser) -> None:
    """Add the commands of `tweetner review`."""
    review.description = REVIEW_HELP
    commands = review.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    _add_fill(commands.add_parser("fill", help="make a queue from tagged tweets"))
    _add_serve(commands.add_parser("serve", help="serve the page of a queue on this machine"))
    status = commands.add_parser("status", help="show how far the review is")
    export = commands.add_parser("export", help="write the decisions to a file")
    import_ = commands.add_parser("import", help="read decisions that were made elsewhere")
    forget = commands.add_parser("forget", help="delete a tweet's text and decisions")
    status.set_defaults(run=run_status)
    export.set_defaults(run=run_export)
    import_.set_defaults(run=run_import)
    forget.set_defaults(run=run_forget)
    for command in (status, export, import_, forget):
        _add_queue(command)
    formats = "jsonl, label-studio, doccano, prodigy, argilla, spacy or conll"
    for command, use in ((export, "file to write"), (import_, "file to read")):
        command.add_argument("format", metavar="FORMAT", help=formats)
        command.add_argument("file", metavar="FILE", type=Path, help=use)
    import_.add_argument(
        "--reviewer",
        metavar="NAME",
        default="import",
        help="who decided, where the file does not say (default: %(default)s)",
    )
    # those of `scripts/convert.py`; importing them would make every --help slow
    inside_words = import_.add_mutually_exclusive_group()
    import_.set_defaults(inside_words="refuse")
    for choice, text in (
        ("snap", "grow entities that begin or end inside a word to whole words"),
        ("skip", "leave out tweets with such entities"),
    ):
        inside_words.add_argument(
            f"--{choice}", dest="inside_words", action="store_const", const=choice, help=text
        )
    forget.add_argument("id", metavar="ID", help="id of the tweet")


def _add_queue(command: argparse.ArgumentParser) -> None:
    command.add_argument("queue", metavar="QUEUE", type=Path, help="file of the queue")


def _add_fill(fill: argparse.ArgumentParser) -> None:
    fill.set_defaults(run=run_fill)
    fill.add_argument("model", metavar="MODEL", help="the model that tagged the tweets")
    fill.add_argument(
        "tagged", metavar="TAGGED", type=Path, help="JSONL or Parquet from `tag --keep text`"
    )
    _add_queue(fill)
    fill.add_argument(
        "--precision",
        metavar="X",
        type=float,
        help="accept unread what the model's certified threshold for precision X accepts",
    )
    fill.add_argument(
        "--audit",
        metavar="SHARE",
        type=float,
        default=0.05,
        help="share of the tweets accepted unread that is read all the same (default: %(default)s)",
    )
    fill.add_argument(
        "--blind",
        metavar="SHARE",
        type=float,
        default=0.1,
        help="share of the tweets shown without predictions (default: %(default)s)",
    )
    fill.add_argument(
        "--double",
        metavar="SHARE",
        type=float,
        default=0.0,
        help="share of the tweets that two reviewers read (default: %(default)s)",
    )
    fill.add_argument(
        "--order",
        choices=["expected", "doubt", "random"],
        default="expected",
        help="expected entities times doubt, least certain word, or random (default: %(default)s)",
    )
    fill.add_argument(
        "--trends",
        metavar="FILE",
        type=Path,
        help="alarms of `tweetner trends`",
    )
    fill.add_argument("--seed", metavar="N", type=int, default=0, help="default: %(default)s")
    add_revision_option(fill)
    add_hub_option(fill)


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.set_defaults(run=run_serve)
    _add_queue(serve)
    serve.add_argument("--reviewer", metavar="NAME", default="reviewer", help="who decides")
    serve.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    serve.add_argument("--port", metavar="N", type=int, default=8010, help="default: %(default)s")
    serve.add_argument(
        "--token", help="the secret of the link; needed to listen beyond this machine"
    )


def run_fill(args: argparse.Namespace) -> int:
    """Run `tweetner review fill`."""
    from tweetner.hub import open_model
    from tweetner.review import Plan, fill_queue
    from tweetner.streams import find_inputs
    from tweetner.tagger import load
    from tweetner.trends import normal_form, read_records

    for name in ("audit", "blind", "double"):
        if not 0 <= getattr(args, name) <= 1:
            raise ValueError(f"--{name}: expected a share from 0 to 1, got {getattr(args, name)}")
    model = open_model(args.model, revision=args.revision, hub=args.hub)
    plan = Plan(
        audit=args.audit,
        blind=args.blind,
        double=args.double,
        order=args.order,
        trends=_doubtful(args.trends) if args.trends else frozenset(),
        seed=args.seed,
    )
    inputs = find_inputs([str(args.tagged)])
    formats = {input_.format for input_ in inputs}
    if not formats <= {"jsonl", "parquet"}:
        raise ValueError(f"{args.tagged}: expected JSONL or Parquet, got {', '.join(formats)}")
    records = list(read_records(inputs))
    errors = [record for record in records if record.get("error") is not None]
    counts = fill_queue(
        args.queue,
        model,
        load(model),
        [record for record in records if record.get("error") is None],
        name=args.model,
        precision=args.precision,
        plan=plan,
        normal_form=normal_form,
    )
    n_tweets = len(records) - len(errors)
    n_audited, n_accepted = counts["audit"], counts["accepted"]
    print(
        f"{args.queue}: {n_tweets - n_accepted:,} of {n_tweets:,} tweets wait for a reviewer, "
        f"{n_audited:,} of them drawn from {n_audited + n_accepted:,} that are accepted unread"
    )
    if counts["changed"]:
        say(
            f"warning: {counts['changed']:,} tweets were tagged otherwise than this model does: "
            "by another revision, decoder or threshold?"
        )
    if errors:
        say(f"warning: {len(errors):,} records are errors, such as {errors[0]['error']}")
    return 1 if errors else 0


def _doubtful(path: Path) -> frozenset[str]:
    """Return the normal forms of the doubtful trends in a file of alarms."""
    from tweetner.corpus import read_records
    from tweetner.trends import normal_form

    alarms = [record for _, record in read_records(path)]
    return frozenset(normal_form(alarm["entity"]) for alarm in alarms if alarm.get("doubtful"))


def run_serve(args: argparse.Namespace) -> int:
    """Run `tweetner review serve` until it is stopped."""
    from secrets import token_hex

    from tweetner.review import Queue
    from tweetner.review.web import build_review_app, is_loopback
    from tweetner.serving import Server, listen

    if not is_loopback(args.host) and not args.token:
        raise ValueError(f"--host {args.host}: other machines could reach it, so --token is needed")
    if args.token is not None and len(args.token) < 16:
        raise ValueError("--token: expected at least 16 characters")
    queue = Queue(args.queue)
    token = args.token or token_hex(16)
    names = {"localhost", "127.0.0.1", "::1", args.host}
    hosts = frozenset(names) if is_loopback(args.host) else None
    listener, url = listen(args.host, args.port)
    app = build_review_app(queue, reviewer=args.reviewer, token=token, hosts=hosts)
    with listener:
        server = Server(app, timeout=10, on_ready=lambda: say(f"review at {url}/?token={token}"))
        server.run([listener])
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Run `tweetner review status`; the exit status is 1 where the promise is broken."""
    from tweetner.review import Queue, agreements_of, progress_of, queue_audit

    queue = Queue(args.queue)
    progress = progress_of(queue)
    print(
        f"{progress.decided:,} decided, {progress.skipped:,} skipped, "
        f"{progress.waiting:,} waiting, "
        f"{progress.accepted:,} accepted unread"
    )
    if progress.decided:
        print(f"{progress.seconds:.1f} s and {progress.keystrokes:.1f} keystrokes a tweet")
    for agreement in agreements_of(queue):
        print(agreement)
    checked = queue_audit(queue)
    if checked is None:
        print("nothing is accepted unread: no precision was promised")
        return 0
    low, high = checked.sequence
    print(checked)
    print(f"valid at every look: {100 * low:.0f} to {100 * high:.0f}%")
    return 1 if checked.broken else 0


def run_export(args: argparse.Namespace) -> int:
    """Run `tweetner review export`."""
    from tweetner.corpus import write_annotations
    from tweetner.review import Queue, decisions_of

    records = list(decisions_of(Queue(args.queue)))
    if args.file.resolve() == args.queue.resolve():
        raise ValueError(f"{args.file}: expected another file than the queue itself")
    write_annotations(args.file, args.format, records)
    print(f"{args.file}: {len(records):,} decisions")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Run `tweetner review import`."""
    from tweetner.review import Queue, import_decisions

    counts = import_decisions(
        Queue(args.queue), args.file, args.format, reviewer=args.reviewer, inside=args.inside_words
    )
    print(
        f"{args.queue}: {counts['new']:,} new decisions, {counts['known']:,} known, "
        f"{counts['grown']:,} entities grown to whole words, {counts['left out']:,} tweets left "
        f"out, {counts['replaced']:,} replaced by later ones in the file"
    )
    return 0


def run_forget(args: argparse.Namespace) -> int:
    """Run `tweetner review forget`."""
    from tweetner.review import Queue

    Queue(args.queue).forget(args.id)
    print(f"{args.queue}: tweet {args.id} is forgotten")
    return 0
