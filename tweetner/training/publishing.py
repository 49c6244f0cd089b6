"""Publish no tagger that finds nothing, unless it is asked for."""

import argparse


def add_publish_anyway(parser: argparse.ArgumentParser) -> None:
    """Add `--publish_anyway`."""
    parser.add_argument(
        "--publish_anyway", action="store_true", help="publish also a model with dev F1 0"
    )


def check_useful(dev_f1: float, *, anyway: bool) -> None:
    """Refuse to publish a trained tagger that found no entity of dev.

    Raises:
        ValueError: The entity F1 is 0.
    """
    if dev_f1 == 0 and not anyway:
        raise ValueError(
            "expected a dev entity F1 above 0, got 0: nothing is published; train longer, or add "
            "--publish_anyway"
        )
