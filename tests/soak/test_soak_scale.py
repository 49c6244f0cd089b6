"""Tests on a million lines and a gigabyte: linear time, constant memory, no line lost."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tweetner.corpus import load_tweets, read_conll
from tweetner.tokenization import splitter_tokenizer
from tweetner.training import BaselineConfig
from tweetner.training.baseline import fit_sgd

ROOT = Path(__file__).parents[2]
MILLION = 1_000_000

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SGD tagger fitted on the sample corpus."""
    folder = tmp_path_factory.mktemp("model")
    train, dev = (load_tweets(f"sample:{split}") for split in ("train", "dev"))
    fit_sgd(train, dev, BaselineConfig()).tagger.save(folder)
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def tweets(n: int, seed: int = 0, n_words: int = 16) -> Iterator[str]:
    """Yield distinct tweets whose word frequencies follow Zipf's law; some words are new."""
    known = sorted({word for tweet in load_tweets("sample:train") for word in tweet.words})
    generator = np.random.default_rng(seed)
    for first in range(0, n, 1000):
        ranks = np.minimum(generator.zipf(1.3, (1000, n_words)), 10**7)
        for row in range(min(1000, n - first)):
            words = [
                known[rank] if rank < len(known) else f"w{rank}" for rank in ranks[row].tolist()
            ]
            yield f"{first + row} {' '.join(words)}"


def records(n: int, n_words: int = 16) -> Iterator[bytes]:
    for number, text in enumerate(tweets(n, n_words=n_words)):
        yield f'{{"id": {number}, "text": {json.dumps(text)}}}\n'.encode()


def tag(model: Path, *arguments: str, **how: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tweetner.cli", "tag", str(model), *arguments]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, **how)


def feed(
    process: "subprocess.Popen[bytes]", lines: Iterator[bytes], n: int
) -> list[tuple[float, float]]:
    """Write lines to a process; return its CPU seconds and its memory in MiB after each tenth."""
    taken = []
    assert process.stdin is not None
    for number, line in enumerate(lines, start=1):
        process.stdin.write(line)
        if number * 10 % n == 0:
            process.stdin.flush()
            fields = (
                Path(f"/proc/{process.pid}/stat")
                .read_text(encoding="ascii")
                .rsplit(")", 1)[1]
                .split()
            )
            ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])
            taken.append((ticks / os.sysconf("SC_CLK_TCK"), pages * resource.getpagesize() / 2**20))
    process.stdin.close()
    return taken


def check_flat(taken: list[tuple[float, float]]) -> None:
    """Check that the last three tenths take no more time and memory than the earlier ones."""
    seconds = [after - before for (before, _), (after, _) in pairwise(taken)]
    memory = [mib for _, mib in taken]
    print(f"CPU seconds a tenth: {', '.join(f'{one:.1f}' for one in seconds)}")
    print(f"resident MiB: {', '.join(f'{one:.0f}' for one in memory)}")
    assert sum(seconds[-3:]) < 1.25 * sum(seconds[:3])
    assert max(memory[-3:]) < 1.25 * max(memory[2:5])


def ids(path: Path) -> Iterator[int]:
    with path.open("rb") as stream:
        for line in stream:
            yield json.loads(line)["id"]


@pytest.mark.parametrize(
    ("n", "n_words"), [(MILLION, 16), (MILLION, 170)], ids=["a million tweets", "a gigabyte"]
)
def test_a_long_stream_takes_no_more_at_its_end_and_loses_no_line(
    model: Path, tmp_path: Path, n: int, n_words: int
) -> None:
    out = tmp_path / "out.jsonl"
    process = tag(model, "--output", str(out), stdin=subprocess.PIPE)
    n_bytes = 0

    def counted() -> Iterator[bytes]:
        nonlocal n_bytes
        for line in records(n, n_words):
            n_bytes += len(line)
            yield line

    taken = feed(process, counted(), n)
    assert process.wait() == 0
    print(f"\n{n:,} tweets, {n_bytes / 1e9:.2f} GB")
    check_flat(taken)
    assert all(id_ == number for number, id_ in enumerate(ids(out)))
    assert sum(1 for _ in ids(out)) == n
    print("lines lost or doubled: 0")


def test_a_tagging_that_is_killed_five_times_loses_and_doubles_no_line(
    model: Path, tmp_path: Path
) -> None:
    source, whole, out = tmp_path / "in.jsonl", tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    with source.open("wb") as stream:
        stream.writelines(records(300_000))
    began = time.monotonic()
    assert tag(model, str(source), "--output", str(whole)).wait() == 0
    takes = time.monotonic() - began
    n_killed = 0
    while n_killed < 5 and not out.exists():
        process = tag(
            model,
            str(source),
            "--output",
            str(out),
            *(["--resume"] if part_of(out).exists() else []),
        )
        try:
            process.wait(timeout=random.uniform(0.3, takes / 6))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            n_killed += 1
        assert (
            not out.exists() or process.returncode == 0
        )  # what is unfinished never has the name of what is finished
    if not out.exists():
        assert tag(model, str(source), "--output", str(out), "--resume").wait() == 0
    assert out.read_bytes() == whole.read_bytes()
    print(
        f"\n300,000 tweets: killed {n_killed} times and resumed, "
        "lines lost or doubled: 0, bytes equal"
    )


def part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def test_a_conll_file_of_a_million_lines_is_read_in_linear_time(tmp_path: Path) -> None:
    seconds = {}
    for n in (MILLION // 4, MILLION):
        path = tmp_path / f"{n}.conll"
        with path.open("w", encoding="utf-8") as stream:
            for text in tweets(n // 17):
                stream.writelines(f"{word}\tO\n" for word in text.split(" ")[1:])
                stream.write("\n")
        began = time.process_time()
        read = read_conll(path)
        seconds[n] = time.process_time() - began
        assert (len(read), sum(len(tweet.words) for tweet in read)) == (n // 17, n // 17 * 16)
    print(f"\nCoNLL: {', '.join(f'{n:,} lines in {took:.1f} s' for n, took in seconds.items())}")
    assert seconds[MILLION] < 6 * seconds[MILLION // 4]
