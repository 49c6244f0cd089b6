"""What a corpus is made of: tweets, and the splits that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tweetner.tags import tags_to_entities


@dataclass(frozen=True, slots=True)
class Tweet:
    """A sequence of words, with one tag a word when annotated.

    Raises:
        ValueError: There are more or fewer tags than words.
    """

    id: str
    words: tuple[str, ...]
    tags: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.tags is not None and len(self.tags) != len(self.words):
            raise ValueError(
                f"tweet {self.id!r}: expected one tag a word, got {len(self.words)} words and {len(self.tags)} tags"
            )

    @property
    def gold(self) -> tuple[str, ...]:
        """The tags of a tweet that must be annotated.

        Raises:
            ValueError: It is not.
        """
        if self.tags is None:
            raise ValueError(f"tweet {self.id!r}: expected tags, got words alone")
        return self.tags


@dataclass(frozen=True)
class Corpus:
    """Annotated tweets in named splits, and the declared types of their entities."""

    name: str
    types: tuple[str, ...]
    splits: dict[str, list[Tweet]]


def count(tweets: Sequence[Tweet]) -> dict[str, int]:
    """The counts of a split that a card gives."""
    return {
        "tweets": len(tweets),
        "words": sum(len(tweet.words) for tweet in tweets),
        "entities": sum(len(tags_to_entities(tweet.gold)) for tweet in tweets),
    }
