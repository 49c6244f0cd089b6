"""Compare our way of doing something with the plain way, on the same tweets in one run.

Each module of a command has one function, `benchmarks(data, *, n_tweets=None) -> list[Benchmark]`.
It prepares the variants, checks that they give the same results, and returns what is to be timed;
`timing.run` times it.
"""

from benchmarks.timing import Benchmark, Result, Variant, run

__all__ = ["Benchmark", "Result", "Variant", "run"]
