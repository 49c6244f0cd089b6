"""Streams of tweets: records in, entities out, in order and in constant memory.

    {"id": 7, "text": "in NYC!"}
    {"id": 7, "entities": [{"type": "geo-loc", "text": "NYC", "start": 3, "end": 6, ...}]}

Each record gets one answer. One that cannot be read is answered in its place by
`{"id": ..., "error": "tweets.jsonl:3: expected ..."}`. Ids are copied. A record without an id gets
its number in the stream, from 1; if an id cannot be read, it is null.
"""

from tweetner.streams.compression import decompressed
from tweetner.streams.fields import Record, RecordOptions, parse_keep
from tweetner.streams.formats import Input
from tweetner.streams.inputs import INPUT_FORMATS, Source, find_inputs
from tweetner.streams.lines import Lines
from tweetner.streams.outputs import (
    OUTPUT_FORMATS,
    encode_row,
    open_output,
    output_format_of,
    refuse_inputs_as_output,
)
from tweetner.streams.paths import MISSING, lookup
from tweetner.streams.tagging import Tally, tag_stream

__all__ = [
    "INPUT_FORMATS",
    "MISSING",
    "OUTPUT_FORMATS",
    "Input",
    "Lines",
    "Record",
    "RecordOptions",
    "Source",
    "Tally",
    "decompressed",
    "encode_row",
    "find_inputs",
    "lookup",
    "open_output",
    "output_format_of",
    "parse_keep",
    "refuse_inputs_as_output",
    "tag_stream",
]
