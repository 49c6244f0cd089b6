"""Corpora: files ⇄ tweets ⇄ `datasets`; named corpora, splits, content hashes, audit and facts."""

from tweetner.corpus.audit import (
    CASES,
    TRAIN,
    Audit,
    Overlap,
    Shared,
    audit,
    audit_warnings,
    letter_case,
    overlap_warnings,
)
from tweetner.corpus.conll import format_tweet, parse_conll, read_conll, write_conll
from tweetner.corpus.corrections import Corrections, merge_corrections
from tweetner.corpus.decisions import Decision, corrected, read_decisions
from tweetner.corpus.exchange.files import (
    EXCHANGE_FORMATS,
    read_annotations,
    record_of_tweet,
    write_annotations,
)
from tweetner.corpus.facts import Facts, LengthBin, Lengths, Name, SplitFacts, explore
from tweetner.corpus.fingerprint import content_hash, content_hashes
from tweetner.corpus.folders import FORMS, save_corpus
from tweetner.corpus.hf import from_dataset, to_dataset_dict
from tweetner.corpus.jsonl import RawTweet, read_records
from tweetner.corpus.reading import (
    EMPTY_WORDS,
    Reading,
    ReadOptions,
    add_inside_words_options,
    add_reading_options,
    reading_options,
    split_files,
)
from tweetner.corpus.sample import load_sample_texts
from tweetner.corpus.sources import (
    NAMES,
    corpus_label,
    load_corpus,
    load_run_splits,
    load_tweets,
    parse_source,
)
from tweetner.corpus.spans import InsideWords, fit_to_words
from tweetner.corpus.splits import DevSets, divide_dev, hash_fraction, notebook_split
from tweetner.corpus.tweets import Corpus, Tweet, count

__all__ = [
    "CASES",
    "EMPTY_WORDS",
    "EXCHANGE_FORMATS",
    "FORMS",
    "NAMES",
    "TRAIN",
    "Audit",
    "Corpus",
    "Corrections",
    "Decision",
    "DevSets",
    "Facts",
    "InsideWords",
    "LengthBin",
    "Lengths",
    "Name",
    "Overlap",
    "RawTweet",
    "ReadOptions",
    "Reading",
    "Shared",
    "SplitFacts",
    "Tweet",
    "add_inside_words_options",
    "add_reading_options",
    "audit",
    "audit_warnings",
    "content_hash",
    "content_hashes",
    "corpus_label",
    "corrected",
    "count",
    "divide_dev",
    "explore",
    "fit_to_words",
    "format_tweet",
    "from_dataset",
    "hash_fraction",
    "letter_case",
    "load_corpus",
    "load_run_splits",
    "load_sample_texts",
    "load_tweets",
    "merge_corrections",
    "notebook_split",
    "overlap_warnings",
    "parse_conll",
    "parse_source",
    "read_annotations",
    "read_conll",
    "read_decisions",
    "read_records",
    "reading_options",
    "record_of_tweet",
    "save_corpus",
    "split_files",
    "to_dataset_dict",
    "write_annotations",
    "write_conll",
]
