"""Find the tweets that repeat evaluation text, so that nothing is learnt from it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import unescape
from typing import Literal

from tweetner.corpus import load_tweets

N_SHARED = 40
"""Characters in a row, white space included, that no tweet may share with evaluation text."""
N_SHORTEST = N_SHARED // 2
"""The fewest characters that are left of `N_SHARED` without white space (single spaces)."""
N_BLOCK = N_SHORTEST // 2
"""Any `N_SHORTEST` characters contain a block of this length that starts at a multiple of it."""

Reason = Literal["equal", "shared"]


class ExcludedText:
    """Evaluation tweets, indexed by the pieces of their text.

    Letter case and white space are ignored, because corpora put spaces around punctuation, and HTML
    entities are decoded.

    Args:
        tweets: The texts of evaluation tweets.

    >>> excluded = ExcludedText(["just landed in New York , it is colder than I thought"])
    >>> excluded.find("Just landed in New York, it is colder than I thought")
    'equal'
    >>> excluded.find("RT @bob: just landed in New York, it is colder than I expected")
    'shared'
    >>> excluded.find("just landed in New York")
    """

    def __init__(self, tweets: Iterable[str]) -> None:
        self._whole: set[str] = set()
        self._blocks: set[str] = set()
        self._shortest: set[str] = set()
        self._pieces: dict[int, set[str]] = defaultdict(set)  # length -> squeezed pieces
        for tweet in tweets:
            self._add(tweet)

    def _add(self, tweet: str) -> None:
        spaced = " ".join(unescape(tweet).casefold().split())
        whole = squeeze(tweet)
        self._whole.add(whole)
        self._blocks.update(_windows(whole, N_BLOCK))
        self._shortest.update(_windows(whole, N_SHORTEST))
        for window in _windows(spaced, N_SHARED):
            piece = window.replace(" ", "")
            self._pieces[len(piece)].add(piece)

    def find(self, tweet: str) -> Reason | None:
        """Say why a tweet must be left out, or return None."""
        text = squeeze(tweet)
        if text in self._whole:
            return "equal"
        # nearly all tweets are cleared by looking at a few blocks, most others by their windows
        blocks = [text[i : i + N_BLOCK] for i in range(0, len(text) - N_BLOCK + 1, N_BLOCK)]
        if self._blocks.isdisjoint(blocks):
            return None
        if self._shortest.isdisjoint(_windows(text, N_SHORTEST)):
            return None
        for length, pieces in self._pieces.items():
            if not pieces.isdisjoint(_windows(text, length)):
                return "shared"
        return None


def load_excluded(sources: Sequence[str]) -> ExcludedText:
    """Load evaluation splits, such as `wnut16:test`.

    Raises:
        ValueError: A split does not exist or cannot be read.
    """
    tweets = [tweet for source in sources for tweet in load_tweets(source)]
    return ExcludedText(" ".join(tweet.words) for tweet in tweets)


def squeeze(text: str) -> str:
    """Return a text without white space, letter case and HTML entities."""
    return "".join(unescape(text).casefold().split())


def _windows(text: str, length: int) -> list[str]:
    return [text[i : i + length] for i in range(len(text) - length + 1)]
