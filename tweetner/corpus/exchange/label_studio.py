"""Label Studio's JSON: tasks with annotations and predictions (labelstud.io/guide/export)."""

from collections.abc import Iterator, Sequence
from typing import Any

from tweetner.corpus.exchange.records import Record, by_tweet, record_of

CONTROL = {"from_name": "label", "to_name": "text", "type": "labels"}
"""The names in `<Labels name="label" toName="text">` and `<Text name="text" value="$text">`."""


def write(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return one task a tweet, with an annotation of each reviewer and the model's prediction."""
    return [_task(group) for group in by_tweet(records)]


def _task(records: Sequence[Record]) -> dict[str, Any]:
    first = records[0]
    text = first["text"]
    annotations = []
    for record in records:
        annotation = {
            "was_cancelled": False,
            "ground_truth": False,
            "completed_by": {"email": record.get("reviewer", "")},
            "created_at": record.get("at"),
            "lead_time": record.get("seconds"),
            "result": _regions(text, record["entities"]),
        }
        annotations.append(annotation)
    task: dict[str, Any] = {"data": {"text": text, "id": first["id"]}, "annotations": annotations}
    if "before" in first:
        model = f"{first.get('model')}@{first.get('revision')}"
        prediction = {"model_version": model, "result": _regions(text, first["before"])}
        task["predictions"] = [prediction]
    return task


def _regions(text: str, entities: Sequence[Record]) -> list[dict[str, Any]]:
    regions = []
    for number, entity in enumerate(entities):
        start, end = entity["start"], entity["end"]
        value = {"start": start, "end": end, "text": text[start:end], "labels": [entity["type"]]}
        region = {"id": f"e{number}", **CONTROL, "value": value}
        if "score" in entity:
            region["score"] = entity["score"]
        regions.append(region)
    return regions


def read(task: Record) -> Iterator[dict[str, Any]]:
    """Yield a record for each annotation of a task that was not cancelled."""
    data = task["data"]
    for annotation in task.get("annotations") or task.get("completions") or []:
        if annotation.get("was_cancelled"):
            continue
        spans = []
        quotes = []
        for region in annotation["result"]:
            kind = region.get("type", "")
            if kind == "labels":
                value = region["value"]
                spans.append((*value["labels"], value["start"], value["end"]))
                quotes.append(value.get("text"))
            elif kind.endswith("labels"):
                raise ValueError(f"expected regions of the type labels, got {kind}")
        by = annotation.get("completed_by")
        reviewer = by.get("email", by.get("id")) if isinstance(by, dict) else by
        id_ = data.get("id", task.get("id"))
        yield record_of(
            id_,
            data.get("text"),
            spans,
            quotes,
            reviewer=reviewer,
            at=annotation.get("created_at"),
            seconds=annotation.get("lead_time"),
        )
