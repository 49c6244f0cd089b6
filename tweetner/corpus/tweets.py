"""What a corpus is made of: tweets, and the splits that hold them."""

from dataclasses import dataclass


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
