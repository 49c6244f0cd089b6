"""How near tagging comes to this machine's limit: the matrix products of the real subwords alone, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time

import torch
from tokenizers import Tokenizer

from benchmarks import made, sides
from benchmarks.races import Race, Variant, evenly
from tweetner.hub import ModelFolder

ROWS = (256, 512, 1024, 2048, 4096)
"""Subwords that are multiplied at once: the machine's limit is that of the fastest."""


@dataclass(frozen=True)
class Shape:
    """The matrix products of a DistilBERT.

    Attributes:
        layers: How many.
        width: Of a subword's vector.
        inner: Width between the two products of the feed-forward part.
    """

    layers: int
    width: int
    inner: int

    @classmethod
    def of(cls, folder: Path) -> "Shape":
        """Of a model."""
        config = ModelFolder(folder).config
        return cls(config["n_layers"], config["dim"], config["hidden_dim"])

    @property
    def products(self) -> list[tuple[int, int]]:
        """(in, out) of a layer's products: query, key, value, output, and the two of the feed-forward part."""
        return [(self.width, self.width)] * 4 + [(self.width, self.inner), (self.inner, self.width)]

    @property
    def per_subword(self) -> int:
        """Floating-point operations of the products of all layers."""
        return self.layers * sum(2 * n_in * n_out for n_in, n_out in self.products)

    def operations(self, lengths: Sequence[int]) -> int:
        """Of tweets of so many subwords, attention within each tweet included.

        >>> Shape(layers=1, width=2, inner=3).operations([10])
        1360
        """
        attention = sum(self.layers * 4 * self.width * n * n for n in lengths)
        return self.per_subword * sum(lengths) + attention


def races(data: str, *, n_tweets: int | None = None) -> list[Race]:
    """DistilBERT's shape; the ratio is the share of the limit that is reached."""
    if not (encoder := sides.published(sides.ENCODER)):
        return [sides.left_out("share of the machine's limit", sides.ENCODER)]
    return [limit_race(made.distilbert(encoder), evenly(sides.raw_tweets(data, n_tweets), 300))]


def limit_race(folder: Path, tweets: Sequence[str]) -> Race:
    """Matrix products of as many operations as the tweets take, then the tagging of the tweets."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(list(tweets))]
    shape = Shape.of(folder)
    operations = shape.operations(lengths)
    multiply = fastest(shape)
    n_subwords = round(operations / shape.per_subword)
    pipeline = sides.stock(folder)
    return Race(
        "share of the machine's limit, DistilBERT's shape, 66M",
        [
            Variant("matrix products alone", lambda _: multiply(n_subwords)),
            Variant(sides.BATCHED, lambda _: pipeline(list(tweets), batch_size=sides.BATCH)),
            *(
                Variant(
                    f"Tagger, {name}",
                    lambda tagger: tagger(tweets),
                    partial(sides.ours, folder, name),
                    0.7,
                )
                for name in sides.backends_of(folder)
                if name != "onnx-int8"
            ),
        ],
        rounds=5,
        work=(operations / 1e9, "GFLOP"),
        note=f"{sum(lengths):,} subwords of {len(tweets):,} tweets without padding, products of {multiply.rows:,} rows",
    )


class Products:
    """The products of a model's layers, so many rows at a time."""

    def __init__(self, shape: Shape, rows: int) -> None:
        self.rows = rows
        self.layers = shape.layers
        self.factors = [
            (torch.randn(rows, n_in), torch.randn(n_in, n_out)) for n_in, n_out in shape.products
        ]
        self.results = [torch.empty(rows, weights.shape[1]) for _, weights in self.factors]

    def __call__(self, n_subwords: int) -> None:
        """Multiply for so many subwords."""
        for first in range(0, n_subwords, self.rows):
            rows = min(self.rows, n_subwords - first)
            for _ in range(self.layers):
                for (hidden, weights), result in zip(self.factors, self.results, strict=True):
                    torch.matmul(hidden[:rows], weights, out=result[:rows])


def fastest(shape: Shape) -> Products:
    """The products with the number of rows that is fastest here, best of three."""
    return min(
        (Products(shape, rows) for rows in ROWS),
        key=lambda multiply: min(seconds_of(multiply) for _ in range(3)),
    )


def seconds_of(multiply: Products) -> float:
    """CPU seconds for as many subwords as `ROWS` has at most."""
    started = process_time()
    multiply(max(ROWS))
    return process_time() - started
