"""Files and dataframes on a cluster of two worker processes, compared with one process."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from time import monotonic, sleep
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("distributed", reason="needs the extra `cluster`")

import dask.dataframe as dd
import pandas as pd
import pyarrow as pa
from distributed import Client, Future
from pyarrow import parquet

from tweetner import cli
from tweetner.hub import publish
from tweetner.streams.cluster import Report, local_client, tag_files, tag_partitions
from tweetner.streams.cluster.parts import find_parts, root_of
from tweetner.streams.cluster.workers import check_workers, tagger_of
from tweetner.tagger import MajorityTagger, load
from tweetner.tokenization import splitter_tokenizer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(  # it comes on a busy machine
        "ignore:Creating scratch directories:UserWarning"
    ),
]

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "tag_cluster.py"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with the model `places`, for which every word is a place with score 0.75."""
    hub = tmp_path_factory.mktemp("outputs") / "hub"
    publish_places(hub, tmp_path_factory.mktemp("model"), score=0.75)
    return hub


def publish_places(hub: Path, folder: Path, *, score: float) -> None:
    rest = (1 - score) / 2
    MajorityTagger(["O", "B-geo-loc", "I-geo-loc"], frequencies=np.array([rest, score, rest])).save(
        folder
    )
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    publish(folder, "places", hub=hub)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "2")
        with local_client(2) as client:
            yield client


@pytest.fixture
def tweets(tmp_path: Path) -> Path:
    """A folder of four files of every format, with 4, 2, 2 and 3 records, one of them an error."""
    folder = tmp_path / "tweets"
    (folder / "day=1").mkdir(parents=True)
    rows = [
        '{"id": "é", "text": "in 👍🏽 Málaga"}',
        "broken",
        '{"text": "Rome"}',
        '{"id": 9, "text": ""}',
    ]
    (folder / "day=1" / "a.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (folder / "b.txt").write_text("hello Rome\n\n", encoding="utf-8")
    (folder / "c.csv").write_text("id,text\n1,in Rome\n2,\n", encoding="utf-8")
    parquet.write_table(
        pa.table({"id": [3, 4, 5], "text": ["in Rome", "x", "you"]}), folder / "d.parquet"
    )
    return folder


@pytest.fixture
def run(client: Client, hub: Path, tweets: Path, tmp_path: Path) -> Callable[..., Report]:
    """Tag `tweets` into `out`, or other names with other options."""

    def tag(*names: str, **options: Any) -> Report:
        inputs = names or (f"{tweets}/**/*.*",)
        given = {"model": "places", "hub": hub} | options
        return tag_files(client, given.pop("model"), inputs, tmp_path / "out", **given)

    return tag


@pytest.fixture(scope="module")
def main(load_script: Callable[[str], ModuleType]) -> Callable[[list[str]], int]:
    """The script's `main`."""
    return load_script("scripts/tag_cluster.py").main


def start(work: Callable[[], Report]) -> Queue[Report | Exception]:
    """What a piece of work gives, or raises, when it is done."""
    outcome: Queue[Report | Exception] = Queue()

    def put_outcome() -> None:
        try:
            outcome.put(work())
        except Exception as error:
            outcome.put(error)

    threading.Thread(target=put_outcome, daemon=True).start()
    return outcome


def wait_until(condition: Callable[[], bool]) -> None:
    end = monotonic() + 60
    while not condition():
        assert monotonic() < end, "waited for a minute"
        sleep(0.01)


def files_of(folder: Path) -> dict[str, bytes]:
    """The files of an output folder."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


# --- files ---


@pytest.mark.parametrize("output_format", ["jsonl", "parquet"])
@pytest.mark.parametrize("min_score", [0.0, 0.8])
def test_a_part_is_byte_for_byte_what_the_command_writes(
    run: Callable[..., Report],
    hub: Path,
    tweets: Path,
    tmp_path: Path,
    output_format: str,
    min_score: float,
) -> None:
    report = run(output_format=output_format, min_score=min_score)
    assert report == Report(n_parts=4, n_skipped=0, n_records=11, n_errors=1, failures=[])
    expected = {}
    for path in [
        tweets / "day=1" / "a.jsonl",
        tweets / "b.txt",
        tweets / "c.csv",
        tweets / "d.parquet",
    ]:
        alone = tmp_path / f"alone.{output_format}"
        options = [
            "--output",
            str(alone),
            "--min-score",
            str(min_score),
            "--hub",
            str(hub),
            "--force",
        ]
        cli.main(["tag", "places", str(path), *options])
        expected[path.relative_to(tweets).with_suffix(f".{output_format}").as_posix()] = (
            alone.read_bytes()
        )
    assert files_of(tmp_path / "out") == expected


def test_complete_parts_are_skipped_and_the_others_tagged(
    run: Callable[..., Report], tweets: Path, tmp_path: Path
) -> None:
    run()
    out, complete = tmp_path / "out", files_of(tmp_path / "out")
    written = (out / "c.jsonl").stat().st_mtime_ns
    (out / "b.jsonl").rename(out / "b.jsonl.part")  # as a killed run leaves it
    (out / "b.jsonl.part").write_bytes(b'{"id": 1, "enti')
    (tweets / "d.parquet").unlink()
    (tweets / "day=1" / "a.jsonl").write_text("broken\n" * 5)
    (tweets / "new.txt").write_text("hello Rome\n\n")
    report = run()
    assert report == Report(n_parts=4, n_skipped=1, n_records=9, n_errors=5, failures=[])
    found = files_of(out)
    assert (out / "c.jsonl").stat().st_mtime_ns == written
    assert found["b.jsonl"] == found["new.jsonl"] == complete["b.jsonl"]
    assert found["day=1/a.jsonl"].count(b"expected JSON") == 5
    assert set(found) == {*complete, "new.jsonl"}
    assert run() == Report(n_parts=4, n_skipped=4, n_records=0, n_errors=0, failures=[])


def test_force_tags_everything_anew_with_other_options(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    run()
    assert b"Rome" in files_of(tmp_path / "out")["c.jsonl"]
    report = run(min_score=0.8, force=True)
    assert report == Report(n_parts=4, n_skipped=0, n_records=11, n_errors=1, failures=[])
    assert b"Rome" not in files_of(tmp_path / "out")["c.jsonl"]


def test_an_output_that_is_older_than_the_model_is_made_again(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    hub = tmp_path / "hub"
    publish_places(hub, tmp_path / "first", score=0.75)
    assert run(hub=hub).n_skipped == 0
    assert run(hub=hub).n_skipped == 4
    publish_places(hub, tmp_path / "second", score=0.5)
    assert run(hub=hub).n_skipped == 0
    assert b'"score": 0.5' in files_of(tmp_path / "out")["c.jsonl"]


def test_a_file_that_cannot_be_tagged_is_told_in_one_line_and_stops_no_other(
    run: Callable[..., Report], tweets: Path, tmp_path: Path
) -> None:
    (tweets / "c.csv").write_text("id,tweet\n1,Rome\n")
    (tweets / "d.parquet").write_text("no Parquet")
    report = run()
    assert (report.n_parts, report.n_records, set(files_of(tmp_path / "out"))) == (
        4,
        6,
        {"day=1/a.jsonl", "b.jsonl"},
    )
    csv, parquet = sorted(report.failures)
    assert csv == f"{tweets}/c.csv:1: expected one column 'text', got ['id', 'tweet']"
    assert parquet.startswith(f"{tweets}/d.parquet: expected Parquet: ")
    assert "\n" not in parquet


def test_the_work_of_a_killed_worker_is_done_again_by_another_and_nothing_is_doubled(
    run: Callable[..., Report], client: Client, tmp_path: Path
) -> None:
    """A named pipe keeps the task in the middle of its file.

    A worker that opens the pipe again reads it from its start.
    """
    pipe, data = tmp_path / "pipe.txt", b"hello Rome\n" * 100
    os.mkfifo(pipe)
    outcome = start(lambda: run(str(pipe)))
    with pipe.open("wb", buffering=0) as half:  # opens when the task does
        half.write(data[:550])
        part = tmp_path / "out" / "pipe.jsonl.part"
        wait_until(lambda: part.exists() and part.stat().st_size > 0)
        (worker,) = (address for address, tasks in client.processing().items() if tasks)
        process = client.run(os.getpid, workers=[worker])[worker]
        os.kill(process, signal.SIGSTOP)  # so that it does not see the end of the pipe
    os.kill(process, signal.SIGKILL)
    wait_until(
        lambda: any(tasks for address, tasks in client.processing().items() if address != worker)
    )
    with pipe.open("wb") as whole:
        whole.write(data)
    assert outcome.get(timeout=60) == Report(
        n_parts=1, n_skipped=0, n_records=100, n_errors=0, failures=[]
    )
    (answers,) = files_of(tmp_path / "out").values()
    assert [json.loads(line)["id"] for line in answers.splitlines()] == list(range(1, 101))
    client.wait_for_workers(2)


REFUSALS = [
    ("no such file", {"names": ["gone/*.jsonl"]}, "gone/*.jsonl: no such file"),
    ("standard input", {"names": ["-"]}, "expected files, got standard input"),
    (
        "input among the output",
        {"names": ["out/*.jsonl"]},
        "out/old.jsonl: is in the output folder ",
    ),
    ("two inputs, one part", {"names": ["in/a.txt", "in/a.csv"]}, "in/a.csv and "),
    (
        "score",
        {"names": ["in/a.txt"], "min_score": 1.5},
        "expected a min_score from 0 to 1, got 1.5",
    ),
    ("no model", {"names": ["in/a.txt"], "model": "gone"}, "no model tweetner/gone in "),
]


@pytest.mark.parametrize(
    ("options", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_what_cannot_work_is_refused_before_a_file_is_touched(
    client: Client,
    hub: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.txt", "in/a.csv", "out/old.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("[1]")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    given = {"model": "places", "folder": "out", "hub": hub} | options
    with pytest.raises(ValueError, match=re.escape(reason)) as refused:
        tag_files(
            client, given.pop("model"), given.pop("names"), Path(given.pop("folder")), **given
        )
    assert "\n" not in str(refused.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_parts_are_named_below_the_fixed_part_of_the_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("t/2024/a.jsonl", "t/2025/a.parquet", "t/2025/part-0.1", "t/2023/a.csv.gz", "t/b.gz")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    out = tmp_path / "out"
    assert [part.name for part in find_parts(["t/2024/*"], out, "jsonl")] == ["a.jsonl"]
    parts = find_parts(["t/202[45]/a.*", "t/2025/part*", "t/2024/a.jsonl"], out, "jsonl")
    assert [part.name for part in parts] == ["2024/a.jsonl", "2025/a.jsonl", "2025/part-0.1.jsonl"]
    parts = find_parts(["t/*/*.gz", "t/b.gz"], out, "jsonl")
    assert [part.name for part in parts] == ["2023/a.jsonl", "b.jsonl"]


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["/t/a.jsonl"], "/t"),
        (["/t/*.jsonl"], "/t"),
        (["/t/a*/b.jsonl"], "/t"),
        (["/t/**/b.jsonl"], "/t"),
        (["/t/a/[bc].jsonl", "/t/a?/d.jsonl"], "/t"),
        (["/t/a/*.jsonl", "/t/ab/*.jsonl"], "/t"),
        (["*.jsonl"], "."),
        (["/t/a.jsonl", "/u/a.jsonl"], "/"),
    ],
)
def test_the_root_is_the_folder_that_a_command_line_names(names: list[str], root: str) -> None:
    assert root_of(names) == Path(root).absolute()


# --- workers ---


def test_a_worker_has_one_thread_even_where_the_environment_has_more(client: Client) -> None:
    def threads() -> set[int]:
        from threadpoolctl import threadpool_info

        return {
            int(os.environ["OMP_NUM_THREADS"]),
            *(pool["num_threads"] for pool in threadpool_info()),
        }

    assert list(client.run(threads).values()) == [{1}, {1}]
    assert list(client.nthreads().values()) == [1, 1]


def test_nothing_listens_beyond_loopback(client: Client) -> None:
    import psutil

    me = psutil.Process()
    found = [
        found
        for process in [me, *me.children(recursive=True)]
        for found in process.net_connections()
    ]
    listening = {
        connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("n_workers", "reason"), [(1, "expected a worker of one thread"), (0, "expected workers")]
)
def test_workers_that_would_oversubscribe_or_that_are_not_there_are_refused(
    hub: Path, tweets: Path, tmp_path: Path, n_workers: int, reason: str
) -> None:
    one_process = {"processes": False, "dashboard_address": None}
    with (
        Client(n_workers=n_workers, threads_per_worker=2, **one_process) as client,
        pytest.raises(ValueError, match=reason),
    ):
        tag_files(client, "places", [f"{tweets}/*.*"], tmp_path / "out", hub=hub)
    assert not (tmp_path / "out").exists()


def test_a_worker_that_does_not_find_the_model_is_named(client: Client, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"worker tcp://127.0.0.1:\d+: .*: expected a model folder with config.json",
    ):
        check_workers(client, tmp_path)


def test_work_that_is_cancelled_ends_the_run(
    run: Callable[..., Report], client: Client, tmp_path: Path
) -> None:
    """So it looks where the scheduler is lost."""
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    outcome = start(lambda: run(str(pipe)))
    with pipe.open("wb"):
        client.cancel([Future(key, client) for key in client.futures])
        error = outcome.get(timeout=60)
    assert isinstance(error, ConnectionError)
    assert str(error).startswith("lost the scheduler; run the same command again")


# --- the script ---


def test_the_script_ends_with_status_1_where_records_are_errors_and_2_where_files_failed(
    main: Callable[[list[str]], int],
    client: Client,
    hub: Path,
    tweets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = [
        "--output",
        str(tmp_path / "out"),
        "--hub",
        str(hub),
        "--scheduler",
        client.scheduler.address,
    ]
    assert main(["places", f"{tweets}/**/*.*", *options]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == (
        f"{tmp_path}/out: 4 files (0 were complete), 11 tweets tagged\n",
        "1 of 11 records are errors\n",
    )
    (tweets / "d.parquet").write_text("no Parquet")
    assert main(["places", f"{tweets}/**/*.*", *options]) == 2
    out, err = capsys.readouterr()
    assert out == f"{tmp_path}/out: 4 files (3 were complete), 0 tweets tagged\n"
    assert err.startswith(f"error: {tweets}/d.parquet: expected Parquet: ")
    assert len(err.splitlines()) == 1


def test_processes_of_its_own_leave_the_terminal_to_the_answer(
    hub: Path, tweets: Path, tmp_path: Path
) -> None:
    (tweets / "d.parquet").write_text("no Parquet")
    command = [
        sys.executable,
        SCRIPT,
        "places",
        "tweets/**/*.*",
        "--output",
        "out",
        "--hub",
        hub,
        "--workers",
        "2",
    ]
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        command, cwd=tmp_path, env=own, capture_output=True, text=True, check=False, timeout=120
    )
    assert finished.stdout == "out: 4 files (0 were complete), 8 tweets tagged\n"
    failure, count = finished.stderr.splitlines()
    assert failure.startswith(f"error: {tweets}/d.parquet: expected Parquet: ")
    assert (count, finished.returncode) == ("1 of 8 records are errors", 2)


# --- dataframes ---


def test_a_frame_gets_the_entities_that_the_tagger_gives(
    client: Client, hub: Path, tmp_path: Path
) -> None:
    tweets = ["in New York", "", None, "👍🏽 \u2028Málaga", "with @nina :-)", "Rome"]
    frame = pd.DataFrame(
        {"tweet": tweets, "n": range(6)}, index=pd.Index([7, 7, 8, 9, 10, 11], name="at")
    )
    tagged = tag_partitions(dd.from_pandas(frame, npartitions=3), "places", column="tweet", hub=hub)
    tagger = load("places", hub=hub)
    expected = [None if tweet is None else tagger(tweet) for tweet in tweets]
    for scheduler in (client, "threads"):
        computed = tagged.compute(scheduler=scheduler)
        assert pa.array(computed["entities"]).to_pylist() == expected
        assert computed[["n"]].equals(frame[["n"]])
    tagged.to_parquet(tmp_path / "out")
    assert parquet.read_table(tmp_path / "out")["entities"].to_pylist() == expected


def test_partitions_without_entities_have_the_type_that_parts_have(
    run: Callable[..., Report], hub: Path, tmp_path: Path
) -> None:
    run(output_format="parquet")
    of_parts = parquet.read_schema(tmp_path / "out" / "b.parquet").field("entities").type
    empty = dd.from_pandas(pd.DataFrame({"text": ["", ""]}), npartitions=2)
    tagged = tag_partitions(empty, "places", hub=hub)
    assert tagged.dtypes["entities"].pyarrow_dtype == of_parts
    assert tagged.compute()["entities"].dtype.pyarrow_dtype == of_parts


def test_a_worker_process_loads_the_model_once(client: Client, tmp_path: Path) -> None:
    def loads() -> int:
        return tagger_of.cache_info().misses

    publish_places(tmp_path / "hub", tmp_path / "model", score=0.75)
    tweets = dd.from_pandas(pd.DataFrame({"text": ["in Rome"] * 16}), npartitions=16)
    before = client.run(loads)
    for _ in range(2):
        tag_partitions(tweets, "places", hub=tmp_path / "hub").compute()
    assert max(after - before[worker] for worker, after in client.run(loads).items()) == 1


@pytest.mark.parametrize(
    ("frame", "found"),
    [({"tweet": ["a"]}, r"tweet \(str(ing)?\)"), ({"text": [1]}, r"text \(int64\)"), ({}, "")],
)
def test_a_frame_without_a_column_of_strings_is_refused(
    hub: Path, frame: dict[str, list[Any]], found: str
) -> None:
    with pytest.raises(ValueError, match=f"expected a column 'text' of strings, got {found}$"):
        tag_partitions(dd.from_pandas(pd.DataFrame(frame), npartitions=1), "places", hub=hub)
