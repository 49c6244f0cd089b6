"""The settings of every kind of training run: one field of a dataclass is one key and one option.

Keys stand in a flat YAML file or on the command line; `parsing` reads both.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from tweetner.corpus import Reading, reading_options
from tweetner.tags import WNUT16_TYPES, tags_of


@dataclass(frozen=True)
class Limit:
    """The values that a field may have.

    Attributes:
        expected: The values in words, for error messages.
        allows: Returns whether a value is one of them.
    """

    expected: str
    allows: Callable[[Any], bool]


ANY = Limit("any value", lambda _: True)
ABOVE_0 = Limit("a number above 0", lambda value: value > 0)
AT_LEAST_0 = Limit("a number of at least 0", lambda value: value >= 0)
PART = Limit("a number above 0 and below 1", lambda value: 0 < value < 1)
FRACTION = Limit("a number from 0 to below 1", lambda value: 0 <= value < 1)
SHARE = Limit("a number from 0 to 1", lambda value: 0 <= value <= 1)
EVEN = Limit("an even number above 0", lambda value: value > 0 and value % 2 == 0)
WINDOW = Limit("at least 8", lambda value: value >= 8)
LANGUAGE = Limit(
    "a code such as en, de or multilingual",
    lambda value: re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*|multilingual", value) is not None,
)
SEED = Limit("a seed from 0 to 2**32 - 1", lambda value: 0 <= value < 2**32)
POSITIVE_NUMBERS = Limit("numbers above 0", lambda values: values and min(values) > 0)


def option(default: Any, help: str, limit: Limit = ANY) -> Any:
    """Declare a config field: its default, its limit, and a line of help that names its unit."""
    return field(default=default, metadata={"help": help, "limit": limit})


def check(holds: bool, key: str, expected: str, value: object) -> None:
    """Refuse a value of a config key.

    Raises:
        ValueError: `holds` is false.
    """
    if not holds:
        raise ValueError(f"config key {key!r}: expected {expected}, got {value!r}")


def check_limits(config: Any) -> None:
    """Check every field of a config against its limit, in the order of the fields."""
    for f in fields(config):
        limit: Limit = f.metadata["limit"]
        value = getattr(config, f.name)
        check(limit.allows(value), f.name, limit.expected, value)


def check_seeds(seeds: tuple[int, ...]) -> None:
    """Refuse repeated seeds, and seeds that NumPy and PyTorch cannot both take."""
    check(len(seeds) == len(set(seeds)), "seeds", "different seeds", seeds)
    in_range = all(0 <= seed < 2**32 for seed in seeds)
    check(in_range, "seeds", "seeds from 0 to 2**32 - 1", seeds)


@dataclass(frozen=True)
class TaggerConfig:
    """The settings of every run that trains and publishes a tagger."""

    name: str = option("tagger", "name under which the model is published")
    data: str = option("wnut16", "corpus: wnut16, sample, or a folder with train, dev and test")
    types: tuple[str, ...] = option(
        WNUT16_TYPES, "entity types, in the order in which their labels are numbered"
    )
    scheme: Literal["IOB2", "IOB1", "BIOES", "BMES"] = option(
        "IOB2", "tagging scheme of the corpus files"
    )
    train_file: tuple[str, ...] = option(
        (), "files of the train split, instead of those found in the folder `data`"
    )
    dev_file: tuple[str, ...] = option((), "files of the dev split, instead of those found")
    test_file: tuple[str, ...] = option((), "files of the test split, instead of those found")
    map_types: tuple[str, ...] = option(
        (), "types of the files to rename: person=PER reads PER as person, =MISC reads MISC as O"
    )
    columns: tuple[str, ...] = option(
        (),
        "word and tag column (and optionally one that changes with each tweet), numbered from 1 or "
        "by name; if none are given, the first and the last",
    )
    comment: str = option("", "skip lines that begin with this in CoNLL and CSV files")
    header: bool = option(False, "whether the first line of CoNLL and CSV files names the columns")
    separator: str = option(
        "",
        "character between columns, or tab, comma, semicolon, pipe, space; if none is given, "
        "comma in .csv files, else TAB or spaces",
    )
    empty_words: Literal["refuse", "drop", "placeholder"] = option(
        "refuse", "lines without a word: refuse or drop them, or put a placeholder"
    )
    inside_words: Literal["refuse", "snap", "skip"] = option(
        "refuse",
        "entities in characters that begin or end inside a word: refuse them, snap them to whole "
        "words, or skip their tweets",
    )
    split: Literal["corpus", "notebook"] = option(
        "corpus",
        "corpus: the corpus's own splits; notebook: train is split 80/20 into train and dev",
    )
    threshold_share: float = option(
        0.4,
        "fraction of dev held out to certify thresholds for accepting entities without review "
        "(0: no thresholds)",
        FRACTION,
    )
    language: str = option("en", "language of the tweets, for the model card", LANGUAGE)
    corpus_text: str = option(
        "", "sentences on the corpus for the model card: its source, terms and privacy"
    )

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ValueError: A value is out of range or contradicts another; the message names the key.
        """
        try:
            tags_of(self.types)
        except ValueError as error:
            raise ValueError(f"config key 'types': {error}") from error
        Reading(**reading_options(self))
        check_limits(self)


@dataclass(frozen=True)
class RunConfig(TaggerConfig):
    """The settings of a fine-tuning run."""

    name: str = option("distilbert-wnut16", "name under which the model is published")

    model: Literal["bilstm", "distilbert", "distilbert-bilstm"] = option(
        "distilbert", "architecture: pretrained encoder, word-level BiLSTM, or encoder plus BiLSTM"
    )
    encoder: str = option(
        "bundled", "pretrained encoder: bundled, a local folder (./..., /...), or a hub id"
    )
    start: str = option(
        "", "published model or model folder to continue training from, instead of the encoder"
    )
    decoder: Literal["argmax", "bio", "crf"] = option(
        "bio", "how scores become tags; crf also adds a CRF layer to the training loss"
    )
    folds: int = option(
        0,
        "number of cross-validation folds over dev, which is then trained on as well; for each "
        "fold a model is trained without it, to choose the number of epochs and to calibrate (0: "
        "dev is held out; 1: all of dev is one fold)",
        AT_LEAST_0,
    )
    corrections: str = option(
        "",
        "decisions of reviewers to train on as well: a queue, or JSONL from `tweetner review "
        "export` (empty: none)",
    )
    strict: bool = option(False, "stop when train and an evaluation split share tweets")

    normalize: Literal["auto", "true", "false"] = option(
        "auto",
        "shorten @name to @ and URLs to http inside the tokenizer; auto: unless 1% or more of "
        "train's entities hold an @name or a URL",
    )
    casing: bool = option(
        True, "add capitalised and upper-case copies of subwords to a lower-casing vocabulary"
    )
    max_subwords: int = option(256, "longest window in subwords, special tokens included", WINDOW)
    min_count: int = option(
        2, "bilstm: how often a word must occur in train to enter the vocabulary", ABOVE_0
    )
    embedding_size: int = option(128, "bilstm: width of the word embeddings", ABOVE_0)
    lstm_size: int = option(192, "width of the BiLSTM, both directions together", EVEN)
    dropout: float = option(0.1, "dropout probability before the classifier", FRACTION)
    freeze_embeddings: bool = option(True, "do not train the encoder's subword embeddings")

    inner_weight: float = option(
        0.3,
        "loss weight of a word's second and later subwords, where the first one has weight 1 "
        "(distilbert without crf)",
        AT_LEAST_0,
    )

    hashtag_copies: float = option(
        0.0,
        "share of the train tweets that are copied with entities and other words as hashtags",
        SHARE,
    )

    epochs: int = option(5, "maximum number of passes over train", ABOVE_0)
    max_steps: int = option(0, "number of optimizer steps, instead of epochs", AT_LEAST_0)
    patience: int = option(
        3, "stop after this many epochs without a better dev entity F1 (0: never)", AT_LEAST_0
    )
    batch_size: int = option(16, "tweets per batch and device", ABOVE_0)
    accumulation: int = option(1, "batches per optimizer step", ABOVE_0)
    group_by_length: bool = option(
        True, "build batches of tweets of similar length: less padding, faster"
    )
    learning_rate: float = option(
        2e-4, "peak learning rate of the encoder, or of the whole bilstm", AT_LEAST_0
    )
    head_learning_rate: float = option(
        1e-3, "peak learning rate of the layers that are not pretrained", AT_LEAST_0
    )
    weight_decay: float = option(0.01, "AdamW weight decay", AT_LEAST_0)
    schedule: Literal["linear", "constant"] = option(
        "linear", "learning rate after the warm-up: linear decay to 0, or constant"
    )
    warmup: float = option(
        0.1, "fraction of all steps in which the learning rate rises to its peak", FRACTION
    )
    max_grad_norm: float = option(1.0, "gradients are clipped to this norm", ABOVE_0)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "auto", "auto: bf16 or fp16 on a GPU, fp32 on a CPU; bf16 is faster on a recent CPU"
    )
    seeds: tuple[int, ...] = option(
        (42,), "one training per seed; the model with the best dev entity F1 is published"
    )
    combine: Literal["best", "soup", "ensemble", "student"] = option(
        "best",
        "what is published of several seeds: the best one, the average of their weights (soup), of "
        "their probabilities (ensemble), or a model that learns from the ensemble (student)",
    )
    unlabelled: tuple[str, ...] = option(
        (), "student: files of tweets that the ensemble tags: text, JSONL, CSV or Parquet, or globs"
    )
    silver: int = option(8_000, "student: number of unlabelled tweets to learn from", ABOVE_0)
    student_epochs: int = option(
        2, "student: number of passes over train and the unlabelled tweets", ABOVE_0
    )

    def __post_init__(self) -> None:
        """Check every value; see `TaggerConfig`."""
        super().__post_init__()
        dev_is_not_trained_on = self.split == "notebook"
        check(
            not (self.folds and dev_is_not_trained_on),
            "folds",
            "0 with split notebook, which trains on no dev",
            self.folds,
        )
        both = self.folds > 0 and self.max_steps > 0
        check(not both, "max_steps", "0 with folds, which choose the epochs", self.max_steps)
        check(len(self.seeds) > 0, "seeds", "at least one seed", self.seeds)
        check_seeds(self.seeds)
        self._check_combine()

    def _check_combine(self) -> None:
        """Refuse to combine seeds that cannot be combined."""
        native = self.model == "distilbert" and self.decoder != "crf"
        possible = {
            "best": True,
            "soup": native,
            "ensemble": self.decoder != "crf",
            "student": native,
        }
        allowed = " or ".join(name for name, is_possible in possible.items() if is_possible)
        expected = f"{allowed} for model {self.model} with decoder {self.decoder}"
        check(possible[self.combine], "combine", expected, self.combine)
        needs_tweets = self.combine == "student" and not self.unlabelled
        check(not needs_tweets, "unlabelled", "files of tweets for a student", self.unlabelled)


@dataclass(frozen=True)
class BaselineConfig(TaggerConfig):
    """The settings of a run that fits a baseline of the reference notebook."""

    name: str = option("sgd-wnut16", "name under which the model is published")

    model: Literal["sgd", "majority"] = option(
        "sgd", "linear classifiers over 14 features of a word, or the most frequent tag"
    )
    alphas: tuple[float, ...] = option(
        (1e-5, 5e-5, 1e-4, 5e-4),
        "sgd: strengths of the L2 penalty; the one with the best dev score is kept",
        POSITIVE_NUMBERS,
    )
    class_weight: Literal["balanced", "none"] = option(
        "balanced", "sgd: balanced weights tags by their inverse frequency"
    )
    max_iter: int = option(50, "sgd: maximum number of passes over the training words", ABOVE_0)
    tol: float = option(
        1e-3, "sgd: stop when a pass lowers the training loss by less than this", AT_LEAST_0
    )
    seed: int = option(
        42, "sgd: seed of the published model and of the selection of alpha", AT_LEAST_0
    )
    seeds: tuple[int, ...] = option(
        (), "sgd: seeds of further fits with the selected alpha, to show the spread over seeds"
    )

    def __post_init__(self) -> None:
        """Check every value; see `TaggerConfig`."""
        super().__post_init__()
        check_seeds(self.seeds)


@dataclass(frozen=True)
class PretrainConfig:
    """The settings of a run that adapts a pretrained encoder to unlabelled tweets."""

    name: str = option("tweet-encoder", "name of the encoder's folder in outputs/encoders")
    encoder: str = option(
        "bundled", "pretrained encoder to adapt: bundled, a local folder (./..., /...), or a hub id"
    )
    tweets: tuple[str, ...] = option(
        (),
        "files of unlabelled tweets: text, JSONL, CSV or Parquet, compressed or not, or globs "
        "(empty: standard input)",
    )
    column: str = option("", "field that holds the text (empty: text, or where Twitter has it)")
    exclude: tuple[str, ...] = option(
        ("wnut16:dev", "wnut16:test"),
        "evaluation splits; tweets that equal one of their tweets, or share 40 characters in a row "
        "with it, are left out (exclude: [] in the YAML file excludes nothing)",
    )
    held_out_share: float = option(
        0.01, "fraction of the tweets held out to measure the loss, 20,000 tweets at most", PART
    )

    normalize: bool = option(True, "shorten @name to @ and URLs to http inside the tokenizer")
    casing: bool = option(
        True, "add capitalised and upper-case copies of subwords to a lower-casing vocabulary"
    )
    max_subwords: int = option(128, "longest window in subwords, special tokens included", WINDOW)

    mask_share: float = option(0.2, "fraction of the words to mask and predict", PART)
    case_weight: float = option(
        0.5, "loss weight of predicting the letter case of masked subwords", AT_LEAST_0
    )

    epochs: int = option(3, "number of passes over the tweets", ABOVE_0)
    max_steps: int = option(0, "number of optimizer steps, instead of epochs", AT_LEAST_0)
    minutes: float = option(
        0.0, "minutes to train, instead of epochs; the learning rate decays with time", AT_LEAST_0
    )
    batch_subwords: int = option(16_384, "subwords per batch and device, padding included", ABOVE_0)
    accumulation: int = option(1, "batches per optimizer step", ABOVE_0)
    learning_rate: float = option(4e-4, "peak learning rate", AT_LEAST_0)
    weight_decay: float = option(0.01, "AdamW weight decay", AT_LEAST_0)
    warmup: float = option(
        0.06, "fraction of the training in which the learning rate rises to its peak", FRACTION
    )
    max_grad_norm: float = option(1.0, "gradients are clipped to this norm", ABOVE_0)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "auto", "auto: bf16 or fp16 on a GPU, fp32 on a CPU; bf16 is faster on a recent CPU"
    )
    checkpoint_steps: int = option(
        500, "steps between checkpoints, and between measurements of the held-out loss", ABOVE_0
    )
    seed: int = option(42, "seed of the masks, of dropout and of the order of the batches", SEED)

    def __post_init__(self) -> None:
        """Check every value.

        Raises:
            ValueError: A value is out of range or contradicts another; the message names the key.
        """
        check_limits(self)
        both = self.max_steps > 0 and self.minutes > 0
        check(not both, "minutes", "0 where max_steps limits the training", self.minutes)
        longest = self.batch_subwords >= self.max_subwords
        check(longest, "batch_subwords", "at least max_subwords", self.batch_subwords)
