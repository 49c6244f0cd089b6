"""The moderation workflow: a queue of doubtful tweets, a page, and a check of the promise.

tweetner review fill MODEL tagged.jsonl q.db
tweetner review serve q.db
tweetner review export q.db jsonl decisions.jsonl
"""

from tweetner.review.audit import Audit, audit, queue_audit
from tweetner.review.decisions import (
    Agreement,
    Progress,
    agreements_of,
    audited_entities,
    decisions_of,
    progress_of,
)
from tweetner.review.filling import fill_queue, read_doubts
from tweetner.review.importing import import_decisions
from tweetner.review.order import Plan, arrange
from tweetner.review.queue import Queue, QueuedTweet, Verdict

__all__ = [
    "Agreement",
    "Audit",
    "Plan",
    "Progress",
    "Queue",
    "QueuedTweet",
    "Verdict",
    "agreements_of",
    "arrange",
    "audit",
    "audited_entities",
    "decisions_of",
    "fill_queue",
    "import_decisions",
    "progress_of",
    "queue_audit",
    "read_doubts",
]
