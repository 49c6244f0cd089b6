"""Reading and writing CoNLL; ids such as A13 are the numbers of known failures of other readers."""

import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.corpus import Tweet, iter_conll, parse_conll, read_conll, write_conll
from tweetner.tags import WNUT16_TYPES, tags_of

ONE = [("awh", "O")]
NYC = [("in", "O"), ("NYC", "B-geo-loc")]
ODD_WORDS = [
    '"',
    "'",
    '""',
    "\\",
    ",",
    "null",
    "NA",
    "nan",
    "N/A",
    "None",
    "True",
    "1.0",
    "1e5",
    "-",
    "#",
    "#NYC",
    "##",
]


def tweets_of(content: str | bytes, **options) -> list[list[tuple[str, str]]]:
    content = content.encode() if isinstance(content, str) else content
    tweets = parse_conll(io.BytesIO(content), "f.conll", **options)
    return [list(zip(tweet.words, tweet.gold, strict=True)) for tweet in tweets]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("\ufeffawh\tO\n", [ONE], id="A1-bom"),
        pytest.param("\ufeff\nawh\tO\n", [ONE], id="A1-bom-on-an-empty-line"),
        pytest.param("in\tO\r\nNYC\tB-geo-loc\r\n\r\nawh\tO\r\n", [NYC, ONE], id="A3-crlf"),
        pytest.param("awh\tO\r\n\r\nawh\tO", [ONE, ONE], id="A3-no-final-newline"),
        pytest.param("awh\tO\n\nin\tO\nNYC\tB-geo-loc", [ONE, NYC], id="A11-no-blank-line-at-the-end"),
        *(
            pytest.param(f"a{character}b\tO\n", [[(f"a{character}b", "O")]], id=f"A5-U+{ord(character):04X}")
            for character in "\u2028\u2029\x85\x0b\x0c\x1c\xa0\u3000"
        ),
        pytest.param("\u2028\tO\n", [[("\u2028", "O")]], id="A5-a-word-of-a-line-separator"),
        pytest.param("a\0b\tO\n", [[("a\0b", "O")]], id="A8-nul"),
        pytest.param("awh\tO\n\t\nawh\tO\n \nawh\tO\n\r\nawh\tO\n \t \n", [ONE] * 4, id="A9-white-space-lines"),
        pytest.param("\n\n\nawh\tO\n\n\n\n\nawh\tO\n\n\n", [ONE, ONE], id="A10-many-blank-lines"),
        *(
            pytest.param(f"{word}\tO\nNYC\tB-geo-loc\n", [[(word, "O"), NYC[1]]], id=f"A13-A14-A15-{word}")
            for word in ODD_WORDS
        ),
        pytest.param("-DOCSTART- -X- O O\n\nawh\tO\n", [ONE], id="A16-other-separator"),
        pytest.param("-DOCSTART-\nawh\tO\n-DOCSTART-\tO\nawh\tO\n", [ONE, ONE], id="A16-ends-a-tweet"),
        pytest.param("-DOCSTART-x\tO\n", [[("-DOCSTART-x", "O")]], id="A16-only-the-whole-word"),
        pytest.param("in IN X O\nNYC NN  X B-geo-loc\n", [NYC], id="A17-four-columns-with-spaces"),
        pytest.param("in\tIN\tX\tO\nNYC\tNN\tX\tB-geo-loc\n", [NYC], id="A17-four-columns-with-tabs"),
        pytest.param(
            "New York\tB-geo-loc\n", [[("New York", "B-geo-loc")]], id="A17-a-tab-makes-spaces-part-of-the-word"
        ),
        pytest.param("awh O\nin\tO\n", [[("awh", "O"), ("in", "O")]], id="A17-tab-where-the-line-has-one"),
        pytest.param("a\tO\nb\tI-movie\n", [[("a", "O"), ("b", "I-movie")]], id="A24-orphan-I-kept"),
        pytest.param("a\tB-movie\nb\tI-other\n", [[("a", "B-movie"), ("b", "I-other")]], id="A24-other-type-kept"),
        pytest.param(
            "a\tB-movie\n\nb\tI-movie\n", [[("a", "B-movie")], [("b", "I-movie")]], id="A24-after-a-blank-line"
        ),
        pytest.param(
            "e\u0301\tO\n\uff21\ufb01\u200d\tO\n", [[("e\u0301", "O"), ("\uff21\ufb01\u200d", "O")]], id="A34"
        ),
    ],
)
def test_what_is_understood_is_read_code_point_by_code_point(content, expected):
    assert tweets_of(content) == expected


NOT_UTF8 = "expected UTF-8, got other bytes at byte"
NO_TWEET = "expected at least one tweet, got none"
NO_WORD = "expected a word in the first column, got none"
NO_TAG = "expected a tag O, B-TYPE or I-TYPE, got"
INDEX = "expected the word in the first column, got an index ("
ONE_COLUMN = 'expected "token<TAB>tag", got 1 column'
OTHER_WIDTH = "expected 2 columns as on the lines before, got 3"


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        pytest.param(b"awh\tO\ncaf\xe9\tO\n", ":2", f"{NOT_UTF8} 9", id="A6-latin-1"),
        pytest.param(b"\xef\xbb\xbf\xe9\tO\n", ":1", f"{NOT_UTF8} 3", id="A6-after-a-bom"),
        pytest.param(b"\xed\xa0\xbd\xed\xb8\x80\tO\n", ":1", f"{NOT_UTF8} 0", id="A6-cesu-8"),
        pytest.param("awh\tO\n".encode("utf-16"), ":1", f"{NOT_UTF8} 0", id="A6-utf-16"),
        pytest.param("awh\tO\n".encode("utf-16-le"), ":1", NO_TAG, id="A6-utf-16-without-a-bom"),
        pytest.param("a\tO\rb\tO\r", ":1", "expected lines that end in LF or CRLF, got a CR inside", id="A3-cr-only"),
        pytest.param("awh\tO\n\xa0\nawh\tO\n", ":2", "expected a word or an empty line, got only", id="A9-nbsp"),
        pytest.param("", "", NO_TWEET, id="A10-empty"),
        pytest.param("\n\n \n-DOCSTART- O\n", "", NO_TWEET, id="A10-only-blank-lines"),
        pytest.param("1\tawh\tO\n2\tNYC\tB-geo-loc\n\n", "", f"{INDEX}1, 2, ...)", id="A18-index-first"),
        pytest.param("0 awh O\n1 NYC O\n", "", f"{INDEX}0, 1, ...)", id="A18-index-from-0"),
        pytest.param("O\tawh\nO\tNYC\n", ":1", f"{NO_TAG} 'awh'; are the columns swapped?", id="A18-swapped"),
        pytest.param("awh\tO\nNYC\n", ":2", ONE_COLUMN, id="A20-one-column"),
        pytest.param("awh\tO\nNYC\tNN\tO\n", ":2", OTHER_WIDTH, id="A20-another-number"),
        pytest.param("awh O\nNew York B-geo-loc\n", ":2", OTHER_WIDTH, id="A20-space-in-a-word"),
        pytest.param("\tO\n", ":1", NO_WORD, id="A20-no-word"),
        pytest.param(" \tO\n", ":1", NO_WORD, id="A20-blank-word"),
        *(
            pytest.param(f"awh\tO\nx\t{tag}\n", ":2", f"{NO_TAG} {tag!r}", id=f"A21-{tag}")
            for tag in ["b-person", "B_person", "B", "0", "o", "Ｂ-person", "", "O ", "person", "Other", "-X-"]
        ),
        *(
            pytest.param(f"x\t{tag}\n", ":1", f"type {tag[2:]!r} of tag {tag!r} is not declared", id=f"A21-{tag}")
            for tag in ["B-Person", "B-", "I--person", "B-geo loc", "B-ｐerson", "B-person "]
        ),
        *(
            pytest.param(f"x\tB-person\ny\t{tag}\n", ":2", f"{NO_TAG} {tag!r}", id=f"A23-{tag}")
            for tag in ["E-person", "S-person", "L-person", "U-person", "M-person"]
        ),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line_with_its_place(content, place, message):
    with pytest.raises(ValueError, match=f"^{re.escape(f'f.conll{place}: {message}')}") as refusal:
        tweets_of(content)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        ("E-person", "pass scheme='BIOES' or 'BMES'"),
        ("S-person", "pass scheme='BIOES' or 'BMES'"),
        ("M-person", "pass scheme='BIOES' or 'BMES'"),
        ("U-person", "pass scheme='BIOES'"),
        ("L-person", "pass scheme='BIOES'"),
    ],
)
def test_a_tag_of_another_scheme_is_named_with_the_option_that_reads_it(tag, hint):
    with pytest.raises(ValueError, match=f"{hint}$"):
        tweets_of(f"x\t{tag}\n")


def test_a_file_in_iob1_is_named_with_the_option_that_reads_it():
    iob1 = "EU\tI-other\nrejects\tO\n\nPeter\tI-person\nBlackburn\tI-person\nEve\tB-person\n\nNYC\tI-geo-loc\n"
    with pytest.raises(ValueError, match=r"got 3 entities that begin with I- and none with B-; .*scheme='IOB1'$"):
        tweets_of(iob1)
    assert [tag for tweet in tweets_of(iob1, scheme="IOB1") for _, tag in tweet] == [
        *("B-other", "O", "B-person", "I-person", "B-person", "B-geo-loc"),
    ]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("BIOES", ["B-person", "I-person", "E-person", "S-movie", "O"]),
        ("BIOES", ["B-person", "I-person", "L-person", "U-movie", "O"]),
        ("BMES", ["B-person", "M-person", "E-person", "S-movie", "O"]),
    ],
)
def test_a_declared_scheme_is_converted_to_iob2(scheme, tags):
    content = "".join(f"x\t{tag}\n" for tag in tags)
    assert [tag for _, tag in tweets_of(content, scheme=scheme)[0]] == [
        *("B-person", "I-person", "I-person", "B-movie", "O"),
    ]
    with pytest.raises(ValueError, match=r"^f\.conll:6: expected a tag of .*, got 'awh'"):
        tweets_of(content + "x\tawh\n", scheme=scheme)


def test_orphan_inside_tags_are_counted_in_a_warning(caplog):
    tweets_of("a\tB-movie\n\nb\tI-movie\nc\tI-movie\nd\tI-other\n")
    assert caplog.messages == ["f.conll: 2 I- tags continue nothing of their type; kept as they are"]


def test_a_tweet_that_counts_is_no_index_when_the_file_has_two_columns():
    assert tweets_of("1\tO\n2\tO\n") == [[("1", "O"), ("2", "O")]]


@pytest.mark.parametrize("type_", ["geo-loc", "PER.NAM", "location-stop", "x_1"])
def test_other_types_are_declared_by_the_caller(type_):
    assert tweets_of(f"x\tB-{type_}\n", types=[type_]) == [[("x", f"B-{type_}")]]
    with pytest.raises(ValueError, match="is not declared"):
        tweets_of("x\tB-person\n", types=[type_])


@pytest.mark.parametrize(
    "content", ["in\nNYC\n\nawh\n", "in\tO\nNYC\tB-geo-loc\n\nawh\tO\n", "in x S-y\nNYC y Z\n\nawh z 1\n"]
)
def test_without_tags_one_column_is_enough_and_the_rest_is_ignored(content):
    tweets = list(parse_conll(io.BytesIO(content.encode()), "in/stream.txt", tagged=False))
    assert tweets == [Tweet("stream-000001", ("in", "NYC")), Tweet("stream-000002", ("awh",))]


def test_wrong_declarations_are_refused_before_reading():
    with pytest.raises(ValueError, match="declared twice"):
        parse_conll([], "f", types=["movie", "movie"])
    with pytest.raises(ValueError, match=r"expected a scheme of .*, got 'IOBES'"):
        parse_conll([], "f", scheme="IOBES")


def test_reading_a_file_names_tweets_after_it(tmp_path):
    (tmp_path / "dev.conll").write_text("in\tO\nNYC\tB-geo-loc\n\nawh\tO\n")
    tweets = read_conll(tmp_path / "dev.conll")
    assert tweets == list(iter_conll(str(tmp_path / "dev.conll")))
    assert tweets == [Tweet("dev-000001", ("in", "NYC"), ("O", "B-geo-loc")), Tweet("dev-000002", ("awh",), ("O",))]


def test_a31_what_is_no_plain_file_is_refused(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08\0")
    (tmp_path / "empty").touch()
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "fifo")
    for name, message in [
        ("", "expected a file, got a folder"),
        ("a.gz", "expected plain text, got a gzip file; unpack it first"),
        ("empty", "expected at least one tweet, got none"),
        ("fifo", "expected a file, got a pipe or a device"),
    ]:
        with pytest.raises(ValueError, match=f"^{re.escape(str(tmp_path / name))}: {message}$"):
            read_conll(tmp_path / name)
    for name in ("missing", "loop"):
        with pytest.raises(OSError, match=name):
            read_conll(tmp_path / name)


def test_a32_one_long_tweet_and_one_long_line_are_read(tmp_path):
    (tmp_path / "long").write_text("x\tO\n" * 100_000 + "y" * 10_000_000 + "\tO\n")
    (tweet,) = read_conll(tmp_path / "long")
    assert (len(tweet.words), len(tweet.words[-1])) == (100_001, 10_000_000)


def test_equal_words_and_tags_are_kept_once(tmp_path):
    (tmp_path / "f").write_text("NYC!\tB-geo-loc\n\nNYC!\tB-geo-loc\n")
    first, second = read_conll(tmp_path / "f")
    assert first.words[0] is second.words[0]
    assert first.gold[0] is second.gold[0]


def test_a_tweet_has_one_tag_a_word():
    with pytest.raises(ValueError, match="tweet '7': expected one tag a word, got 2 words and 1 tags"):
        Tweet("7", ("in", "NYC"), ("O",))
    with pytest.raises(ValueError, match="tweet '7': expected tags, got words alone"):
        _ = Tweet("7", ("in", "NYC")).gold


def test_writing_gives_tab_separated_lines_and_a_blank_line_after_each_tweet(tmp_path):
    write_conll(tmp_path / "f", [Tweet("1", ("in", "New York"), ("O", "B-geo-loc")), Tweet("2", ("awh",), ("O",))])
    assert (tmp_path / "f").read_bytes() == b"in\tO\nNew York\tB-geo-loc\n\nawh\tO\n\n"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    "word", ["", " ", "  ", "a\tb", "a\nb", "a\n", "a\r", "a\rb", "-DOCSTART-", "-DOCSTART- x", "\ud83d"]
)
def test_a_word_that_would_not_read_back_is_refused_and_the_old_file_kept(tmp_path, word):
    (tmp_path / "f").write_text("old")
    with pytest.raises(ValueError, match=r"^tweet '2': word .* would not read back from CoNLL$"):
        write_conll(tmp_path / "f", [Tweet("1", ("awh",), ("O",)), Tweet("2", ("in", word), ("O", "O"))])
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("f", "old")]


@pytest.mark.parametrize(
    ("tweet", "message"),
    [
        (Tweet("1", (), ()), "tweet '1': expected at least one word, got none"),
        (Tweet("1", ("awh",)), "tweet '1': expected tags, got words alone"),
        (Tweet("1", ("\ufeffawh",), ("O",)), "tweet '1': a file cannot begin with the word"),
    ],
)
def test_a_tweet_that_would_be_lost_is_refused(tmp_path, tweet, message):
    with pytest.raises(ValueError, match=message):
        write_conll(tmp_path / "f", [tweet])
    assert not list(tmp_path.iterdir())


def test_a_folder_or_a_pipe_is_never_replaced_by_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="folder"):
        write_conll(tmp_path / "folder", [Tweet("1", ("awh",), ("O",))])
    with pytest.raises(ValueError, match="got a pipe or a device"):
        write_conll(tmp_path / "fifo", [Tweet("1", ("awh",), ("O",))])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fifo", "folder"]


WORD = st.one_of(
    st.sampled_from(['"', "#NYC", "NA", "\u2028", "\x85", "a b", " ", "-DOCSTART-", "\ufeffx", "\xa0", "\0"]),
    st.text(min_size=1, max_size=4),
)
PAIR = st.tuples(WORD, st.sampled_from(["O", "B-person", "B-geo-loc"]))


@given(st.lists(st.lists(PAIR, min_size=1, max_size=4), min_size=1, max_size=4))
def test_what_is_written_reads_back_or_is_refused(tmp_path_factory, rows):
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
    return [[(line.split()[0], line.split()[-1]) for line in block.splitlines()] for block in blocks]


@pytest.mark.parametrize(
    ("split", "n_tweets", "n_words", "n_entities"),
    [("train", 2394, 46469, 1496), ("dev", 1000, 16261, 661), ("test", 3850, 61908, 3473)],
)
def test_wnut16_is_read_in_full_and_written_back_byte_by_byte(tmp_path, split, n_tweets, n_words, n_entities):
    if "TWEETNER_DATA" not in os.environ:
        pytest.skip("TWEETNER_DATA names no folder with wnut16")
    path = Path(os.environ["TWEETNER_DATA"]) / "wnut16" / split
    tweets = read_conll(path)
    assert [list(zip(tweet.words, tweet.gold, strict=True)) for tweet in tweets] == notebook_reader(path)
    assert len(tweets) == n_tweets
    assert sum(len(tweet.words) for tweet in tweets) == n_words
    assert sum(tag[:2] == "B-" for tweet in tweets for tag in tweet.gold) == n_entities
    assert {tag for tweet in tweets for tag in tweet.gold} <= set(tags_of(WNUT16_TYPES))
    write_conll(tmp_path / split, tweets)
    assert (tmp_path / split).read_bytes() == path.read_bytes()
