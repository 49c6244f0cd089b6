r"""CoNLL files ⇄ tweets: a line per word, its tag last, an empty line after each tweet.

Reading is strict: what is not understood is refused with file and line; nothing is lost, repaired or
normalised. A `#`, a quote and `NA` are ordinary words, and white space other than LF, CRLF, TAB and
space belongs to its word. Tags are converted to IOB2. An `I-` that continues no entity of its type is
kept, and the number of such tags is logged.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from sys import intern

from tweetner.corpus.tweets import Tweet
from tweetner.files import atomic_write, decode_lines, open_plain
from tweetner.tags import WNUT16_TYPES, check_tag, count_ill_formed, tags_of, to_iob2

logger = logging.getLogger(__name__)

DOCSTART = "-DOCSTART-"
IOB1_STARTS = 3
"""So many entities that begin with `I-`, and none with `B-`, are taken for IOB1 and not for slips."""


def read_conll(
    path: str | Path,
    *,
    types: Sequence[str] = WNUT16_TYPES,
    scheme: str = "IOB2",
    tagged: bool = True,
) -> list[Tweet]:
    """All tweets of a CoNLL file; see `parse_conll`."""
    return list(iter_conll(path, types=types, scheme=scheme, tagged=tagged))


def iter_conll(
    path: str | Path,
    *,
    types: Sequence[str] = WNUT16_TYPES,
    scheme: str = "IOB2",
    tagged: bool = True,
) -> Iterator[Tweet]:
    """The tweets of a CoNLL file one by one, in constant memory; see `parse_conll`."""
    path = Path(path)
    with open_plain(path) as lines:
        yield from parse_conll(lines, str(path), types=types, scheme=scheme, tagged=tagged)


def parse_conll(
    lines: Iterable[bytes],
    name: str,
    *,
    types: Sequence[str] = WNUT16_TYPES,
    scheme: str = "IOB2",
    tagged: bool = True,
) -> Iterator[Tweet]:
    r"""Read tweets from the lines of a binary stream; ids are the name's stem and a running number.

    >>> list(parse_conll([b"in\tO\n", b"NYC\tB-geo-loc\n"], "dev.conll"))
    [Tweet(id='dev-000001', words=('in', 'NYC'), tags=('O', 'B-geo-loc'))]

    Args:
        lines: Lines as bytes, each with its end.
        name: The file's name for ids and errors.
        types: The declared types; a tag of another type is refused.
        scheme: The file's tagging scheme, one of `tags.SCHEMES`.
        tagged: Whether the last column is the tag; if not, one column is enough and tweets come without tags.

    Raises:
        ValueError: `name:line: expected ..., got ...`; or there is no tweet at all.
    """
    tags_of(types)  # refuses wrong declarations even where no tag follows
    to_iob2([], scheme)
    tweets = _tweets(lines, name, types, scheme, tagged)
    return _watch_ill_formed(tweets, name) if tagged else tweets


def _tweets(
    lines: Iterable[bytes], name: str, types: Sequence[str], scheme: str, tagged: bool
) -> Iterator[Tweet]:
    checked: set[str] = set()
    words: list[str] = []
    tags: list[str] = []
    n_tweets = width = 0
    for number, columns in chain(_rows(lines, name, tagged), [(0, [])]):
        if columns:
            width = len(columns)
            words.append(intern(columns[0]))
            if tagged and columns[-1] not in checked:
                _check_tag(columns, types, scheme, f"{name}:{number}")
                checked.add(columns[-1])
            if tagged:
                tags.append(columns[-1])
        elif words:
            n_tweets += 1
            if n_tweets == 1 and width > 1 + tagged:
                _refuse_index(words, name)
            id_ = f"{Path(name).stem}-{n_tweets:06d}"
            yield Tweet(
                id_, tuple(words), tuple(map(intern, to_iob2(tags, scheme))) if tagged else None
            )
            words, tags = [], []
    if not n_tweets:
        raise ValueError(f"{name}: expected at least one tweet, got none")


def _rows(lines: Iterable[bytes], name: str, tagged: bool) -> Iterator[tuple[int, list[str]]]:
    """The number and the columns of each line; no columns where a tweet ends."""
    width = 0
    for number, line in decode_lines(lines, name):
        try:
            columns = split_line(line)
            if columns:
                _check_width(len(columns), width, tagged)
        except ValueError as error:
            raise ValueError(f"{name}:{number}: {error}") from None
        width = width or len(columns)
        yield number, columns


def split_line(line: str) -> list[str]:
    r"""The columns of a line without its end; none where it ends a tweet.

    >>> split_line("#NewYork\tB-geo-loc"), split_line("New York  B-geo-loc"), split_line(" \t")
    (['#NewYork', 'B-geo-loc'], ['New', 'York', 'B-geo-loc'], [])
    """
    if not line.strip(" \t\r") or (
        line.startswith(DOCSTART) and line[len(DOCSTART) :][:1] in ("", " ", "\t")
    ):
        return []
    if line.isspace():
        codes = " ".join(f"U+{ord(character):04X}" for character in sorted(set(line)))
        raise ValueError(f"expected a word or an empty line, got only white space ({codes})")
    if "\r" in line:
        raise ValueError("expected lines that end in LF or CRLF, got a CR inside a line")
    columns = line.split("\t") if "\t" in line else [column for column in line.split(" ") if column]
    if not columns[0].strip(" "):
        raise ValueError("expected a word in the first column, got none")
    return columns


def _check_width(width: int, expected: int, tagged: bool) -> None:
    if tagged and width == 1:
        raise ValueError('expected "token<TAB>tag", got 1 column')
    if expected and width != expected:
        raise ValueError(f"expected {expected} columns as on the lines before, got {width}")


def _check_tag(columns: Sequence[str], types: Sequence[str], scheme: str, where: str) -> None:
    word, tag = columns[0], columns[-1]
    try:
        check_tag(tag if scheme == "IOB2" else to_iob2([tag], scheme)[0], types)
    except ValueError as error:
        raise ValueError(f"{where}: {error}{_hint(word, tag, scheme)}") from None


def _refuse_index(words: Sequence[str], name: str) -> None:
    """Refuse a first tweet whose words count 0, 1, 2, ... or 1, 2, 3, ... beside other columns."""
    if any(
        [*words] == [str(number) for number in range(start, start + len(words))] for start in (0, 1)
    ):
        raise ValueError(
            f"{name}: expected the word in the first column, got an index ({', '.join(words[:3])}, ...)"
        )


def _hint(word: str, tag: str, scheme: str) -> str:
    if scheme == "IOB2" and tag[:2] in ("L-", "U-"):
        return "; the file looks like BIOES (BILOU): pass scheme='BIOES'"
    if scheme == "IOB2" and tag[:2] in ("E-", "S-", "M-"):
        return "; the file looks like BIOES or BMES: pass scheme='BIOES' or 'BMES'"
    if word == "O" or word[:2] in ("B-", "I-"):
        return "; are the columns swapped?"
    return ""


def _watch_ill_formed(tweets: Iterable[Tweet], name: str) -> Iterator[Tweet]:
    """Pass tagged tweets on, and say at the end how many `I-` tags continue nothing; refuse what looks like IOB1."""
    n_ill_formed, may_be_iob1 = 0, True
    for tweet in tweets:
        n_ill_formed += count_ill_formed(tweet.gold)
        may_be_iob1 = may_be_iob1 and _may_be_iob1(tweet.gold)
        yield tweet
    if may_be_iob1 and n_ill_formed >= IOB1_STARTS:
        raise ValueError(
            f"{name}: expected IOB2, got {n_ill_formed} entities that begin with I- and none with B-; "
            "the file looks like IOB1: pass scheme='IOB1'"
        )
    if n_ill_formed:
        logger.warning(
            "%s: %d I- tags continue nothing of their type; kept as they are", name, n_ill_formed
        )


def _may_be_iob1(tags: Sequence[str]) -> bool:
    """Whether every `B-` only parts two neighbours of one type."""
    pairs = zip(("O", *tags), tags, strict=False)
    return all(tag[:2] != "B-" or previous[2:] == tag[2:] for previous, tag in pairs)


def write_conll(path: str | Path, tweets: Iterable[Tweet]) -> None:
    r"""Write `word<TAB>tag` lines and an empty line after each tweet; the file appears whole or not at all.

    Raises:
        ValueError: A tweet has no words or no tags, or a word would not read back as it is (it holds a TAB or a line
            end, is blank, is `-DOCSTART-`, cannot be encoded); names the tweet.
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
    """A tweet's lines, the blank one after it included.

    Raises:
        ValueError: It has no word or no tags, or a word would not read back as it is.
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


def _reads_back(line: str, columns: list[str]) -> bool:
    try:
        line.encode("utf-8")
        return "\n" not in line and split_line(line) == columns
    except ValueError:
        return False
