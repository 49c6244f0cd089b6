"""The tags of a corpus as they are written → IOB2 tags of declared types, for every file format."""

import logging
import re
import shlex
from collections.abc import Sequence
from sys import intern
from unicodedata import category, name

from tweetner.corpus.reading import PLACEHOLDER, Reading
from tweetner.corpus.tweets import Tweet
from tweetner.tags import (
    WNUT16_TYPES,
    Entity,
    check_tag,
    entities_to_tags,
    is_continued,
    tags_to_entities,
    to_iob2,
)

logger = logging.getLogger(__name__)

IOB1_STARTS = 3
IOB1_SHARE = 0.8
"""The least number and share of entities that begin with `I-` in a file that looks like IOB1."""

SEVERAL_TAGS = re.compile(r"[BIESLUM]-[^,;|]+([,;|]\s*([BIESLUM]-[^,;|]+|O))+")


class UndeclaredTypeError(ValueError):
    """Tags have types that were not declared.

    Attributes:
        refusal: The message without the options that declare or rename the types.
    """

    def __init__(self, refusal: str, way_on: str) -> None:
        super().__init__(refusal + way_on)
        self.refusal = refusal


class TagReader:
    """Reads the tags of one corpus, split by split.

    Call `read_tweet` for each tweet (or `check` for each new tag, then `read`), and `finish` after
    each file. After an undeclared type no tweet is read: the files are only searched for more.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.checked: set[str] = {"O"}
        self.undeclared = ""  # the refusal of the first undeclared type
        self._declared = dict.fromkeys(reading.declared)
        self._map = reading.type_map()
        self._unused_rules = dict(self._map)
        self._occurring: dict[str, None] = {}  # types in the order of their appearance
        self._reset()

    def _reset(self) -> None:
        self._n_inside_starts = 0  # entities that begin with I-
        self._n_proper_starts = 0  # entities whose B- would be wrong in IOB1
        self._n_empty = 0
        self._n_grown = 0
        self._n_left_out = 0

    def count_fitted(self, n_grown: int | None) -> None:
        """Count the entities of a tweet that were grown to whole words; None: it was left out."""
        self._n_left_out += n_grown is None
        self._n_grown += n_grown or 0

    def check(self, tag: str, word: str, place: str) -> None:
        """Check a tag that has not been seen before; an undeclared type is only noted.

        Raises:
            ValueError: The tag is not of the scheme; names the place, and what may be the cause.
        """
        scheme = self.reading.scheme
        try:
            written = tag if scheme == "IOB2" else to_iob2([tag], scheme)[0]
            if written[2:] not in self._declared and SEVERAL_TAGS.fullmatch(tag):
                raise ValueError(f"expected one tag per word, got several: {tag!r}; keep one")
            if written[:2] in ("B-", "I-") and _is_type(written[2:]):
                self._note_type(written[2:], tag, place)
            else:
                check_tag(written, self._declared)
        except ValueError as error:
            hint = _hint(word, tag, self.reading) + invisible(tag)
            raise ValueError(f"{place}: {error}{hint}") from None
        self.checked.add(tag)

    def _note_type(self, type_: str, tag: str, place: str) -> None:
        self._unused_rules.pop(type_, None)
        declared = self._map.get(type_, type_)
        if not declared:
            return
        self._occurring[declared] = None
        if declared not in self._declared and not self.undeclared:
            self.undeclared = (
                f"{place}: type {type_!r} of tag {tag!r} is not declared; "
                f"declared: {', '.join(self._declared)}"
            )

    def read_tweet(self, tweet: Tweet, place: str, *, has_scheme: bool = True) -> Tweet | None:
        """Check and read a tweet whose tags are as written.

        Args:
            tweet: The tweet.
            place: The file, and the line if there is one, for errors.
            has_scheme: Whether the tags are in the scheme of the file, not made from entities.

        Returns:
            None if a type is not declared, or if all words are empty and dropped.

        Raises:
            ValueError: A tag is not of the scheme.
        """
        place = f"{place}: tweet {tweet.id!r}"
        if has_scheme:
            for tag, word in zip(tweet.gold, tweet.words, strict=True):
                if tag not in self.checked:
                    self.check(tag, word, place)
        else:
            for entity in tweet.entities:
                self._note_type(entity.type, "B-" + entity.type, place)
        if self.undeclared:
            return None
        read = self.read(tweet.id, tweet.words, tweet.gold, has_scheme=has_scheme)
        return read if read.words or not tweet.words else None

    def read(
        self, id_: str, words: Sequence[str], tags: Sequence[str], *, has_scheme: bool = True
    ) -> Tweet:
        """Build a tweet of checked tags: IOB2, types renamed, empty words dropped or replaced."""
        if has_scheme and tags.count("O") < len(tags):
            if self.reading.scheme == "IOB2":
                self._watch(tags)
            else:
                tags = to_iob2(tags, self.reading.scheme)
        if self._map:
            tags = self._renamed(tags)
        if self.reading.empty_words != "refuse" and "" in words:
            words, tags = self._without_empty(words, tags)
        return Tweet(id_, tuple(words), tuple(map(intern, tags)))

    def _watch(self, tags: Sequence[str]) -> None:
        previous = "O"
        for tag in tags:
            if tag[:2] == "B-":
                # IOB1 writes B- only between two entities of one type
                self._n_proper_starts += previous[2:] != tag[2:]
            elif tag != "O" and not is_continued(previous, tag):
                self._n_inside_starts += 1
            previous = tag

    def _renamed(self, tags: Sequence[str]) -> list[str]:
        entities = [
            Entity(self._map.get(type_, type_), start, end)
            for type_, start, end in tags_to_entities(tags)
        ]
        return entities_to_tags([entity for entity in entities if entity.type], len(tags))

    def _without_empty(
        self, words: Sequence[str], tags: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Replace empty words, or drop them; an entity keeps its other words."""
        self._n_empty += list(words).count("")
        if self.reading.empty_words == "placeholder":
            return [word or PLACEHOLDER for word in words], list(tags)
        kept_before = [0]  # number of kept words before each word
        for word in words:
            kept_before.append(kept_before[-1] + (word != ""))
        moved = [
            Entity(type_, kept_before[start], kept_before[end])
            for type_, start, end in tags_to_entities(tags)
        ]
        kept = [word for word in words if word]
        return kept, entities_to_tags([e for e in moved if e.start < e.end], len(kept))

    def finish(self, place: str) -> None:
        """Log or refuse what the counts of the file show, and reset them for the next file.

        Raises:
            UndeclaredTypeError: A type was not declared.
            ValueError: The file looks like IOB1.
        """
        n_inside, n_proper, n_empty = self._n_inside_starts, self._n_proper_starts, self._n_empty
        if self._n_grown:
            logger.warning("%s: %d entities were grown to whole words", place, self._n_grown)
        if self._n_left_out:
            logger.warning("%s: %d tweets were left out", place, self._n_left_out)
        self._reset()
        if self.undeclared:
            raise UndeclaredTypeError(self.undeclared, self._way_on())
        if n_inside >= IOB1_STARTS and n_inside >= IOB1_SHARE * (n_inside + n_proper):
            raise ValueError(
                f"{place}: expected IOB2, got {n_inside} entities that begin with I- and "
                f"{n_proper} with B-; the file looks like IOB1: "
                f"pass {self.reading.scheme_option} IOB1"
            )
        if n_inside:
            logger.warning(
                "%s: %d I- tags continue no entity of their type; kept as they are", place, n_inside
            )
        if n_empty:
            done = {"drop": "dropped"}.get(self.reading.empty_words, f"replaced by {PLACEHOLDER}")
            logger.warning("%s: %d empty words were %s", place, n_empty, done)

    def _way_on(self) -> str:
        new = [type_ for type_ in self._occurring if type_ not in self._declared]
        if self._declared == dict.fromkeys(WNUT16_TYPES):
            kept = [type_ for type_ in self._declared if type_ in self._occurring]
        else:
            kept = list(self._declared)
        rule = shlex.quote(f"{next(iter(self._declared))}={new[0]}")
        ways = [f"--map_types {rule} reads one as another"]
        if self.reading.types_option and all(map(_is_type, new)):
            types = " ".join(map(shlex.quote, kept + new))
            ways.insert(0, f"to declare all that occur: {self.reading.types_option} {types}")
        return "; " + "; ".join(ways)

    def warn_unused_rules(self, place: str) -> None:
        """Log the types of the map that never occurred: they may be misspelt."""
        if self._unused_rules:
            logger.warning(
                "%s: no tag has the mapped types %s", place, ", ".join(self._unused_rules)
            )


def _is_type(type_: str) -> bool:
    """Return whether a type can be declared as it stands."""
    return type_.split() == [type_] and not invisible(type_)


def _hint(word: str, tag: str, reading: Reading) -> str:
    """Guess why a tag is invalid, for the end of an error message."""
    option = reading.scheme_option
    if reading.scheme == "IOB2" and tag[:2] in ("L-", "U-"):
        return f"; the file looks like BIOES (BILOU): pass {option} BIOES"
    if reading.scheme == "IOB2" and tag[:2] in ("E-", "S-", "M-"):
        return f"; the file looks like BIOES or BMES: pass {option} BIOES or {option} BMES"
    if word == "O" or word[:2] in ("B-", "I-"):
        return "; are the columns swapped?"
    if word.startswith("#"):
        return '; --comment "#" skips lines that begin with #'
    if tag in reading.declared or re.fullmatch(r"[A-Z][A-Za-z]+", tag):
        return f", a type without prefix; expected B-{tag} at an entity's start, then I-{tag}"
    return ""


def invisible(text: str) -> str:
    r"""Name the invisible characters of a text, for the end of an error message.

    >>> invisible("O\u200b")
    ' (it contains U+200B ZERO WIDTH SPACE)'
    """
    found = [
        f"U+{ord(character):04X} {name(character, 'CONTROL CHARACTER')}"
        for character in dict.fromkeys(text)
        if category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp") and character not in " \t"
    ]
    return f" (it contains {', '.join(found)})" if found else ""
