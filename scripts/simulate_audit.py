"""Simulate the audit of a promised precision: how often, and how soon, its alarm is raised.

python scripts/simulate_audit.py --streams 1000
"""

import sys
from collections.abc import Sequence

from tweetner.cli import Parser, command_line  # first: it reports Ctrl-C

# isort: split

import numpy as np

from tweetner.evaluation import FALSE_ALARMS, evidence_against

PROMISES = (0.5, 0.6, 0.7, 0.8, 0.9)


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    parser = Parser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=7, help="default: %(default)s")
    args = parser.parse_args(argv)
    generator = np.random.default_rng(args.seed)
    print("| promise | 10 points below it, noticed in 300 | holds, warned in 2,000 |")
    print("|---|---|---|")
    for promise in PROMISES:
        noticed = alarm_rate(generator, promise - 0.1, promise, 300, args.streams)
        warned = alarm_rate(generator, promise, promise, 2000, args.streams)
        print(f"| {100 * promise:.0f}% | {100 * noticed:.1f}% | {100 * warned:.1f}% |")
    return 0


def alarm_rate(
    generator: np.random.Generator, precision: float, promise: float, n: int, n_streams: int
) -> float:
    """Return the share of streams of n audited entities in which the alarm is ever raised."""
    streams = generator.random((n_streams, n)) < precision
    raised = [evidence_against(stream.tolist(), promise) >= 1 / FALSE_ALARMS for stream in streams]
    return float(np.mean(raised))


if __name__ == "__main__":
    sys.exit(main())
