"""One model on many processes or machines, by Dask distributed: files of tweets, or the partitions of a dataframe.

    with local_client(4) as client:  # or any client of `dask.distributed`
        tag_files(client, "distilbert-wnut16-bio", ["tweets/*.jsonl"], Path("entities"))

A file is a task, and its answers are one file of the output folder: byte for byte what `tweetner tag` answers.
"""

from tweetner.streams.cluster.files import Report, tag_files
from tweetner.streams.cluster.frames import tag_partitions
from tweetner.streams.cluster.workers import local_client, remote_client

__all__ = ["Report", "local_client", "remote_client", "tag_files", "tag_partitions"]
