"""doccano's JSONL: `label` as lists, or `entities` of projects with relations.

doccano gives ids of its own; other fields come back as they were, so `tweet_id` keeps ours.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tweetner.corpus.exchange.records import Record, record_of


def write(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return one line a record."""
    lines = []
    for number, record in enumerate(records, start=1):
        label = [[entity["start"], entity["end"], entity["type"]] for entity in record["entities"]]
        line = {"id": number, "text": record["text"], "label": label, "Comments": []}
        line["tweet_id"] = record["id"]
        if "reviewer" in record:
            line["reviewer"] = record["reviewer"]
        lines.append(line)
    return lines


def read(line: Record) -> Iterator[dict[str, Any]]:
    """Yield the record of a line in either form."""
    if "entities" in line:
        spans = [(e["label"], e["start_offset"], e["end_offset"]) for e in line["entities"]]
    else:
        label = [[*span] for span in (line["label"] if "label" in line else line["labels"])]
        spans = [(*span[2:], *span[:2]) for span in label]
    id_ = line.get("tweet_id", line.get("id"))
    yield record_of(id_, line.get("text", line.get("data")), spans, reviewer=line.get("reviewer"))
