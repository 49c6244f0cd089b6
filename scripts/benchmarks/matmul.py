"""Measure how close tagging comes to the limit of this machine.

The limit is the time of the matrix products that the subwords of the tweets need, without padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time

import torch
from tokenizers import Tokenizer

from benchmarks import random_models, taggers
from benchmarks.timing import Benchmark, Variant, spaced
from tweetner.hub import ModelFolder

ROWS = (256, 512, 1024, 2048, 4096)
"""Numbers of subwords to multiply at once; the fastest sets the limit."""


@dataclass(frozen=True)
class Shape:
    """The matrix products of a DistilBERT.

    Attributes:
        layers: Number of layers.
        width: Width of a subword's vector.
        inner: Width of the hidden layer of the feed-forward part.
    """

    layers: int
    width: int
    inner: int

    @classmethod
    def of(cls, folder: Path) -> "Shape":
        """Read the shape of a model from its config."""
        config = ModelFolder(folder).config
        return cls(config["n_layers"], config["dim"], config["hidden_dim"])

    @property
    def products(self) -> list[tuple[int, int]]:
        """Input and output width of each product of a layer.

        These are query, key, value, attention output, and the two of the feed-forward part.
        """
        return [(self.width, self.width)] * 4 + [(self.width, self.inner), (self.inner, self.width)]

    @property
    def per_subword(self) -> int:
        """Floating-point operations of the products of all layers for one subword."""
        return self.layers * sum(2 * n_in * n_out for n_in, n_out in self.products)

    def operations(self, lengths: Sequence[int]) -> int:
        """Return the floating-point operations for tweets of these lengths, with attention.

        >>> Shape(layers=1, width=2, inner=3).operations([10])
        1360
        """
        attention = sum(self.layers * 4 * self.width * n * n for n in lengths)
        return self.per_subword * sum(lengths) + attention


def benchmarks(data: str, *, n_tweets: int | None = None) -> list[Benchmark]:
    """Measure a DistilBERT of the usual size; the ratio is the share of the limit reached."""
    if not (encoder := taggers.find_model(taggers.ENCODER)):
        return [taggers.skipped("share of the machine's limit", taggers.ENCODER)]
    return [
        matmul_benchmark(
            random_models.distilbert(encoder), spaced(taggers.raw_tweets(data, n_tweets), 300)
        )
    ]


def matmul_benchmark(folder: Path, tweets: Sequence[str]) -> Benchmark:
    """Compare the tagging of tweets with matrix products of the same number of operations."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(list(tweets))]
    shape = Shape.of(folder)
    operations = shape.operations(lengths)
    multiply = fastest(shape)
    n_subwords = round(operations / shape.per_subword)
    pipeline = taggers.stock_pipeline(folder)
    return Benchmark(
        "share of the machine's limit, DistilBERT's shape, 66M",
        [
            Variant("matrix products alone", lambda _: multiply(n_subwords)),
            Variant(taggers.BATCHED, lambda _: pipeline(list(tweets), batch_size=taggers.BATCH)),
            *(
                Variant(
                    f"Tagger, {name}",
                    lambda tagger: tagger(tweets),
                    partial(taggers.our_tagger, folder, name),
                    0.7,
                )
                for name in taggers.backends_of(folder)
                if name != taggers.INT8
            ),
        ],
        rounds=5,
        work=(operations / 1e9, "GFLOP"),
        note=(
            f"{sum(lengths):,} subwords of {len(tweets):,} tweets without padding, "
            f"products of {multiply.rows:,} rows"
        ),
    )


class Products:
    """The matrix products of a model's layers on random numbers, `rows` subwords at a time."""

    def __init__(self, shape: Shape, rows: int, device: str = "cpu") -> None:
        self.rows = rows
        self.layers = shape.layers
        draw = partial(torch.randn, device=device)
        self.factors = [(draw(rows, n_in), draw(n_in, n_out)) for n_in, n_out in shape.products]
        self.results = [
            torch.empty(rows, weights.shape[1], device=device) for _, weights in self.factors
        ]

    def __call__(self, n_subwords: int) -> None:
        """Compute the products for `n_subwords` subwords."""
        for first in range(0, n_subwords, self.rows):
            rows = min(self.rows, n_subwords - first)
            for _ in range(self.layers):
                for (hidden, weights), result in zip(self.factors, self.results, strict=True):
                    torch.matmul(hidden[:rows], weights, out=result[:rows])


def fastest(shape: Shape) -> Products:
    """Return the products with the number of rows that is fastest here, best of three."""
    return min(
        (Products(shape, rows) for rows in ROWS),
        key=lambda multiply: min(seconds_of(multiply) for _ in range(3)),
    )


def seconds_of(multiply: Products) -> float:
    """Return the CPU seconds for the largest number of `ROWS`."""
    started = process_time()
    multiply(max(ROWS))
    return process_time() - started
