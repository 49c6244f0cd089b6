r"""CoNLL files ⇄ tweets: a line per word, its tag last, an empty line after each tweet.

Reading is strict: what is not understood is refused with file and line; nothing is lost, repaired
or normalised unless an option of `Reading` says so. A `#`, a quote and `NA` are ordinary words, and
white space other than LF, CRLF, TAB and space belongs to its word. Tags are converted to IOB2. An
`I-` that continues no entity of its type is kept, and the number of such tags is logged.
"""

import csv
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from sys import intern
from typing import Unpack

from tweetner.corpus.annotation import TagReader, invisible
from tweetner.corpus.reading import SEPARATORS, Reading, ReadOptions
from tweetner.corpus.tweets import Tweet
from tweetner.files import atomic_write, decode_lines, open_plain

logger = logging.getLogger(__name__)

DOCSTART = "-DOCSTART-"
Cells = list[str]


def read_conll(
    path: str | Path, *, tagged: bool = True, **options: Unpack[ReadOptions]
) -> list[Tweet]:
    """Read all tweets of a CoNLL file; see `parse_conll`."""
    with open_plain(Path(path)) as lines:
        return list(parse_conll(lines, str(path), tagged=tagged, **options))


def parse_conll(
    lines: Iterable[bytes], name: str, *, tagged: bool = True, **options: Unpack[ReadOptions]
) -> Iterator[Tweet]:
    r"""Read tweets from the lines of a binary stream; ids are the name's stem and a running number.

    >>> list(parse_conll([b"in\tO\n", b"NYC\tB-geo-loc\n"], "dev.conll"))
    [Tweet(id='dev-000001', words=('in', 'NYC'), tags=('O', 'B-geo-loc'))]

    Args:
        lines: Lines as bytes, each with its end.
        name: Name of the file, for ids and errors.
        tagged: Whether there is a tag column; without one, tweets have no tags.
        options: See `Reading`.

    Raises:
        ValueError: `name:line: expected ..., got ...`; or there is no tweet at all.
    """
    reading = Reading(**options)
    return tweets_of(lines, name, reading, TagReader(reading) if tagged else None)


def tweets_of(
    lines: Iterable[bytes], name: str, reading: Reading, tag_reader: TagReader | None
) -> Iterator[Tweet]:
    """Read tweets from lines as `parse_conll` does; without a tag reader, words alone.

    Raises:
        ValueError: See `parse_conll` and `TagReader.finish`.
    """
    table = _Table(name, reading, tagged=tag_reader is not None)
    n_tweets = 0
    words: list[str] = []
    tags: list[str] = []
    checked = tag_reader.checked if tag_reader else set()
    for number, word, tag in table.words(lines):
        if number:
            words.append(word)
            tags.append(tag)
            if tag_reader and tag not in checked:
                tag_reader.check(tag, word, f"{name}:{number}")
        elif words:
            n_tweets += 1
            if n_tweets == 1:
                table.refuse_index(words)
            id_ = f"{Path(name).stem}-{n_tweets:06d}"
            if tag_reader is None:
                yield Tweet(id_, tuple(words))
            elif not tag_reader.undeclared:
                tweet = tag_reader.read(id_, words, tags)
                if tweet.words:
                    yield tweet
            words, tags = [], []
    if not n_tweets:
        raise ValueError(f"{name}: expected at least one tweet, got none")
    if tag_reader:
        tag_reader.finish(name)


class _Table:
    """The columns of one file, as the options and its first line define them."""

    def __init__(self, name: str, reading: Reading, *, tagged: bool) -> None:
        self._name = name
        self._reading = reading
        self._tagged = tagged
        self._width = 0  # number of columns, known after the first line

    def words(self, lines: Iterable[bytes]) -> Iterator[tuple[int, str, str]]:
        """Yield line number, word and tag of each line, and number 0 at the end of a tweet."""
        split = self._splitter()
        comment = self._reading.comment
        n_comments = n_marks = width = 0
        last_tweet = ""
        for number, line in decode_lines(lines, self._name):
            if comment and line.startswith(comment):
                n_comments += 1
                continue
            try:
                cells = split(line)
            except (ValueError, csv.Error) as error:
                raise ValueError(f"{self._name}:{number}: {error}") from None
            if not cells:
                yield 0, "", ""
                continue
            if len(cells) != width:
                is_header = self._begin(cells, f"{self._name}:{number}")
                width = self._width
                word_at, tag_at, tweet_at = self._columns
                if is_header:
                    continue
            if tweet_at is not None and cells[tweet_at].strip() not in ("", last_tweet):
                last_tweet = cells[tweet_at].strip()
                yield 0, "", ""
            word = cells[word_at]
            if word <= " " and not word.strip(" "):
                word = self._empty_word(number)
            elif "\ufeff" in word:
                n_marks += 1
            yield number, intern(word), cells[tag_at]
        yield 0, "", ""
        if n_comments:
            logger.warning(
                "%s: %d lines that begin with %s were skipped", self._name, n_comments, comment
            )
        if n_marks:
            logger.warning(
                "%s: %d words contain U+FEFF (a byte order mark inside the file)",
                self._name,
                n_marks,
            )

    def _splitter(self) -> Callable[[str], Cells]:
        separator = self._reading.separator or ("comma" if self._name.endswith(".csv") else "")
        separator = SEPARATORS.get(separator, separator)
        if not separator:
            return split_line
        if separator == " ":
            return str.split
        return lambda line: next(csv.reader([line], delimiter=separator, strict=True), [])

    def _begin(self, cells: Cells, place: str) -> bool:
        """Take the columns from the first line, and return whether it is a header.

        Raises:
            ValueError: It is a later line with another number of columns, or a column is missing.
        """
        if self._tagged and len(cells) == 1:
            raise ValueError(
                f'{place}: expected "token<TAB>tag", got 1 column{_other_separator(cells[0])}'
            )
        if self._width:
            raise ValueError(
                f"{place}: expected {self._width} columns as on the lines before, got {len(cells)}"
            )
        self._width = len(cells)
        columns = self._reading.columns
        is_header = self._reading.header or not all(map(_is_number, columns))
        indices = [_index_of(column, cells, is_header, place) for column in columns] or [0, -1]
        self._columns = (indices[0], indices[1], indices[2] if len(indices) > 2 else None)
        return is_header

    def _empty_word(self, number: int) -> str:
        if self._reading.empty_words == "refuse":
            raise ValueError(
                f"{self._name}:{number}: expected a word in the first column, got none; "
                "--empty_words drop leaves such lines out, --empty_words placeholder keeps them"
            )
        return ""

    def refuse_index(self, words: list[str]) -> None:
        """Refuse a first tweet whose words count 0, 1, 2, ... or 1, 2, ... beside other columns."""
        if self._reading.columns or self._width <= 1 + self._tagged:
            return
        for start in (0, 1):
            if words == [str(number) for number in range(start, start + len(words))]:
                raise ValueError(
                    f"{self._name}: expected the word in the first column, got an index "
                    f"({', '.join(words[:3])}, ...); --columns 2 {self._width} reads the word "
                    "from the second column and the tag from the last"
                )


def _is_number(column: str) -> bool:
    return column.removeprefix("-").isdecimal()


def _index_of(column: str, cells: Cells, is_header: bool, place: str) -> int:
    """Return the index of a column that is given as a number from 1 (or -1) or as a name."""
    if is_header and column in cells:
        return cells.index(column)
    if _is_number(column) and 1 <= abs(int(column)) <= len(cells):
        return int(column) - (int(column) > 0)
    raise ValueError(
        f"{place}: expected a column {column!r}, got {len(cells)} columns: {', '.join(cells)[:200]}"
    )


def _other_separator(line: str) -> str:
    for name in ("comma", "semicolon", "pipe"):
        if SEPARATORS[name] in line:
            return f"; --separator {name} splits at {SEPARATORS[name]}"
    return invisible(line)


def split_line(line: str) -> Cells:
    r"""Split a line without its end at TABs or else at spaces; no cells if it ends a tweet.

    >>> split_line("#NewYork\tB-geo-loc"), split_line("New York  B-geo-loc"), split_line(" \t")
    (['#NewYork', 'B-geo-loc'], ['New', 'York', 'B-geo-loc'], [])

    Raises:
        ValueError: The line is white space other than spaces and TABs, or contains a CR.
    """
    if "\t" in line and "-" < line[0] < "\x7f" and "\r" not in line:
        return line.split("\t")  # by far the most lines
    if not line.strip(" \t\r"):
        return []
    if line.startswith(DOCSTART) and line[len(DOCSTART) :][:1] in ("", " ", "\t"):
        return []
    if line.isspace():
        codes = " ".join(f"U+{ord(character):04X}" for character in sorted(set(line)))
        raise ValueError(f"expected a word or an empty line, got only white space ({codes})")
    if "\r" in line:
        raise ValueError("expected lines that end in LF or CRLF, got a CR inside a line")
    return line.split("\t") if "\t" in line else [cell for cell in line.split(" ") if cell]


def write_conll(path: str | Path, tweets: Iterable[Tweet]) -> None:
    r"""Write `word<TAB>tag` lines and an empty line after each tweet, whole or not at all.

    Raises:
        ValueError: A tweet has no words or no tags, or a word would not read back (it contains a
            TAB or a line end, is blank, is `-DOCSTART-`, cannot be encoded); names the tweet.
    """
    with atomic_write(Path(path)) as temporary, temporary.open("wb") as stream:
        for number, tweet in enumerate(tweets):
            lines = format_tweet(tweet)
            if number == 0 and lines.startswith("\ufeff"):
                raise ValueError(
                    f"tweet {tweet.id!r}: a file cannot begin with the word {tweet.words[0]!r}"
                )
            stream.write(lines.encode("utf-8"))


def format_tweet(tweet: Tweet) -> str:
    """Return the lines of a tweet, with the blank line after it.

    Raises:
        ValueError: The tweet has no word or no tags, or a word would not read back.
    """
    if not tweet.words:
        raise ValueError(f"tweet {tweet.id!r}: expected at least one word, got none")
    lines = []
    for word, tag in zip(tweet.words, tweet.gold, strict=True):
        line = f"{word}\t{tag}"
        if not _reads_back(line, [word, tag]):
            raise ValueError(
                f"tweet {tweet.id!r}: word {word!r} with tag {tag!r} would not read back from CoNLL"
            )
        lines.append(line + "\n")
    return "".join(lines) + "\n"


def _reads_back(line: str, cells: Cells) -> bool:
    try:
        line.encode("utf-8")
        return "\n" not in line and cells[0].strip(" ") != "" and split_line(line) == cells
    except ValueError:
        return False
