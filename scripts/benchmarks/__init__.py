"""What `scripts/benchmark.py` measures: our way beside the plain way, in one run, on the same tweets.

Each module has one function, `races(data, *, n_tweets=None) -> list[Race]`. It builds what the variants need, checks
that their results are the same, and says what is to be timed; `races.run` times it.
"""

from benchmarks.races import Race, Result, Variant, run

__all__ = ["Race", "Result", "Variant", "run"]
