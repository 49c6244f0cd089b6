"""Measure training and tagging on a GPU, on the wall, beside transformers' Trainer and pipeline.

    python scripts/benchmark.py gpu

Every figure is taken after the GPU has finished. Without a GPU the benchmark says so. `--tweets`
and `--rounds` make it shorter.
"""

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import eq
from pathlib import Path
from time import perf_counter
from typing import Any

import datasets
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForTokenClassification, PreTrainedModel, pipeline

from benchmarks import random_models, taggers
from benchmarks.alignment import our_dataset, plain_dataset, to_dataset
from benchmarks.matmul import ROWS, Products, Shape
from benchmarks.timing import Benchmark, Variant, require_same, spaced
from benchmarks.trainers import our_trainer, plain_trainer
from benchmarks.training import SEED, untrained
from tweetner.corpus import load_sample_texts
from tweetner.hub import ModelFolder
from tweetner.tagger import Tagger, load
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder
from tweetner.training import RunConfig
from tweetner.training.finetuning import build, load_splits, subword_loss
from tweetner.training.finetuning.fit import fit

WALL = "s on the wall"
N_TWEETS = 1_500
N_EPOCHS = 5
ROUNDS = 3


def benchmarks(data: str, *, n_tweets: int | None = None) -> Iterator[Benchmark]:
    """Measure the training of the default recipe, and the tagging of two sizes of model."""
    if not torch.cuda.is_available():
        yield Benchmark("training and tagging on a GPU", [], note="skipped, there is no GPU here")
        return
    yield training_benchmark(data, "cuda", n_tweets=n_tweets)
    yield seed_benchmark(data)
    if not (encoder := taggers.find_model(taggers.ENCODER)):
        yield taggers.skipped("tagging on a GPU", taggers.ENCODER)
        return
    tweets = taggers.raw_tweets(data, n_tweets or N_TWEETS)
    yield tagging_benchmark("bundled encoder, 22M", encoder, tweets, "cuda")
    large = random_models.distilbert(encoder)
    yield tagging_benchmark("DistilBERT's shape, 66M", large, tweets, "cuda")
    yield matmul_benchmark(large, tweets, "cuda")


def training_benchmark(data: str, device: str, *, n_tweets: int | None = None) -> Benchmark:
    """Compare our recipe with the plain Trainer, each with an evaluation after every epoch.

    Both use the same tweets and batch size, and the precision that the recipe has on the device.
    The last row is the recipe as it is, with its decoded evaluations and its checkpoints.
    """
    datasets.disable_progress_bars()
    config = RunConfig(data=data, epochs=N_EPOCHS)
    splits = load_splits(config)[1]
    labels = tags_of(config.types)
    model, tokenizer = build(config, labels, [])
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)
    train = spaced(splits.train, n_tweets)
    dev = spaced(splits.dev_sets.selection, n_tweets)
    ours = our_dataset(train, encoder, labels, inner=True)
    our_dev = our_dataset(dev, encoder, labels)
    plain = plain_dataset(to_dataset(train, config.types), tokenizer)
    plain_dev = plain_dataset(to_dataset(dev, config.types), tokenizer)
    evaluated: dict[str, Any] = {
        "use_cpu": device == "cpu",
        "eval_strategy": "epoch",
        "metric_for_best_model": None,  # only the loss is computed
        "num_train_epochs": N_EPOCHS,
        "bf16": device == "cuda" and torch.cuda.is_bf16_supported(),
    }

    def stock(new: PreTrainedModel) -> None:
        size = config.batch_size
        plain_trainer(new, tokenizer, plain, batch_size=size, dev=plain_dev, **evaluated).train()

    def recipe(new: PreTrainedModel) -> None:
        loss = subword_loss(config.inner_weight)
        our_trainer(config, SEED, new, tokenizer, ours, loss, dev=our_dev, **evaluated).train()

    def whole_recipe(_: object) -> float:
        shortened = replace(splits, train=train)
        trainer = fit(config, SEED, shortened, Path(random_models.scratch().name), resume=False)
        return float(trainer.state.log_history[-1]["train_runtime"])

    n_waits = count_waits(lambda: recipe(untrained(model, frozen=True)))
    return Benchmark(
        f"fine-tuning on {name_of(device)}, {N_EPOCHS} epochs with their evaluations",
        [
            Variant("plain: Trainer, dynamic padding", on_wall(stock), lambda: untrained(model)),
            Variant("ours", on_wall(recipe), lambda: untrained(model, frozen=True), target=2),
            Variant("ours, with decoding and checkpoints", whole_recipe),
        ],
        rounds=ROUNDS,
        unit=WALL,
        work=(N_EPOCHS * sum(len(ids) for ids in ours["input_ids"]), "subwords"),
        note=f"the host waits {n_waits:,} times for the GPU in ours, its evaluations included",
    )


def count_waits(work: Callable[[], object]) -> int:
    """Count the operations that make the host wait for the GPU; there are none without a GPU."""
    if not torch.cuda.is_available():
        work()
        return 0
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            work()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing CUDA operation" in str(warning.message) for warning in caught)


def seed_benchmark(data: str) -> Benchmark:
    """Time one seed of the default recipe as a user runs it, from the start of the process."""
    script = Path(__file__).parents[1] / "finetune.py"
    config = script.parents[1] / "configs" / "distilbert.yaml"
    options = ["--config", config, "--data", data, "--seeds", "42", "--name", "gpu-benchmark"]

    def train(_: object) -> None:
        command = [sys.executable, str(script), *map(str, options)]
        # the scratch folder gets the run and its hub
        subprocess.run(command, cwd=random_models.scratch().name, check=True, capture_output=True)

    return Benchmark(
        "one seed of scripts/finetune.py with configs/distilbert.yaml, to the published model",
        [Variant("ours", on_wall(train))],
        rounds=1,
        unit=WALL,
    )


def tagging_benchmark(label: str, folder: Path, tweets: Sequence[str], device: str) -> Benchmark:
    """Compare our Tagger with the pipeline, in float32 and in bfloat16.

    Raises:
        ValueError: The tags on the device differ from those on the CPU.
    """
    on_cpu = _spans(new_tagger(folder, "cpu")(tweets))
    exact = _spans(new_tagger(folder, device)(tweets))
    require_same(f"tags of {label} on {device} and on the CPU", exact == on_cpu)
    rough = _spans(new_tagger(folder, device, bf16=True)(tweets))
    n_equal = sum(map(eq, rough, on_cpu))

    def with_pipeline(size: int, dtype: torch.dtype) -> Variant:
        tag = stock_pipeline(folder, device, dtype)
        name = f"pipeline, {str(dtype).removeprefix('torch.')}, batches of {size}"
        return Variant(name, on_wall(lambda _: tag(list(tweets), batch_size=size)))

    def with_tagger(name: str, tagger: Callable[[], Tagger], target: float | None) -> Variant:
        return Variant(f"Tagger, {name}", on_wall(lambda tag: tag(tweets)), tagger, target)

    known = new_tagger(folder, device)
    known(tweets)
    return Benchmark(
        f"tagging on {name_of(device)}, {label}",
        [
            with_pipeline(32, torch.float32),
            with_pipeline(256, torch.float32),
            with_pipeline(256, torch.bfloat16),
            with_tagger("float32, new words", partial(new_tagger, folder, device), 20),
            with_tagger("float32, known words", lambda: known, None),
            with_tagger("bfloat16, new words", partial(new_tagger, folder, device, bf16=True), 20),
        ],
        rounds=ROUNDS,
        unit=WALL,
        work=(len(tweets), "tweets"),
        note=(
            f"tags equal to the CPU's on all {len(tweets):,} tweets, in bfloat16 on {n_equal:,}; "
            f"{peak_memory()} MB of the GPU used at most"
        ),
    )


def matmul_benchmark(folder: Path, tweets: Sequence[str], device: str) -> Benchmark:
    """Compare tagging with known words with the matrix products that it needs at least."""
    tagger = new_tagger(folder, device)
    tagger(tweets)  # its words are known from here on
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(list(tweets))]
    shape = Shape.of(folder)
    operations = shape.operations(lengths)
    multiply = Products(shape, max(ROWS), device)
    n_subwords = round(operations / shape.per_subword)
    return Benchmark(
        f"share of the matrix rate of {name_of(device)}, DistilBERT's shape, 66M",
        [
            Variant("matrix products alone, float32", on_wall(lambda _: multiply(n_subwords))),
            Variant("Tagger, float32, known words", on_wall(lambda _: tagger(tweets))),
        ],
        rounds=ROUNDS,
        unit=WALL,
        work=(operations / 1e9, "GFLOP"),
    )


def new_tagger(folder: Path, device: str, *, bf16: bool = False) -> Tagger:
    """Return a tagger with the pipeline's decoder that has tagged other tweets, so it is warm."""
    model = ModelFolder(folder)
    decoder = model.stock_decoder
    tagger = load(model, backend="torch", decoder=decoder, device=device, bf16=bf16)
    tagger([tweet.text for tweet in load_sample_texts()["dev"]][:64])
    return tagger


def stock_pipeline(folder: Path, device: str, dtype: torch.dtype) -> Any:
    """Return transformers' pipeline on a device."""
    model = AutoModelForTokenClassification.from_pretrained(folder, dtype=dtype)
    return pipeline(
        "token-classification",
        model=model,
        tokenizer=str(folder),
        aggregation_strategy="first",
        device=device,
    )


def on_wall(work: Callable[[Any], object]) -> Callable[[Any], float]:
    """Return a function that does some work and returns its seconds on the wall."""

    def measured(prepared: Any) -> float:
        synchronize()
        started = perf_counter()
        work(prepared)
        synchronize()
        return perf_counter() - started

    return measured


def synchronize() -> None:
    """Wait until the GPU has finished, if there is one."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def name_of(device: str) -> str:
    """Return the name of the GPU, or `cpu`."""
    return torch.cuda.get_device_name() if device == "cuda" else device


def peak_memory() -> int:
    """Return the most memory of the GPU that tensors have used so far, in MB."""
    return round(torch.cuda.max_memory_allocated() / 1e6) if torch.cuda.is_available() else 0


def _spans(answers: Sequence[taggers.Found]) -> list[list[tuple[str, int, int]]]:
    return [
        [(entity["type"], entity["start"], entity["end"]) for entity in entities]
        for entities in answers
    ]
