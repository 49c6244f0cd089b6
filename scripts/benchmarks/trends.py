"""Count mentions with `TrendTracker.update`, beside a plain groupby of pandas.

A stream of ten days has two mentions a tweet of a million entities: one of them is drawn with equal
chances, the other by a Pareto law. Both ways count the distinct authors of each entity and bucket,
and must agree on their sum; the tracker also predicts, tests and forgets.
"""

from dataclasses import dataclass

from benchmarks.processes import output_of
from benchmarks.timing import Benchmark, Variant

MENTIONS = 10_000_000
SMALLEST = 100_000

STREAM = """
import sys
import numpy as np
n = int(sys.argv[1]) // 2
def parts(size=50_000):
    for first in range(0, n, size):
        draw = np.random.default_rng(first)
        m = min(size, n - first)
        equal = draw.integers(1_000_000, size=m)
        popular = np.minimum(draw.pareto(0.6, m), 999_999).astype(int)
        times = 1_600_000_000_000 + np.arange(first, first + m) * 864_000_000 // n
        yield first, times, draw.integers(200_000, size=m), equal, popular
"""
OURS = """
from time import process_time
from tweetner.trends import TrendTracker
def records(first, times, authors, equal, popular):
    rows = zip(times.tolist(), authors.tolist(), equal.tolist(), popular.tolist())
    for number, (time, author, one, two) in enumerate(rows, first):
        entities = [
            {"type": "other", "text": f"entity {one}", "score": 0.5},
            {"type": "person", "text": f"Entity{two}", "score": 0.75},
        ]
        yield {"id": number, "created_at": time, "author_id": author, "entities": entities}
tracker = TrendTracker()
seconds, total = 0.0, 0
for part in parts():
    batch = list(records(*part))
    start = process_time()
    total += sum(int(closed.counts.authors.sum()) for closed in tracker.update(batch))
    seconds += process_time() - start
total += sum(int(closed.counts.authors.sum()) for closed in tracker.finish())
print(1e6 * seconds / (2 * n), total)
"""
PANDAS = """
from time import process_time
import pandas as pd
frames = []
for _, times, authors, equal, popular in parts():
    for names in (equal, popular):
        frames.append(pd.DataFrame({"bucket": times // 600_000, "name": names, "author": authors}))
frame = pd.concat(frames)
start = process_time()
counts = frame.groupby(["bucket", "name"])["author"].nunique()
print(1e6 * (process_time() - start) / (2 * n), int(counts.sum()))
"""
PEAK = """
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class Cost:
    """CPU microseconds a mention, peak memory in MB, and the sum of all counts."""

    microseconds: float
    peak: float
    total: int


def measure(script: str, n: int) -> Cost:
    """Count `n` mentions in a new process."""
    microseconds, total, peak = output_of(STREAM + script + PEAK, str(n)).split()
    return Cost(float(microseconds), int(peak) / 1024, int(total))


def benchmarks(_data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Compare time and memory; `n_tweets` is the number of mentions, 10 million by default."""
    n = max(n_tweets or MENTIONS, SMALLEST)
    pandas, short, ours = measure(PANDAS, n), measure(OURS, n // 4), measure(OURS, n)
    if pandas.total != ours.total:
        raise ValueError(f"expected {pandas.total:,} authors as pandas, got {ours.total:,}")
    memory = {
        "pandas, all in memory": pandas.peak,
        f"tracker, {n // 4:,} mentions": short.peak,
        f"tracker, {n:,} mentions": ours.peak,
    }
    time = {
        "pandas groupby of integers": pandas.microseconds,
        "TrendTracker.update of records": ours.microseconds,
    }
    return [
        Benchmark("a mention of a trend", _variants(time), rounds=1, unit="µs"),
        Benchmark("peak memory of trends", _variants(memory), rounds=1, unit="MB"),
    ]


def _variants(figures: dict[str, float]) -> list[Variant]:
    def variant(name: str, figure: float) -> Variant:
        return Variant(name, lambda _: figure)

    return [variant(name, figure) for name, figure in figures.items()]
