"""Put tagged tweets into reading order.

First comes a random audit of what was accepted unread; then mentions of doubtful trends; then
tweets by expected entities times doubt, each normal form once a day before it comes again.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tweetner.review.queue import QueuedTweet

Order = Literal["expected", "doubt", "random"]

NormalForm = Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The options of filling a queue.

    Attributes:
        threshold: Entities that reach this score are accepted unread; None where no precision was
            certified.
        audit: Share of the tweets accepted unread that is read after all.
        blind: Share of the tweets that is shown without predictions.
        double: Share of the tweets that two reviewers read.
        order: `expected` (entities times doubt), `doubt` (least certain word), or `random`.
        trends: Normal forms whose trends are doubtful; tweets that name one are read early,
            whatever their scores.
        seed: Seed of everything that is drawn.
    """

    threshold: float | None = None
    audit: float = 0.05
    blind: float = 0.1
    double: float = 0.0
    order: Order = "expected"
    trends: frozenset[str] = frozenset()
    seed: int = 0


def arrange(
    tweets: Sequence[QueuedTweet], plan: Plan, normal_form: NormalForm
) -> list[QueuedTweet]:
    """Put tweets into reading order, with the reason of each; what is accepted unread comes last.

    Args:
        tweets: From `read_doubts`.
        plan: How the queue is filled.
        normal_form: The identity of an entity across tweets, as trends use it.
    """
    generator = random.Random(plan.seed)
    by_reason: dict[str, list[QueuedTweet]] = {
        reason: [] for reason in ("audit", "trend", "doubt", "accepted")
    }
    for tweet in tweets:
        reason, audited = "doubt", None
        if {normal_form(entity["text"]) for entity in tweet.entities} & plan.trends:
            reason = "trend"
        elif _is_accepted(tweet, plan.threshold):
            is_audited = generator.random() < plan.audit
            reason = "audit" if is_audited else "accepted"
            audited = generator.randrange(len(tweet.entities)) if is_audited else None
        by_reason[reason].append(replace(tweet, reason=reason, audited=audited))
    generator.shuffle(by_reason["audit"])
    generator.shuffle(by_reason["trend"])
    read = []
    for tweet in [*by_reason["trend"], *ordered(by_reason["doubt"], plan, normal_form)]:
        is_blind = generator.random() < plan.blind
        readings = 2 if generator.random() < plan.double else 1
        read.append(replace(tweet, blind=is_blind, readings=readings))
    return by_reason["audit"] + read + by_reason["accepted"]


def _is_accepted(tweet: QueuedTweet, threshold: float | None) -> bool:
    """Return whether nobody needs to read a tweet: it has entities, and all reach the threshold."""
    if threshold is None or not tweet.entities:
        return False
    return all(entity["score"] >= threshold for entity in tweet.entities)


def ordered(
    tweets: Sequence[QueuedTweet], plan: Plan, normal_form: NormalForm
) -> list[QueuedTweet]:
    """Sort tweets by the plan's order."""
    if plan.order == "random":
        return random.Random(plan.seed).sample(tweets, len(tweets))
    if plan.order == "doubt":
        return sorted(tweets, key=lambda tweet: tweet.certainty)
    seen: set[tuple[str, str]] = set()
    first: list[QueuedTweet] = []
    again: list[QueuedTweet] = []
    for tweet in sorted(tweets, key=_value, reverse=True):
        forms = {(tweet.day, normal_form(entity["text"])) for entity in tweet.entities}
        repeats = bool(forms) and forms <= seen
        (again if repeats else first).append(tweet)
        seen |= forms
    return first + again


def _value(tweet: QueuedTweet) -> float:
    """Return the expected number of words in entities, times the doubt about the worst word."""
    return sum(tweet.doubts) * (1 - tweet.certainty)
