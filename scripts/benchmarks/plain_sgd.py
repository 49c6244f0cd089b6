"""Compute the notebook's features the plain way, one dict a word, for tests and benchmarks."""

from collections.abc import Sequence


def plain_features(tweets: Sequence[Sequence[str]]) -> list[dict[str, str | bool]]:
    """Return the 14 features of every word, as scikit-learn's `DictVectorizer` reads them."""
    return [word_features(words, place) for words in tweets for place in range(len(words))]


def word_features(words: Sequence[str], place: int) -> dict[str, str | bool]:
    """Return the 14 features of one word of a tweet."""
    word, lower = words[place], words[place].lower()
    return {
        "tok": word,
        "tok_lower": lower,
        "is_upper": word.isupper(),
        "is_title": word.istitle(),
        "is_digit": word.isdigit(),
        "prefix1": word[:1],
        "prefix2": word[:2],
        "suffix1": word[-1:],
        "suffix2": word[-2:],
        "prev_lower": (words[place - 1] if place else "<START>").lower(),
        "next_lower": (words[place + 1] if place + 1 < len(words) else "<END>").lower(),
        "has_hash": "#" in word,
        "has_at": "@" in word,
        "has_url_hint": "http" in lower or "www" in lower,
    }
