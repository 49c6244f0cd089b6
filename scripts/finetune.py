"""Fine-tune a tagger, score it, and publish the best seed, or one model of all seeds, in the hub.

accelerate launch scripts/finetune.py --config configs/distilbert.yaml [--key value ...]
"""

import argparse
import logging
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from tweetner.cli import Parser, add_hub_option, command_line  # first: it reports Ctrl-C

# isort: split

from accelerate import PartialState
from transformers.utils.logging import disable_progress_bar

from tweetner.corpus import (
    Corpus,
    audit,
    audit_warnings,
    overlap_warnings,
    read_annotations,
)
from tweetner.evaluation import Stability
from tweetner.hub import check_push, check_target, full_name, push_to_hub
from tweetner.review import Queue, decisions_of
from tweetner.training import RunConfig, add_publish_anyway, check_useful, parse_config
from tweetner.training.finetuning import (
    SeedResult,
    Splits,
    SummaryRow,
    combine_seeds,
    count_shortened,
    dev_name,
    load_splits,
    publish_best,
    published_name,
    remove_checkpoints,
    seeds_to_resume,
    summarize,
    train_seed,
    with_normalize,
)


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    disable_progress_bar()  # while loading and saving; the training keeps its own bar
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the same run: seeds that were begun from their last checkpoints, others "
        "from the start",
    )
    parser.add_argument(
        "--keep_checkpoints",
        action="store_true",
        help="keep the optimizer's checkpoints (under outputs/runs) after publishing",
    )
    add_publish_anyway(parser)
    add_hub_option(parser)
    parser.add_argument(
        "--push_to_hub",
        metavar="ORG/NAME",
        help="also upload the published folder to the Hugging Face hub",
    )
    config, arguments = parse_config(parser, RunConfig, argv)
    status = finetune(config, arguments)
    # a process that ends early would make the first one fail while it still publishes
    PartialState().wait_for_everyone()
    PartialState().destroy_process_group()
    return status


def finetune(config: RunConfig, arguments: argparse.Namespace) -> int:
    check_names(config, arguments)
    records = read_corrections(Path(config.corrections)) if config.corrections else None
    corpus, splits = load_splits(config, records)
    if splits.corrections:
        for line in splits.corrections.lines():
            show(f"corrections: {line}")
    check_target(published_name(config), hub=arguments.hub)
    show_audit(corpus, strict=config.strict)
    if config.normalize == "auto" and config.model != "bilstm":
        show_normalize(config, splits)
    begun = seeds_to_resume(config, splits) if arguments.resume else set()
    PartialState().wait_for_everyone()  # all processes have looked before one begins a seed
    results = train_seeds(config, splits, begun)
    if results:
        show_table(summarize(results))
    if len(results) > 1:
        show_stability(config, results)
    if config.combine != "best":
        show(f"\n{config.combine} of seeds {', '.join(map(str, config.seeds))}:")
        combined = combine_seeds(config, splits, resume=arguments.resume)
        results = [combined] if combined else []
        if combined:
            show_table(summarize(results))
    if results:  # in the first process of a distributed run
        best_f1 = max(result.f1(dev_name(config), config.decoder) for result in results)
        check_useful(best_f1, anyway=arguments.publish_anyway)
        publish(config, results, splits, arguments)
        if not arguments.keep_checkpoints:
            remove_checkpoints(config)
    return 0


def check_names(config: RunConfig, arguments: argparse.Namespace) -> None:
    """Refuse names before any file is written."""
    for name in (config.name, f"{published_name(config)}-bio"):
        full_name(name)
    target = arguments.push_to_hub
    if target:
        try:
            check_push(target)
        except ValueError as error:
            raise ValueError(f"--push_to_hub: {error}") from error


def read_corrections(path: Path) -> list[dict[str, Any]]:
    """Read decision records of a queue, or of JSONL that `tweetner review export` wrote."""
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file of corrections")
    with path.open("rb") as stream:
        is_queue = stream.read(15) == b"SQLite format 3"
    if is_queue:
        return list(decisions_of(Queue(path)))
    return [record for _, found in read_annotations(path, "jsonl") for record in found]


def show(text: str) -> None:
    """Print in the first process only."""
    if PartialState().is_main_process:
        print(text)


def show_audit(corpus: Corpus, *, strict: bool) -> None:
    report = audit(corpus)
    for warning in audit_warnings(report):
        show(f"audit: {warning}")
    if strict and overlap_warnings(report):
        raise ValueError(
            "train and evaluation splits share tweets (see the audit above), and strict is set"
        )


def show_normalize(config: RunConfig, splits: Splits) -> None:
    n_shortened, n_entities = count_shortened(splits.train)
    is_shortened = with_normalize(config, splits).normalize == "true"
    outcome = "@names and URLs are shortened" if is_shortened else "text is left as it is"
    show(
        f"normalize: {n_shortened:,} of {n_entities:,} entities of train hold an @name or a URL, "
        f"so {outcome}"
    )


def train_seeds(config: RunConfig, splits: Splits, begun: Collection[int]) -> list[SeedResult]:
    results = []
    for seed in config.seeds:
        started = perf_counter()
        result = train_seed(config, seed, splits, resume=seed in begun)
        if result is not None:
            results.append(result)
            show(f"seed {seed}: {perf_counter() - started:.0f} s, {result.folder}")
    return results


def show_table(rows: Sequence[SummaryRow]) -> None:
    print(
        f"\n{'split':16} {'decoder':8} {'precision':>9} {'recall':>7} {'entity F1':>15} "
        f"{'gold':>6} {'words':>7}"
    )
    for row in rows:
        spread = "" if row.f1.sd is None else f" ± {100 * row.f1.sd:.2f}"
        f1 = f"{100 * row.f1.mean:.2f}{spread}"
        print(
            f"{row.split:16} {row.decoder:8} {100 * row.precision.mean:9.2f} "
            f"{100 * row.recall.mean:7.2f} {f1:>15} {row.gold:6} {row.words:7}"
        )


def show_stability(config: RunConfig, results: Sequence[SeedResult]) -> None:
    dev_f1 = {result.seed: result.f1(dev_name(config), config.decoder) for result in results}
    stability = Stability(dev_f1)
    print(f"\ndev entity F1 {stability}\n{stability.advice}")


def publish(
    config: RunConfig,
    results: Sequence[SeedResult],
    splits: Splits,
    arguments: argparse.Namespace,
) -> None:
    for published, parity in publish_best(config, results, splits, hub=arguments.hub):
        print(f"\n{published.name} {published.tag}, revision {published.revision[:10]}")
        print(f"  {parity}, on dev")
        if parity.warning:
            print(f"  {parity.warning}")
        if arguments.push_to_hub:
            # the suffix keeps the models of one run apart
            suffix = published.name.removeprefix(full_name(config.name))
            print(f"  uploaded: {push_to_hub(published.path, arguments.push_to_hub + suffix)}")
    code = f'import tweetner; print(tweetner.load("{published.name}")("just landed in Berlin"))'
    print(f"\nNow try:\n  python -c '{code}'")


if __name__ == "__main__":
    sys.exit(main())
