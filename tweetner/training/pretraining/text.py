"""Read unlabelled tweets, leave some out, and write the subwords of the others to disk.

The files are read as streams, and the training maps the subwords into memory, so the tweets may be
larger than the memory.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from tweetner.files import read_object, sha256, write_json
from tweetner.streams import find_inputs
from tweetner.tokenization import Splitter, SubwordEncoder
from tweetner.training.config import PretrainConfig
from tweetner.training.exclusion import load_excluded
from tweetner.training.unlabelled import Selection, TweetCounts

CHUNK = 4096
"""Number of tweets that are encoded at once."""

SUMMARY = "tweets.json"
"""The file that is written last, with the counts and hashes of the tweets."""


@dataclass(frozen=True, eq=False)
class EncodedTweets:
    """The subwords of tweets, one window after the other, special tokens included.

    Attributes:
        ids: (subwords,), mapped from disk.
        bounds: (windows + 1,), the start offset of each window, followed by the total length.
    """

    ids: NDArray[np.uint32]
    bounds: NDArray[np.int64]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map the files that `_Writer` wrote."""
        bounds = np.load(path.with_suffix(".npy"), allow_pickle=False)
        if bounds[-1] == 0:  # an empty file cannot be mapped
            return cls(np.empty(0, np.uint32), bounds)
        return cls(np.memmap(path, np.uint32, mode="r"), bounds)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(windows,), the number of subwords of each window."""
        return np.diff(self.bounds)


@dataclass(frozen=True, eq=False)
class PretrainingTweets:
    """The tweets of a run.

    Attributes:
        train: Tweets to train on.
        held_out: Tweets to measure the loss on.
        counts: The number of tweets that were read, left out and kept.
        hashes: The SHA-256 of the subwords of both parts.
        files: The SHA-256 of each input file, by the file's name.
    """

    train: EncodedTweets
    held_out: EncodedTweets
    counts: TweetCounts
    hashes: Mapping[str, str]
    files: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load the tweets that `write_tweets` wrote."""
        summary = read_object(folder / SUMMARY)
        return cls(
            EncodedTweets.load(folder / "train.bin"),
            EncodedTweets.load(folder / "held_out.bin"),
            TweetCounts(**summary["counts"]),
            summary["hashes"],
            summary["files"],
        )


class _Writer:
    """Writes subwords to a file, and at its end the bounds of the windows to another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self._lengths: list[NDArray[np.int64]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        lengths = np.concatenate([np.zeros(1, np.int64), *self._lengths])
        np.save(self._path.with_suffix(".npy"), np.cumsum(lengths), allow_pickle=False)

    def write(self, ids: NDArray[np.int64], bounds: NDArray[np.int64]) -> None:
        """Append windows."""
        content = ids.astype(np.uint32).tobytes()
        lengths = np.diff(bounds)
        self._file.write(content)
        self._hash.update(content)
        self._hash.update(lengths.tobytes())
        self._lengths.append(lengths)

    @property
    def sha256(self) -> str:
        """The hash of all that was written."""
        return self._hash.hexdigest()


def write_tweets(
    config: PretrainConfig, tokenizer: PreTrainedTokenizerFast, folder: Path, *, progress: bool
) -> None:
    """Read, select and encode the tweets of a run.

    Args:
        config: The run's config.
        tokenizer: The encoder's tokenizer, with the tweet splitter.
        folder: The folder to write to; `SUMMARY` is written last.
        progress: Show a progress bar.

    Raises:
        ValueError: A file or an excluded split cannot be read, or no tweet is left to train on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SUMMARY).unlink(missing_ok=True)
    excluded = load_excluded(config.exclude)
    selection = Selection(
        config.tweets, excluded, column=config.column, held_out_share=config.held_out_share
    )
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)
    splitter = Splitter(tokenizer.backend_tokenizer)
    with ExitStack() as stack:
        writers = {
            part: stack.enter_context(_Writer(folder / f"{part}.bin"))
            for part in ("train", "held_out")
        }
        tweets = tqdm(selection, "reading tweets", unit="tweet", disable=not progress)
        for chunk in _chunks(tweets):
            for part, writer in writers.items():
                words = [_words(text, splitter) for text, its_part in chunk if its_part == part]
                windows = encoder.encode(words)
                writer.write(windows.input_ids, windows.bounds)
    counts = selection.counts
    if not counts.train or not counts.held_out:
        raise ValueError(
            f"config key 'tweets': expected tweets to train on and to hold out, kept "
            f"{counts.train:,} and {counts.held_out:,} of {counts.read:,}"
        )
    summary = {
        "counts": asdict(counts),
        "hashes": {part: writer.sha256 for part, writer in writers.items()},
        "files": _file_hashes(config),
    }
    write_json(summary, folder / SUMMARY)


def _chunks(tweets: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    iterator = iter(tweets)
    chunk = list(islice(iterator, CHUNK))
    while chunk:
        yield chunk
        chunk = list(islice(iterator, CHUNK))


def _words(text: str, splitter: Splitter) -> list[str]:
    return [text[start:end] for start, end in splitter.with_line_breaks(text)]


def _file_hashes(config: PretrainConfig) -> dict[str, str]:
    paths = [input_.path for input_ in find_inputs(config.tweets)]
    return {path.name: sha256(path) for path in paths if path is not None}
