"""Prodigy's JSONL of `ner.manual` (prodi.gy/docs/api-interfaces#ner_manual).

Only an accepted answer of the manual view says all entities of a text. Other answers are left out.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tweetner.corpus.exchange.records import Record, record_of
from tweetner.corpus.spans import words_covered


def write(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return one accepted task a record, with our words as tokens."""
    return [_task(record) for record in records]


def _task(record: Record) -> dict[str, Any]:
    text, words = record["text"], record["words"]
    tokens = []
    for number, (start, end) in enumerate(words):
        has_space = text[end : end + 1] == " "
        token = {"text": text[start:end], "start": start, "end": end, "id": number, "ws": has_space}
        tokens.append(token)
    spans = []
    for entity in record["entities"]:
        first, after = words_covered(entity, words) or (0, 0)
        span = {"start": entity["start"], "end": entity["end"], "label": entity["type"]}
        spans.append({**span, "token_start": first, "token_end": after - 1})
    task = {"text": text, "tokens": tokens, "spans": spans, "meta": {"id": record["id"]}}
    task |= {"answer": "accept", "_view_id": "ner_manual"}
    if "reviewer" in record:
        task["_session_id"] = record["reviewer"]
    return task


def read(task: Record) -> Iterator[dict[str, Any]]:
    """Yield the record of an accepted task of the manual view."""
    if task.get("answer", "accept") != "accept" or task.get("_view_id") not in (None, "ner_manual"):
        return
    spans = [(span["label"], span["start"], span["end"]) for span in task["spans"]]
    tokens = None
    if "tokens" in task:
        tokens = [(token["text"], token["start"], token["end"]) for token in task["tokens"]]
    id_ = (task.get("meta") or {}).get("id", task.get("id", task.get("_input_hash")))
    reviewer = task.get("_annotator_id", task.get("_session_id"))
    yield record_of(id_, task.get("text"), spans, tokens=tokens, reviewer=reviewer)
