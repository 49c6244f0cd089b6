"""The tweets that a model's run used, found again by their content."""

import logging
from collections.abc import Mapping, Sequence

from tweetner.corpus import (
    NAMES,
    Corpus,
    DevSets,
    ReadOptions,
    Tweet,
    content_hash,
    divide_dev,
    load_corpus,
    notebook_split,
    parse_source,
    reading_options,
    split_files,
)
from tweetner.evaluation.pairs import Words
from tweetner.hub import ModelFolder

logger = logging.getLogger(__name__)


def training_corpus(
    folder: ModelFolder, types: Sequence[str], *, candidates: Sequence[str] = ()
) -> Corpus:
    """Load the corpus that a model was trained on.

    A model keeps the content hash of each split, so the corpus is found under another path, and
    another corpus under the same path is not taken for it. For a model without hashes, the path
    that its run names decides.

    Args:
        folder: The model.
        types: The types of the model.
        candidates: Other places to look at, as `load_corpus` takes them; a split is ignored.

    Raises:
        ValueError: The model does not name its corpus, or the corpus is not here; says why.
    """
    run, expected = folder.run, folder.metrics.corpus_sha256
    if run.data is None:
        raise ValueError("the model does not say what it was trained on")
    reading = reading_options(run)
    reading["types"] = types
    try:
        corpus = load_corpus(run.data, files=split_files(run), **reading)
        if not {"train", "dev"} <= set(corpus.splits):
            raise ValueError(f"{run.data}: expected train and dev, got {', '.join(corpus.splits)}")
        if not expected or _has_content(corpus, expected):
            return corpus
        reason = f"{run.data} has other words or tags than the corpus that the model was trained on"
    except (ValueError, OSError) as error:
        reason = str(error)
    for candidate in dict.fromkeys([*candidates, *NAMES]) if expected else ():
        try:
            source, _ = parse_source(candidate)
            how = ReadOptions(types=types) if source in NAMES else reading
            corpus = load_corpus(source, **how)
        except (ValueError, OSError):
            continue  # not even a corpus of these types
        if _has_content(corpus, expected or {}):
            return corpus
    raise ValueError(reason)


def _has_content(corpus: Corpus, expected: Mapping[str, str]) -> bool:
    """Return whether a corpus has every split that a model was trained on, word for word."""
    return all(
        split in corpus.splits and content_hash(corpus.splits[split]) == digest
        for split, digest in expected.items()
    )


def fitted_tweets(
    folder: ModelFolder, split: str, types: Sequence[str], *, candidates: Sequence[str] = ()
) -> list[Tweet]:
    """Load the tweets that a model was trained on (`train`) or selected and calibrated on (`dev`).

    Where they cannot be found, the result is empty and a warning is logged. The arguments are those
    of `training_corpus`.
    """
    run = folder.run
    if run.data is None:
        return []
    try:
        corpus = training_corpus(folder, types, candidates=candidates)
    except (ValueError, OSError) as error:
        logger.warning("warning: what the model was fitted on is not here: %s", error)
        return []
    splits = _run_splits(folder, corpus)
    if split == "train":
        return splits["train"] + (splits["dev"] if run.folds else [])
    dev_sets = divide_dev(corpus, splits, split=run.split, share=run.threshold_share)
    return list(dict.fromkeys(dev_sets.selection + dev_sets.calibration))


def held_out_sets(folder: ModelFolder, types: Sequence[str]) -> tuple[list[Tweet], DevSets]:
    """Load the tweets that a model was trained on, and the sets of dev, one of them held out.

    Raises:
        ValueError: The corpus is not here, or the model's run held out no tweets.
    """
    corpus = training_corpus(folder, types)
    splits = _run_splits(folder, corpus)
    share = 0.0 if folder.run.folds else folder.run.threshold_share
    dev_sets = divide_dev(corpus, splits, split=folder.run.split, share=share)
    if not dev_sets.held_out:
        raise ValueError(
            f"{folder}: expected a model whose run held out a part of dev and trained on none of "
            f"it, got folds {folder.run.folds} and threshold_share {folder.run.threshold_share}"
        )
    return splits["train"], dev_sets


def _run_splits(folder: ModelFolder, corpus: Corpus) -> dict[str, list[Tweet]]:
    """Return train and dev as the model's run split them."""
    splits = {name: list(corpus.splits[name]) for name in ("train", "dev")}
    if folder.run.split == "notebook":
        splits["train"], splits["dev"] = notebook_split(splits["train"])
    return splits


def n_shared(words: Words, others: Sequence[Tweet]) -> int:
    """Count the tweets of words that also occur among other tweets, word for word."""
    known = {tweet.words for tweet in others}
    return sum(tuple(tweet) in known for tweet in words)
