"""The rules for records of Twitter's API: where the text is, if it is whole, how it is encoded.

A record is known as Twitter's by the names of its fields. The records of API v1.1 and v2, of the
streams, of pages of search results and of a downloaded archive are understood.
"""

import re
from collections.abc import Mapping
from typing import Any

from tweetner.streams.paths import lookup

Fields = Mapping[str, Any]

TEXT_KEYS = ("text", "full_text")
WRAPPERS = ("data", "statuses", "tweet")
"""Keys under which a record may hold its tweet, or a page its tweets."""

TWEET_FIELDS = frozenset(
    {
        "conversation_id",
        "display_text_range",
        "edit_history_tweet_ids",
        "extended_tweet",
        "full_text",
        "id_str",
        "in_reply_to_status_id",
        "in_reply_to_user_id",
        "is_quote_status",
        "note_tweet",
        "possibly_sensitive",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
        "retweet_count",
        "retweeted_status",
    }
)
"""Fields that only Twitter's tweets have. `created_at`, `author_id` and `truncated` are also in our
own answers, whose text is already decoded, so they prove nothing."""
ENVELOPE_FIELDS = frozenset({"includes", "matching_rules", "meta"})
"""Fields that only Twitter has beside a tweet or a page of tweets."""
SEARCH_FIELDS = frozenset({"meta", "search_metadata"})
"""Fields of a page of search results, which may be empty."""

FULL_TEXTS = ("note_tweet.text", "extended_tweet.full_text", "full_text")
"""Paths of the whole text of a tweet whose `text` may be cut off."""
RETWEET_START = re.compile(r"RT @\w+: ")
ENCODED = re.compile("&(amp|lt|gt);")
DECODED = {"amp": "&", "lt": "<", "gt": ">"}


def page_of(record: Fields) -> tuple[str, list[Any]] | None:
    """Return the key and the tweets of a page of search results; None for any other record.

    >>> page_of({"data": [{"text": "a"}, {"text": "b"}], "meta": {"result_count": 2}})
    ('data', [{'text': 'a'}, {'text': 'b'}])
    """
    has_search_facts = not SEARCH_FIELDS.isdisjoint(record)
    for key in WRAPPERS:
        tweets = record.get(key)
        if isinstance(tweets, list) and (_objects(tweets) or has_search_facts):
            return key, tweets
    meta = record.get("meta")
    has_no_result = isinstance(meta, dict) and meta.get("result_count") == 0
    return ("data", []) if has_no_result else None


def inner_tweet(record: Fields) -> Fields | None:
    """Return the tweet that a record holds under one of the `WRAPPERS`."""
    for key in WRAPPERS:
        tweet = record.get(key)
        if isinstance(tweet, dict):
            return tweet
    return None


def is_twitters(record: Fields, tweet: Fields) -> bool:
    """Tell whether a tweet has Twitter's form; `record` is the tweet itself or what it is in."""
    if not TWEET_FIELDS.isdisjoint(tweet):
        return True
    return record is not tweet and not ENVELOPE_FIELDS.isdisjoint(record)


def whole_text(record: Fields, tweet: Fields, text: str) -> tuple[str, bool]:
    """Return the whole text of a tweet where the record has it, and whether the text is cut off.

    A retweet that is cut off gets the whole text of its original after its own `RT @name: `.

    Args:
        record: The record, for the tweets that it includes.
        tweet: The tweet in the record.
        text: The text that the tweet's own field holds.
    """
    found = [lookup(tweet, path) for path in FULL_TEXTS]
    longer = [value for value in found if isinstance(value, str)]
    if longer:
        text = longer[0]
    is_truncated = not longer and tweet.get("truncated") in (True, "true", "True")
    is_cut_retweet = text.endswith("…") and _is_retweet(tweet)
    original = _original(record, tweet)
    if original is None or not (is_cut_retweet or is_truncated):
        return text, is_truncated or is_cut_retweet
    start = RETWEET_START.match(text)
    whole, is_truncated = whole_text(record, original, original["text"])
    return (start.group() if start else "") + whole, is_truncated


def _is_retweet(tweet: Fields) -> bool:
    return "retweeted_status" in tweet or bool(_retweeted_ids(tweet))


def _retweeted_ids(tweet: Fields) -> list[object]:
    references = _objects(tweet.get("referenced_tweets"))
    return [reference.get("id") for reference in references if reference.get("type") == "retweeted"]


def _original(record: Fields, tweet: Fields) -> Fields | None:
    """Return the tweet that a retweet repeats, if the record holds it, with its text as `text`."""
    originals = _objects([tweet.get("retweeted_status")])
    wanted = _retweeted_ids(tweet)
    included = _objects(lookup(record, "includes.tweets")) if wanted else []
    originals += [other for other in included if other.get("id") in wanted]
    for original in originals:
        for key in TEXT_KEYS:
            if isinstance(original.get(key), str):
                return {**original, "text": original[key]}
    return None


def _objects(values: object) -> list[Fields]:
    if not isinstance(values, list):
        return []
    return [value for value in values if isinstance(value, dict)]


def decode_entities(text: str) -> str:
    """Decode the three signs that Twitter's API encodes, and no other HTML entity.

    >>> decode_entities("&lt;3 AT&amp;T &amp;lt; &#39;")
    '<3 AT&T &lt; &#39;'
    """
    return ENCODED.sub(lambda match: DECODED[match[1]], text) if "&" in text else text
