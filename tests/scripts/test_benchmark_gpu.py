"""Tests of the GPU benchmark: its code runs on a CPU too, and on a GPU where there is one."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from benchmarks import gpu
from benchmarks.timing import run

from tweetner.tagger import load

TWEETS = ["New York !", "thanks @nina , off to Berlin", "in the new http://t.co/x now", "Berlin"]

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


@pytest.fixture(scope="session")
def encoder(model_folder: Callable[[str, str], Path]) -> Path:
    """A tiny model of the native class."""
    return model_folder("distilbert", "argmax")


def test_without_a_gpu_the_benchmark_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (only,) = gpu.benchmarks("sample")
    assert (only.variants, only.note) == ([], "skipped, there is no GPU here")


def test_both_sides_of_tagging_run_and_agree(encoder: Path) -> None:
    benchmark = gpu.tagging_benchmark("tiny", encoder, TWEETS, "cpu")
    assert "tags equal to the CPU's on all 4 tweets" in benchmark.note
    results = run(benchmark, 1)
    assert [result.variant.name for result in results] == [
        "pipeline, float32, batches of 32",
        "pipeline, float32, batches of 256",
        "pipeline, bfloat16, batches of 256",
        "Tagger, float32, new words",
        "Tagger, float32, known words",
        "Tagger, bfloat16, new words",
    ]
    assert min(result.figure for result in results) > 0


@needs_gpu
def test_a_gpu_gives_the_tags_of_a_cpu(encoder: Path) -> None:
    exact = load(encoder, device="cpu")(TWEETS)
    spans = [[(e["type"], e["start"], e["end"]) for e in tweet] for tweet in exact]
    on_gpu = load(encoder, device="cuda")(TWEETS)
    assert [[(e["type"], e["start"], e["end"]) for e in tweet] for tweet in on_gpu] == spans


def test_the_work_is_done_while_waits_are_counted() -> None:
    done: list[str] = []
    assert gpu.count_waits(lambda: done.append("work")) == 0 or torch.cuda.is_available()
    assert done == ["work"]


@needs_gpu
def test_reading_a_number_of_the_gpu_is_a_wait() -> None:
    number = torch.ones((), device="cuda")
    assert gpu.count_waits(lambda: (number.item(), number + 1)) == 1
