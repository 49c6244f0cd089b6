"""Tagging on many processes or machines with Dask: files of tweets, or partitions of a dataframe.

    with local_client(4) as client:  # or any client of `dask.distributed`
        tag_files(client, "distilbert-wnut16-bio", ["tweets/*.jsonl"], Path("entities"))

Each file is a task, and its output is byte for byte what `tweetner tag` writes.
"""

from tweetner.streams.cluster.files import Report, tag_files
from tweetner.streams.cluster.frames import tag_partitions
from tweetner.streams.cluster.workers import local_client, remote_client

__all__ = ["Report", "local_client", "remote_client", "tag_files", "tag_partitions"]
