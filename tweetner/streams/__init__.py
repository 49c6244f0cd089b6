"""Streams of tweets: records in → entities out, in order, in constant memory, one out for each one in.

    {"id": 7, "text": "in NYC!"}  →  {"id": 7, "entities": [{"type": "geo-loc", "text": "NYC", "start": 3, ...}]}

A record that cannot be read is answered in its place by `{"id": ..., "error": "tweets.jsonl:3: expected ..."}`. Ids are
copied; where a record has none, its id is its number in the stream, from 1; where an id cannot be read, it is null.
"""

from tweetner.streams.formats import EXTENSIONS, Input
from tweetner.streams.inputs import INPUT_FORMATS, Source, find_inputs
from tweetner.streams.outputs import (
    OUTPUT_FORMATS,
    open_output,
    output_format_of,
    refuse_inputs_as_output,
)
from tweetner.streams.tagging import Tally, tag_stream

__all__ = [
    "EXTENSIONS",
    "INPUT_FORMATS",
    "OUTPUT_FORMATS",
    "Input",
    "Source",
    "Tally",
    "find_inputs",
    "open_output",
    "output_format_of",
    "refuse_inputs_as_output",
    "tag_stream",
]
