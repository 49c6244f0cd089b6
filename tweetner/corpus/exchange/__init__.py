"""Decisions in the formats of annotation tools, beside our own JSONL and CoNLL."""

from tweetner.corpus.exchange.files import EXCHANGE_FORMATS, write_decisions

__all__ = ["EXCHANGE_FORMATS", "write_decisions"]
