"""The two types of every corpus: tweets, and the named splits that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass

from tweetner.tags import Entity, tags_to_entities


@dataclass(frozen=True, slots=True)
class Tweet:
    """A sequence of words, with one tag per word when annotated.

    Raises:
        ValueError: The numbers of tags and words differ.
    """

    id: str
    words: tuple[str, ...]
    tags: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.tags is not None and len(self.tags) != len(self.words):
            raise ValueError(
                f"tweet {self.id!r}: expected one tag a word, "
                f"got {len(self.words)} words and {len(self.tags)} tags"
            )

    @property
    def gold(self) -> tuple[str, ...]:
        """The tags of a tweet that must be annotated.

        Raises:
            ValueError: The tweet has no tags.
        """
        if self.tags is None:
            raise ValueError(f"tweet {self.id!r}: expected tags, got words alone")
        return self.tags

    @property
    def has_entity(self) -> bool:
        """True if any word is tagged."""
        return any(tag != "O" for tag in self.gold)

    @property
    def entities(self) -> list[Entity]:
        """The annotated entities, in words."""
        return tags_to_entities(self.gold)


@dataclass(frozen=True)
class Corpus:
    """Annotated tweets in named splits, and the declared types of their entities."""

    name: str
    types: tuple[str, ...]
    splits: dict[str, list[Tweet]]


def count(tweets: Sequence[Tweet]) -> dict[str, int]:
    """Count the tweets, words and entities of a split, for the model card."""
    return {
        "tweets": len(tweets),
        "words": sum(len(tweet.words) for tweet in tweets),
        "entities": sum(len(tweet.entities) for tweet in tweets),
    }
