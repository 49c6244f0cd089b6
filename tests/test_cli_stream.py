"""`tweetner stream` from the command line: refusals, files, signals, and a real broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.streams.brokers.conftest import redis_server, wait_until
from tweetner.cli import main


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_records(path: Path, ids: Sequence[int]) -> None:
    with path.open("a") as file:
        for at in ids:
            file.write(json.dumps({"id": at, "text": "in NYC"}) + "\n")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--from", "kafka://h:1/t", "--to", "-"], "needs ?group=NAME"),
        (["--from", "amqp://h/t", "--to", "-"], "expected kafka://"),
        (["--from", "in.jsonl", "--to", "in.jsonl"], "--from: expected another address"),
        (["--from", "none.jsonl", "--to", "-"], "none.jsonl: No such file"),
        (["--from", "redis://h:1/t?group=g", "--to", "-", "--follow"], "expected a file in --from"),
        (["--from", "in.jsonl", "--to", "-", "--keep", "from"], "every answer has its own 'from'"),
        (["--from", "in.jsonl", "--to", "-", "--max-lag", "2"], "--max-lag: expected"),
        (["--from", "in.jsonl", "--to", "-", "--max-lag", "2s"], "needs --triage"),
        (["--from", "in.jsonl", "--to", "-", "--batch", "0"], "--batch: expected 1 or more"),
        (["--from", "in.jsonl", "--to", "-", "--config", "no.yaml"], "no.yaml: No such file"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(
    hub: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_records(tmp_path / "in.jsonl", [1])
    assert main(["stream", "places", "--hub", str(hub), *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert reason in said


def test_a_file_is_answered_to_its_end_and_the_next_run_goes_on(
    hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, answers, dead = (tmp_path / name for name in ("in.jsonl", "out.jsonl", "dead.jsonl"))
    command = ["stream", "places", "--hub", str(hub), "--from", str(source), "--to", str(answers)]
    command += ["--position", str(tmp_path / "position")]
    write_records(source, [1, 2])
    assert main(command) == 0
    write_records(source, [3])
    with source.open("a") as file:
        file.write("poison\n")
    assert main([*command, "--dead-letter", str(dead)]) == 0
    assert [row["id"] for row in lines_of(answers)] == [1, 2, 3]
    assert lines_of(dead)[0]["value"] == "poison"
    assert "2 records: 1 answered by the model, 0 by triage, 0 errors, 1 dead" in (
        capsys.readouterr().err
    )
    with source.open("a") as file:
        file.write("poison\n")
    assert main(command) == 1
    assert "error" in lines_of(answers)[-1]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_and_commits_what_is_open(
    hub: Path, tmp_path: Path, number: signal.Signals
) -> None:
    from redis import Redis

    with redis_server(tmp_path) as hosts, Redis.from_url(f"redis://{hosts}") as client:
        for at in range(3000):
            client.xadd("tweets", {"id": at, "text": "in NYC"})
        command = [sys.executable, "-m", "tweetner.cli", "stream", "places", "--hub", str(hub)]
        command += ["--from", f"redis://{hosts}/tweets?group=g", "--batch", "10"]
        command += ["--to", f"redis://{hosts}/answers"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ) as process:
            wait_until(lambda: client.xlen("answers") > 100)
            process.send_signal(number)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0
        assert b"records: " in said
        ids = [json.loads(fields[b"value"])["id"] for _, fields in client.xrange("answers")]
        assert ids == [str(at) for at in range(len(ids))]
        assert 100 < len(ids) < 3000
        assert client.xpending("tweets", "g")["pending"] == 0
