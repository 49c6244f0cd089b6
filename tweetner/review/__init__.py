"""The moderation workflow: a queue of doubtful tweets, a page, and a check of the promise.

tweetner review fill MODEL tagged.jsonl q.db
tweetner review serve q.db
tweetner review export q.db jsonl decisions.jsonl
"""

from tweetner.review.audit import (
    FALSE_ALARMS,
    Audit,
    audit,
    confidence_sequence,
    evidence_against,
    queue_audit,
)
from tweetner.review.exporting import FORMATS, export_decisions
from tweetner.review.filling import Candidate, Filled, Plan, arrange, fill_queue, read_doubts
from tweetner.review.headers import HEADERS
from tweetner.review.queue import Effort, Progress, Queue, QueuedTweet

__all__ = [
    "FALSE_ALARMS",
    "FORMATS",
    "HEADERS",
    "Audit",
    "Candidate",
    "Effort",
    "Filled",
    "Plan",
    "Progress",
    "Queue",
    "QueuedTweet",
    "arrange",
    "audit",
    "confidence_sequence",
    "evidence_against",
    "export_decisions",
    "fill_queue",
    "queue_audit",
    "read_doubts",
]
