"""Unlabelled tweets that an ensemble has tagged, for a student to learn from."""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

import datasets
import numpy as np
import torch
from accelerate import PartialState
from safetensors.torch import load_file, save_file
from torch import Tensor

from tweetner.files import write_json
from tweetner.tagger import Emitted
from tweetner.tokenization import UNOBSERVED, Splitter, SubwordEncoder
from tweetner.training.config import RunConfig
from tweetner.training.exclusion import ExcludedText
from tweetner.training.finetuning.calibrate import Trained
from tweetner.training.finetuning.data import Splits, encode_labelled
from tweetner.training.unlabelled import Selection


@dataclass(frozen=True, eq=False)
class Silver:
    """Tweets without gold tags, and a teacher's distribution over labels for their words.

    Attributes:
        tweets: The words of each tweet.
        rows: The row of each word in `probabilities`; `UNOBSERVED` for a word without subwords.
        probabilities: (rows, labels).
    """

    tweets: list[list[str]]
    rows: list[list[int]]
    probabilities: Tensor

    @classmethod
    def by(cls, teacher: Trained, tweets: list[list[str]]) -> Self:
        """Let a teacher tag tweets; a word that the splitter divides has its first part's row."""
        emissions = Emitted.by(teacher.backend, tweets).emitted
        rows = [[UNOBSERVED] * len(words) for words in tweets]
        for tweet, own in enumerate(rows):
            for unit in range(emissions.bounds[tweet + 1] - 1, emissions.bounds[tweet] - 1, -1):
                own[emissions.words[unit]] = unit
        return cls(tweets, rows, torch.from_numpy(emissions.scores).softmax(-1))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load the two files that `save` wrote."""
        values = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return cls(values["tweets"], values["rows"], load_file(path)["probabilities"])

    def save(self, path: Path) -> None:
        """Write the distributions to `path`, a `.safetensors` file, and the words beside it."""
        write_json({"tweets": self.tweets, "rows": self.rows}, path.with_suffix(".json"))
        partial = path.with_suffix(".partial")
        save_file({"probabilities": self.probabilities}, partial)
        partial.replace(path)  # last: a file of this name is complete

    def encode(self, encoder: SubwordEncoder, *, inner: bool) -> datasets.Dataset:
        """Encode the tweets for the Trainer, with numbers as in `distillation_loss` as labels."""
        n_labels = self.probabilities.shape[1]
        numbers = []
        for rows in self.rows:
            numbers.append([n_labels + row if row != UNOBSERVED else row for row in rows])
        return encode_labelled(self.tweets, numbers, encoder, inner=inner)[0]


@dataclass(frozen=True)
class Teacher:
    """Tags unlabelled tweets once for each part of a run, and keeps what it tagged.

    Attributes:
        config: The run's config.
        splits: The tweets of the run; none of dev or test is learnt from.
        folder: The student's folder.
        load: Returns the teacher of a part, `model` or `fold-1`, which was trained on that part.
    """

    config: RunConfig
    splits: Splits
    folder: Path
    load: Callable[[str], Trained]

    def silver(self, part: str) -> Silver:
        """Return the tagged tweets of a part; the first process of a run writes them once."""
        path = self.folder / f"silver-{part}.safetensors"
        with PartialState().main_process_first():
            if PartialState().is_main_process and not path.is_file():
                self.folder.mkdir(parents=True, exist_ok=True)
                teacher = self.load(part)
                tweets = sample_tweets(self.config, self.splits, teacher)
                Silver.by(teacher, tweets).save(path)
        return Silver.load(path)


def sample_tweets(config: RunConfig, splits: Splits, teacher: Trained) -> list[list[str]]:
    """Draw `config.silver` of the unlabelled tweets, and split them into words.

    The order of the tweets in the files does not matter. Tweets that equal a tweet of dev or test,
    or share 40 characters in a row with one, are left out.

    Raises:
        ValueError: The files cannot be read, or hold no tweet that may be learnt from.
    """
    evaluation = [" ".join(tweet.words) for tweet in [*splits.dev, *splits.test]]
    kept = Selection(config.unlabelled, ExcludedText(evaluation))
    texts = [text for text, _ in kept]
    drawn = heapq.nsmallest(config.silver, texts, key=lambda text: _draw(text, config.seeds[0]))
    if not drawn:
        raise ValueError(
            "config key 'unlabelled': expected tweets to learn from, kept none of "
            f"{kept.counts.read:,}"
        )
    splitter = Splitter(teacher.tokenizer.backend_tokenizer)
    tweets = []
    for text in drawn:
        tweets.append([text[start:end] for start, end in splitter(text)])
    return tweets


def _draw(text: str, seed: int) -> bytes:
    """Return pseudo-random bytes derived from a text and a seed."""
    content = text.encode("utf-8", "surrogatepass")
    return blake2b(content, digest_size=8, salt=np.uint32(seed).tobytes()).digest()
