"""Worker processes: how they are started and reached, what they must have, and the model that each holds."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tweetner.hub import resolve
from tweetner.tagger import Tagger, load

if TYPE_CHECKING:
    from distributed import Client

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
}
"""One thread in a process, for there are as many processes as cores; no bars of theirs in the user's terminal."""

KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
"""Dask would have a process return what it frees at once, and a tagger spend a sixth of its time on getting it back."""


@contextmanager
def local_client(n_workers: int | None = None) -> Iterator["Client"]:
    """A client of worker processes on this machine, which end with the block; nothing listens beyond loopback.

    Args:
        n_workers: Processes of one thread; as many as cores where it is left out.

    Raises:
        ValueError: There would be no worker.
    """
    import dask
    from distributed import Client, LocalCluster

    if n_workers is not None and n_workers < 1:
        raise ValueError(f"expected 1 worker or more, got {n_workers}")
    with (
        dask.config.set(KEEP_MEMORY),
        LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={
                "dashboard_address": "127.0.0.1:0"
            },  # for its health page, else 8787, which may be taken
            silence_logs=logging.CRITICAL,  # what goes wrong in a worker is told by who waits for it
            env=ENVIRONMENT,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote_client(scheduler: str) -> Iterator["Client"]:
    """A client of a scheduler that runs somewhere else, as `tcp://host:8786`.

    Raises:
        OSError: It cannot be reached.
    """
    from distributed import Client
    from distributed.utils import silence_logging_cmgr

    with silence_logging_cmgr(logging.CRITICAL), Client(scheduler, timeout="10s") as client:
        yield client


def check_workers(client: "Client", model: Path) -> None:
    """Refuse workers that could not do the work, before a file is touched.

    Raises:
        ValueError: There is none; one has more than one thread; one finds no model at the path that it has here.
    """
    workers = client.nthreads()
    if not workers:
        raise ValueError("expected workers, the scheduler has none; start some with `dask worker`")
    for address, n_threads in workers.items():
        if n_threads != 1:
            raise ValueError(
                f"{address}: expected a worker of one thread (--nthreads 1), got {n_threads}"
            )
    for address, found in client.run(resolve, model, on_error="return").items():
        if isinstance(found, Exception):
            raise ValueError(f"worker {address}: {found}")


@lru_cache(maxsize=1)
def tagger_of(model: Path) -> Tagger:
    """The model of this process, loaded once."""
    return load(model)
