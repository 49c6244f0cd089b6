"""Fine-tune a tagger, score it and publish it.

accelerate launch scripts/finetune.py --config configs/distilbert.yaml [--key value ...]
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from time import perf_counter

from accelerate import PartialState
from transformers.utils.logging import disable_progress_bar

from tweetner.cli import Parser, add_hub_option, command_line
from tweetner.corpus import audit, audit_warnings, overlap_warnings
from tweetner.evaluation import Stability
from tweetner.hub import check_target, full_name, push_to_hub
from tweetner.training import RunConfig, parse_config
from tweetner.training.finetuning import (
    dev_name,
    load_splits,
    publish_best,
    summarize,
    train_seed,
)


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    disable_progress_bar()  # of loading and saving; training keeps its own
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--resume", action="store_true", help="go on from the last checkpoint of the same run"
    )
    add_hub_option(parser)
    parser.add_argument(
        "--push_to_hub",
        metavar="ORG/NAME",
        help="upload the published folder to the real hub as well",
    )
    config, arguments = parse_config(parser, RunConfig, argv)
    status = finetune(config, arguments)
    # a process that fails while the first one publishes would stop the first one too
    PartialState().wait_for_everyone()
    PartialState().destroy_process_group()
    return status


def finetune(config: RunConfig, arguments: argparse.Namespace) -> int:
    show = print if PartialState().is_main_process else lambda *_: None
    for form in ("", "-bio", "-crf"):
        full_name(config.name + form)  # refused before any file is touched
    if arguments.push_to_hub and "/" not in arguments.push_to_hub:
        raise ValueError(f"--push_to_hub: expected ORG/NAME, got {arguments.push_to_hub!r}")
    corpus, splits = load_splits(config)
    check_target(config.name + ("-crf" if config.decoder == "crf" else ""), hub=arguments.hub)
    report = audit(corpus)
    for warning in audit_warnings(report):
        show(f"audit: {warning}")
    if config.strict and overlap_warnings(report):
        raise ValueError(
            "train and evaluation splits share tweets (see the audit above), and strict is set"
        )

    results = []
    for seed in config.seeds:
        started = perf_counter()
        result = train_seed(config, seed, splits, resume=arguments.resume)
        if result is not None:
            results.append(result)
            show(f"seed {seed}: {perf_counter() - started:.0f} s, {result.folder}")
    if not results:
        return 0  # not the first process of a distributed run

    show_table(summarize(results))
    if len(results) > 1:
        stability = Stability(
            {result.seed: result.f1(dev_name(config), config.decoder) for result in results}
        )
        show(f"\ndev entity F1 {stability}\n{stability.advice}")
    for published, parity in publish_best(config, results, splits, hub=arguments.hub):
        show(
            f"\n{published.name} {published.tag}, revision {published.revision[:10]}\n  {parity}, "
            "on dev"
        )
        if arguments.push_to_hub:  # the forms of one run stay apart there too
            form = published.name.removeprefix(full_name(config.name))
            show(f"  uploaded: {push_to_hub(published.path, arguments.push_to_hub + form)}")
    try_it = f'import tweetner; print(tweetner.load("{published.name}")("just landed in Berlin"))'
    show(f"\nNow try:\n  python -c '{try_it}'")
    return 0


def show_table(rows: list[dict]) -> None:
    print(
        f"\n{'split':16} {'decoder':8} {'precision':>9} {'recall':>7} {'entity F1':>15} "
        f"{'gold':>6} {'words':>7}"
    )
    for row in rows:
        spread = f" ± {100 * row['f1_sd']:.2f}" if row["f1_sd"] is not None else ""
        f1 = f"{100 * row['f1']:.2f}{spread}"
        print(
            f"{row['split']:16} {row['decoder']:8} {100 * row['precision']:9.2f} "
            f"{100 * row['recall']:7.2f} "
            f"{f1:>15} {row['gold']:6} {row['words']:7}"
        )


if __name__ == "__main__":
    sys.exit(main())
