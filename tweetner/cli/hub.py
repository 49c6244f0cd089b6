"""`tweetner hub`: list, verify, roll back, copy and upload published models."""

import argparse
from pathlib import Path

from tweetner.cli.shared import (
    add_hub_option,
    add_revision_option,
)


def add_hub(hub: argparse.ArgumentParser) -> None:
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

    export = commands.add_parser(
        "export", help="copy a model's files into a plain folder, which can be moved anywhere"
    )
    export.set_defaults(run=run_export)
    export.add_argument("model", metavar="MODEL", help="name of the model")
    export.add_argument("folder", metavar="FOLDER", type=Path, help="folder to make")
    add_revision_option(export)

    push = commands.add_parser("push", help="upload a model to the Hugging Face hub")
    push.set_defaults(run=run_push)
    push.add_argument("model", metavar="MODEL", help="name of the model")
    push.add_argument("target", metavar="ORG/NAME", help="name on the Hugging Face hub")
    add_revision_option(push)
    for command in (list_, verify, rollback, path, export, push):
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


def run_export(args: argparse.Namespace) -> int:
    """Run `tweetner hub export`."""
    from tweetner.hub import copy_model

    copy_model(args.model, args.folder, revision=args.revision, hub=args.hub)
    print(args.folder)
    return 0


def run_push(args: argparse.Namespace) -> int:
    """Run `tweetner hub push`."""
    from tweetner.hub import check_push, push_to_hub, resolve

    folder = resolve(args.model, revision=args.revision, hub=args.hub)
    check_push(args.target)
    print(push_to_hub(folder, args.target))
    return 0
