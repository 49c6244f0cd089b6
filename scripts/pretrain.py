"""Adapt a pretrained encoder to unlabelled tweets by masked language modelling.

accelerate launch scripts/pretrain.py --config configs/pretrain.yaml --tweets FILE [--key value ...]

The result, outputs/encoders/NAME, is an encoder for fine-tuning: finetune.py --encoder FOLDER.
"""

import logging
import sys
from collections.abc import Sequence

from tweetner.cli import Parser, command_line  # first: it reports Ctrl-C

# isort: split

from accelerate import PartialState
from transformers.utils.logging import disable_progress_bar

from tweetner.training import PretrainConfig, parse_config
from tweetner.training.pretraining import AdaptedEncoder, TweetCounts, pretrain


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    disable_progress_bar()  # while loading and saving; the training keeps its own bar
    parser = Parser(description=__doc__)
    parser.add_argument(
        "--resume", action="store_true", help="continue from the last checkpoint of the same run"
    )
    config, arguments = parse_config(parser, PretrainConfig, argv)
    result = pretrain(config, resume=arguments.resume)
    if result is not None:
        show_counts(result.tweets.counts)
        show_result(result)
    PartialState().wait_for_everyone()
    PartialState().destroy_process_group()
    return 0


def show_counts(counts: TweetCounts) -> None:
    left_out = {
        "unreadable": counts.unreadable,
        "empty": counts.empty,
        "repeated": counts.repeated,
        "equal to an evaluation tweet": counts.equal,
        "sharing 40 characters with one": counts.shared,
    }
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in left_out.items())
    print(f"{counts.read:,} tweets read; left out: {reasons}")
    print(f"{counts.train:,} trained on, {counts.held_out:,} held out")


def show_result(result: AdaptedEncoder) -> None:
    before, after = result.curve.held_out[0], result.curve.held_out[-1]
    print(
        f"held-out loss {before.loss:.3f} -> {after.loss:.3f} after {after.step:,} steps, "
        f"{after.subwords:,} subwords"
    )
    print(
        f"\nNow try:\n  accelerate launch scripts/finetune.py --config configs/distilbert.yaml "
        f"--encoder ./{result.folder}"
    )


if __name__ == "__main__":
    sys.exit(main())
