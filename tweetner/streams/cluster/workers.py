"""Worker processes: starting and reaching them, checking them, and the model that each holds."""

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
"""One thread for each process, because there are as many processes as cores; no progress bars."""

KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
"""By default Dask makes a process return freed memory at once, and a tagger would spend a sixth of
its time on getting it back."""


@contextmanager
def local_client(n_workers: int | None = None) -> Iterator["Client"]:
    """Start worker processes on this machine, and stop them at the end of the block.

    Nothing listens beyond the loopback interface.

    Args:
        n_workers: Number of processes, each of one thread; by default as many as cores.

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
            # the health page of the scheduler; its default port 8787 may be taken
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.CRITICAL,  # errors of a worker are reported by `tag_files`
            env=ENVIRONMENT,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote_client(scheduler: str) -> Iterator["Client"]:
    """Connect to a running scheduler, such as `tcp://host:8786`.

    Raises:
        OSError: It cannot be reached.
    """
    from distributed import Client
    from distributed.utils import silence_logging_cmgr

    with silence_logging_cmgr(logging.CRITICAL), Client(scheduler, timeout="10s") as client:
        yield client


def check_workers(client: "Client", model: Path) -> None:
    """Refuse workers that cannot do the work, before any file is written.

    Raises:
        ValueError: There is no worker, one has more than one thread, or one cannot find the model.
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
    """Load the model once for each process."""
    return load(model)
