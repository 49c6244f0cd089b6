"""The normalizer's own steps: line breaks become full stops, and names and URLs lose their tails.

The splitter runs on what the normalizer leaves, so a word must stay a word of its own.
"""

from functools import cache
from typing import Any

from tokenizers import Regex, normalizers

from tweetner.tokenization.splitting import LINE_BREAK, LINE_BREAK_WORD, SCHEME, URL_TAIL

# How the patterns below, and those of earlier versions, begin.
_MENTION = r"(?<=\W[@＠]|^[@＠])"
_AFTER_HTTP = r"(?i)(?<=http)s?://"
_AFTER_WWW = r"(?i)(?<=\Wwww|^www)\."
_BEFORE_URL = rf"(?<=\S)(?={SCHEME})"

_LINE_BREAKS = ((LINE_BREAK, f" {LINE_BREAK_WORD} "),)

# Deleting tails keeps the offsets of the rest; replacing whole words would not. No match contains
# white space or depends on text beyond white space.
_SHORTENED = (
    (_BEFORE_URL, " "),  # a URL is no part of the text before it
    (rf"{_MENTION}\w+", ""),
    (_AFTER_HTTP + URL_TAIL, " "),
    (_AFTER_WWW + URL_TAIL, " "),
)


def tweet_steps(*, normalize: bool) -> list[normalizers.Normalizer]:
    """Build the steps that come before those of a pretrained tokenizer.

    Args:
        normalize: Shorten `@name` to `@` and URLs to `http`.
    """
    steps = _LINE_BREAKS + (_SHORTENED if normalize else ())
    return [normalizers.Replace(Regex(pattern), content) for pattern, content in steps]


def is_shortened(word: str) -> bool:
    """Return whether normalizing deletes a part of a word: an @name or a URL.

    >>> [is_shortened(word) for word in ("@nike", "http://x.org", "@", "Nike")]
    [True, True, False, False]
    """
    return len(_shortening().normalize_str(word)) < len(word)


@cache
def _shortening() -> normalizers.Normalizer:
    return normalizers.Sequence(tweet_steps(normalize=True))


def is_tweet_step(step: dict[str, Any]) -> bool:
    """Return whether a step of a saved normalizer is one of `tweet_steps`, of any version."""
    if step["type"] != "Replace":
        return False
    begins = (LINE_BREAK, _MENTION, _AFTER_HTTP, _AFTER_WWW, _BEFORE_URL)
    return str(step["pattern"].get("Regex")).startswith(begins)
