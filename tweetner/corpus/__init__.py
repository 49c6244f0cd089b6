"""Corpora: CoNLL files ⇄ tweets ⇄ `datasets`; named corpora, splits, and the audit."""

from tweetner.corpus.audit import Audit, audit
from tweetner.corpus.conll import iter_conll, parse_conll, read_conll, write_conll
from tweetner.corpus.findings import audit_warnings, overlap_warnings
from tweetner.corpus.folders import FORMS, save_corpus
from tweetner.corpus.hf import from_dataset, to_dataset_dict
from tweetner.corpus.jsonl import RawTweet
from tweetner.corpus.sample import load_sample_texts
from tweetner.corpus.sources import load_corpus, load_run_splits, load_tweets
from tweetner.corpus.splits import notebook_split
from tweetner.corpus.tweets import Corpus, Tweet

__all__ = [
    "FORMS",
    "Audit",
    "Corpus",
    "RawTweet",
    "Tweet",
    "audit",
    "audit_warnings",
    "from_dataset",
    "iter_conll",
    "load_corpus",
    "load_run_splits",
    "load_sample_texts",
    "load_tweets",
    "notebook_split",
    "overlap_warnings",
    "parse_conll",
    "read_conll",
    "save_corpus",
    "to_dataset_dict",
    "write_conll",
]
