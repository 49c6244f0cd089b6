"""Argilla 2's JSON: `records.to_list()`, nested as `rg.Record` takes it, or flattened.

The span question is named `span_label`, and the text field `text`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tweetner.corpus.exchange.records import Record, by_tweet, record_of

QUESTION = "span_label"


def write(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return one record a tweet, with a response of each reviewer and the model's suggestion."""
    return [_nested(group) for group in by_tweet(records)]


def _nested(records: Sequence[Record]) -> dict[str, Any]:
    first = records[0]
    responses = []
    for record in records:
        value = _spans(record["entities"])
        user = record.get("reviewer", "")
        responses.append({"user_id": user, "value": value, "status": "submitted"})
    nested = {
        "id": str(first["id"]),
        "fields": {"text": first["text"]},
        "metadata": {"id": first["id"]},
        "responses": {QUESTION: responses},
    }
    if "before" in first:
        agent = f"{first.get('model')}@{first.get('revision')}"
        nested["suggestions"] = {QUESTION: {"value": _spans(first["before"]), "agent": agent}}
    return nested


def _spans(entities: Sequence[Record]) -> list[dict[str, Any]]:
    return [{"start": e["start"], "end": e["end"], "label": e["type"]} for e in entities]


def read(item: Record) -> Iterator[dict[str, Any]]:
    """Yield a record for each submitted response."""
    metadata = item.get("metadata") or {}
    id_ = metadata.get("id", item.get("id"))
    text = item["fields"].get("text") if "fields" in item else item.get("text")
    for user, status, value in _responses(item):
        if status in (None, "submitted") and value is not None:
            spans = [(span["label"], span["start"], span["end"]) for span in value]
            yield record_of(id_, text, spans, reviewer=user)


def _responses(item: Record) -> Iterator[tuple[object, object, Sequence[Record] | None]]:
    """Yield user, status and spans of each response; a discarded one may have no spans."""
    if "fields" in item:
        for response in (item.get("responses") or {}).get(QUESTION, []):
            yield response.get("user_id"), response.get("status"), response["value"]
        return
    name = f"{QUESTION}.responses"
    if name not in item and "_server_id" not in item:
        raise ValueError(f"expected an object of argilla, with fields or {name}")
    values = item.get(name) or []
    users = item.get(f"{name}.users") or [None] * len(values)
    statuses = item.get(f"{name}.status") or [None] * len(values)
    if not len(values) == len(users) == len(statuses):
        raise ValueError(f"expected a user and a status for each of {len(values)} responses")
    yield from zip(users, statuses, values, strict=True)
