"""Decide which tagged tweets a person reads, and in which order.

Order of reading: a random audit of what was accepted unread; mentions of doubtful trends; then
tweets by expected entities times doubt, each normal form once a day before it comes again.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tweetner.hub import ModelFolder
from tweetner.review.queue import Entities, Queue, QueuedTweet
from tweetner.tagger import Offsets, TaggedTweet, Tagger
from tweetner.tags import types_of

Order = Literal["expected", "doubt", "random"]
TOGETHER = 1024

NormalForm = Callable[[str], str]
Span = tuple[str, int, int]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The options of filling a queue.

    Attributes:
        threshold: Entities that reach this score are accepted unread; None where no precision was
            certified.
        audit: Share of the tweets accepted unread that is read after all.
        blind: Share of the tweets that is shown without predictions.
        order: `expected` (entities times doubt), `doubt` (least certain word), or `random`.
        trends: Normal forms whose trends are doubtful; tweets that name one are read early.
        seed: Seed of everything that is drawn.
    """

    threshold: float | None = None
    audit: float = 0.05
    blind: float = 0.1
    order: Order = "expected"
    trends: frozenset[str] = frozenset()
    seed: int = 0


@dataclass(frozen=True)
class Candidate:
    """A tagged tweet with what the model says about each word.

    Attributes:
        record: The tagged record: `id`, `text`, `entities`, and what else it holds.
        words: Start and end of each word, in code points.
        doubts: For each word the probability that it belongs to an entity.
        certainty: Probability of the tag of the least certain word.
        changed: Whether the model now gives other entities than the record has.
    """

    record: Mapping[str, Any]
    words: Sequence[tuple[int, int]]
    doubts: Sequence[float]
    certainty: float
    changed: bool

    @property
    def value(self) -> float:
        """Expected number of words in entities, times the doubt about the least certain word."""
        return float(sum(self.doubts)) * (1 - self.certainty)

    @property
    def day(self) -> str:
        """The day of the tweet, empty without a time."""
        return str(self.record.get("created_at", ""))[:10]


def read_doubts(tagger: Tagger, records: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    """Run the model again over tagged records, for the probability of `O` at every word.

    Raises:
        ValueError: A record has no text or no entities.
    """
    candidates = []
    for first in range(0, len(records), TOGETHER):
        chunk = records[first : first + TOGETHER]
        for record in chunk:
            _check(record)
        words = [tagger.split(record["text"]) for record in chunk]
        texts = []
        for record, at in zip(chunk, words, strict=True):
            texts.append([record["text"][start:end] for start, end in at])
        outside = tagger.labels.index("O")
        answers = tagger.tag_words(texts, probabilities=True)
        for record, at, answer in zip(chunk, words, answers, strict=True):
            assert answer.probabilities is not None
            doubts = (1 - answer.probabilities[:, outside]).tolist()
            changed = _predicted(answer, at) != _recorded(record["entities"])
            certainty = min(answer.scores, default=1.0)
            candidates.append(Candidate(record, at, doubts, certainty, changed))
    return candidates


def arrange(
    candidates: Sequence[Candidate], plan: Plan, normal_form: NormalForm
) -> list[QueuedTweet]:
    """Put tagged tweets into reading order; what is accepted unread comes last.

    Args:
        candidates: From `read_doubts`.
        plan: How the queue is filled.
        normal_form: The identity of an entity across tweets, as trends use it.
    """
    generator = random.Random(plan.seed)
    audit: list[QueuedTweet] = []
    accepted: list[QueuedTweet] = []
    trends: list[Candidate] = []
    others: list[Candidate] = []
    for candidate in candidates:
        entities = candidate.record["entities"]
        if _is_accepted(entities, plan.threshold):
            chosen = generator.random() < plan.audit
            index = generator.randrange(len(entities))
            reason = "audit" if chosen else "accepted"
            target = audit if chosen else accepted
            target.append(_queued(candidate, reason, audited=index if chosen else None))
        elif {normal_form(entity["text"]) for entity in entities} & plan.trends:
            trends.append(candidate)
        else:
            others.append(candidate)
    generator.shuffle(audit)
    generator.shuffle(trends)
    read = [_queued(candidate, "trend") for candidate in trends]
    read += [_queued(candidate, "doubt") for candidate in _ordered(others, plan, normal_form)]
    read = [replace(tweet, blind=generator.random() < plan.blind) for tweet in read]
    return audit + read + accepted


def _ordered(
    candidates: Sequence[Candidate], plan: Plan, normal_form: NormalForm
) -> list[Candidate]:
    if plan.order == "random":
        shuffled = list(candidates)
        random.Random(plan.seed).shuffle(shuffled)
        return shuffled
    if plan.order == "doubt":
        return sorted(candidates, key=lambda candidate: candidate.certainty)
    ranked = sorted(candidates, key=lambda candidate: -candidate.value)
    seen: set[tuple[str, str]] = set()
    first: list[Candidate] = []
    again: list[Candidate] = []
    for candidate in ranked:
        forms = {
            (candidate.day, normal_form(entity["text"])) for entity in candidate.record["entities"]
        }
        repeats = bool(forms) and forms <= seen
        (again if repeats else first).append(candidate)
        seen |= forms
    return first + again


def _is_accepted(entities: Entities, threshold: float | None) -> bool:
    """Return whether nobody needs to read a tweet: it has entities, and all reach the threshold."""
    if threshold is None or not entities:
        return False
    return all(entity["score"] >= threshold for entity in entities)


def _queued(candidate: Candidate, reason: str, audited: int | None = None) -> QueuedTweet:
    record = candidate.record
    return QueuedTweet(
        record["id"],
        record["text"],
        candidate.words,
        candidate.doubts,
        list(record["entities"]),
        reason,
        audited,
    )


def _check(record: Mapping[str, Any]) -> None:
    if not isinstance(record.get("text"), str):
        raise ValueError(f"record {record.get('id')!r}: expected its text; tag with `--keep text`")
    if not isinstance(record.get("entities"), list):
        raise ValueError(
            f"record {record.get('id')!r}: expected entities, as `tweetner tag` writes"
        )


def _recorded(entities: Iterable[Mapping[str, Any]]) -> set[Span]:
    return {(entity["type"], entity["start"], entity["end"]) for entity in entities}


def _predicted(answer: TaggedTweet, at: Offsets) -> set[Span]:
    """Return the entities of tagged words in characters, given where the words stand."""
    entities = [entity for entity, _ in answer.entities]
    return {(entity.type, at[entity.start][0], at[entity.end - 1][1]) for entity in entities}


@dataclass(frozen=True)
class Filled:
    """Counts of a filled queue.

    Attributes:
        n_tweets: Tagged tweets.
        n_waiting: Tweets that wait for a reviewer.
        n_audited: Waiting tweets that were drawn from what is accepted unread.
        n_accepted: Tweets accepted unread.
        n_changed: Tweets to which the model now gives other entities than the record has.
    """

    n_tweets: int
    n_waiting: int
    n_audited: int
    n_accepted: int
    n_changed: int


def fill_queue(
    path: str | Path,
    model: ModelFolder,
    tagger: Tagger,
    records: Iterable[Mapping[str, Any]],
    *,
    name: str,
    precision: float | None,
    plan: Plan,
    normal_form: NormalForm,
) -> Filled:
    """Make a review queue from tagged tweets.

    Args:
        path: The file to make.
        model: The folder of the model that tagged them.
        tagger: The tagger of that model.
        records: Tagged records with `id`, `text` and `entities`.
        name: The model's name, for the decisions.
        precision: The promised precision of what is accepted unread; None accepts nothing unread.
        plan: How the queue is filled; its threshold is set from the model.
        normal_form: The identity of an entity across tweets.

    Raises:
        ValueError: A record lacks its text or entities, an id comes twice, the file is there
            already, or the precision is not certified for the model.
    """
    threshold = None
    if precision is not None:
        threshold = model.metrics.min_score(precision, tagger.decoder)
    candidates = read_doubts(tagger, list(records))
    tweets = arrange(candidates, replace(plan, threshold=threshold), normal_form)
    facts = {
        "model": name,
        "revision": model.revision,
        "types": types_of(tagger.labels),
        "precision": precision,
        "threshold": threshold,
    }
    Queue.create(path, facts).add(tweets)
    reasons = Counter(tweet.reason for tweet in tweets)
    return Filled(
        len(tweets),
        len(tweets) - reasons["accepted"],
        reasons["audit"],
        reasons["accepted"],
        sum(candidate.changed for candidate in candidates),
    )
