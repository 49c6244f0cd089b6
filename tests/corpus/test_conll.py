"""Reading and writing CoNLL; what breaks other readers is in `test_failures_a_reading.py`."""

import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.corpus import Tweet, parse_conll, read_conll, write_conll
from tweetner.tags import WNUT16_TYPES, tags_of


def tweets_of(content: str | bytes, **options) -> list[list[tuple[str, str]]]:
    content = content.encode() if isinstance(content, str) else content
    tweets = parse_conll(io.BytesIO(content), "f.conll", **options)
    return [list(zip(tweet.words, tweet.gold, strict=True)) for tweet in tweets]


def test_a_tweet_that_counts_is_no_index_when_the_file_has_two_columns() -> None:
    assert tweets_of("1\tO\n2\tO\n") == [[("1", "O"), ("2", "O")]]


@pytest.mark.parametrize("type_", ["geo-loc", "PER.NAM", "location-stop", "x_1"])
def test_other_types_are_declared_by_the_caller(type_: str) -> None:
    assert tweets_of(f"x\tB-{type_}\n", types=[type_]) == [[("x", f"B-{type_}")]]
    with pytest.raises(ValueError, match="is not declared"):
        tweets_of("x\tB-person\n", types=[type_])


@pytest.mark.parametrize(
    "content",
    ["in\nNYC\n\nawh\n", "in\tO\nNYC\tB-geo-loc\n\nawh\tO\n", "in x S-y\nNYC y Z\n\nawh z 1\n"],
)
def test_without_tags_one_column_is_enough_and_the_rest_is_ignored(content: str) -> None:
    tweets = list(parse_conll(io.BytesIO(content.encode()), "in/stream.txt", tagged=False))
    assert tweets == [Tweet("stream-000001", ("in", "NYC")), Tweet("stream-000002", ("awh",))]


def test_wrong_declarations_are_refused_before_reading() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        parse_conll([], "f", types=["movie", "movie"])
    with pytest.raises(ValueError, match=r"expected a scheme of .*, got 'IOBES'"):
        parse_conll([], "f", scheme="IOBES")


def test_reading_a_file_names_tweets_after_it(tmp_path: Path) -> None:
    (tmp_path / "dev.conll").write_text("in\tO\nNYC\tB-geo-loc\n\nawh\tO\n")
    tweets = read_conll(tmp_path / "dev.conll")
    assert tweets == read_conll(str(tmp_path / "dev.conll"))
    assert tweets == [
        Tweet("dev-000001", ("in", "NYC"), ("O", "B-geo-loc")),
        Tweet("dev-000002", ("awh",), ("O",)),
    ]


def test_equal_words_and_tags_are_kept_once(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("NYC!\tB-geo-loc\n\nNYC!\tB-geo-loc\n")
    first, second = read_conll(tmp_path / "f")
    assert first.words[0] is second.words[0]
    assert first.gold[0] is second.gold[0]


def test_a_tweet_has_one_tag_a_word() -> None:
    with pytest.raises(
        ValueError, match="tweet '7': expected one tag a word, got 2 words and 1 tags"
    ):
        Tweet("7", ("in", "NYC"), ("O",))
    with pytest.raises(ValueError, match="tweet '7': expected tags, got words alone"):
        _ = Tweet("7", ("in", "NYC")).gold


def test_writing_gives_tab_separated_lines_and_a_blank_line_after_each_tweet(
    tmp_path: Path,
) -> None:
    write_conll(
        tmp_path / "f",
        [Tweet("1", ("in", "New York"), ("O", "B-geo-loc")), Tweet("2", ("awh",), ("O",))],
    )
    assert (tmp_path / "f").read_bytes() == b"in\tO\nNew York\tB-geo-loc\n\nawh\tO\n\n"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    "word",
    ["", " ", "  ", "a\tb", "a\nb", "a\n", "a\r", "a\rb", "-DOCSTART-", "-DOCSTART- x", "\ud83d"],
)
def test_a_word_that_would_not_read_back_is_refused_and_the_old_file_kept(
    tmp_path: Path, word: str
) -> None:
    (tmp_path / "f").write_text("old")
    with pytest.raises(ValueError, match=r"^tweet '2': word .* would not read back from CoNLL$"):
        write_conll(
            tmp_path / "f", [Tweet("1", ("awh",), ("O",)), Tweet("2", ("in", word), ("O", "O"))]
        )
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("f", "old")]


@pytest.mark.parametrize(
    ("tweet", "message"),
    [
        (Tweet("1", (), ()), "tweet '1': expected at least one word, got none"),
        (Tweet("1", ("awh",)), "tweet '1': expected tags, got words alone"),
        (Tweet("1", ("\ufeffawh",), ("O",)), "tweet '1': a file cannot begin with the word"),
    ],
)
def test_a_tweet_that_would_be_lost_is_refused(tmp_path: Path, tweet: Tweet, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_conll(tmp_path / "f", [tweet])
    assert not list(tmp_path.iterdir())


def test_a_folder_or_a_pipe_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="folder"):
        write_conll(tmp_path / "folder", [Tweet("1", ("awh",), ("O",))])
    with pytest.raises(ValueError, match="got a pipe or a device"):
        write_conll(tmp_path / "fifo", [Tweet("1", ("awh",), ("O",))])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "folder"]


WORD = st.one_of(
    st.sampled_from(
        ['"', "#NYC", "NA", "\u2028", "\x85", "a b", " ", "-DOCSTART-", "\ufeffx", "\xa0", "\0"]
    ),
    st.text(min_size=1, max_size=4),
)
PAIR = st.tuples(WORD, st.sampled_from(["O", "B-person", "B-geo-loc"]))


@given(st.lists(st.lists(PAIR, min_size=1, max_size=4), min_size=1, max_size=4))
def test_what_is_written_reads_back_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("conll") / "f"
    tweets = [
        Tweet(f"f-{number:06d}", tuple(word for word, _ in row), tuple(tag for _, tag in row))
        for number, row in enumerate(rows, start=1)
    ]
    try:
        write_conll(path, tweets)
    except ValueError:
        assert not path.exists()
    else:
        assert read_conll(path) == tweets


def notebook_reader(path: Path) -> list[list[tuple[str, str]]]:
    """Another implementation: blocks parted by empty lines, columns by any white space."""
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    return [
        [(line.split()[0], line.split()[-1]) for line in block.splitlines()] for block in blocks
    ]


@pytest.mark.parametrize(
    ("split", "n_tweets", "n_words", "n_entities"),
    [("train", 2394, 46469, 1496), ("dev", 1000, 16261, 661), ("test", 3850, 61908, 3473)],
)
def test_wnut16_is_read_in_full_and_written_back_byte_by_byte(
    tmp_path: Path, split: str, n_tweets: int, n_words: int, n_entities: int
) -> None:
    if "TWEETNER_DATA" not in os.environ:
        pytest.skip("TWEETNER_DATA names no folder with wnut16")
    path = Path(os.environ["TWEETNER_DATA"]) / "wnut16" / split
    tweets = read_conll(path)
    assert [list(zip(tweet.words, tweet.gold, strict=True)) for tweet in tweets] == notebook_reader(
        path
    )
    assert len(tweets) == n_tweets
    assert sum(len(tweet.words) for tweet in tweets) == n_words
    assert sum(tag[:2] == "B-" for tweet in tweets for tag in tweet.gold) == n_entities
    assert {tag for tweet in tweets for tag in tweet.gold} <= set(tags_of(WNUT16_TYPES))
    write_conll(tmp_path / split, tweets)
    assert (tmp_path / split).read_bytes() == path.read_bytes()
