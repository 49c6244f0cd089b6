"""Streams of tweets: formats, the output file and what is left of an interrupted one.

Records that break other readers are in `test_bad_input.py`.
"""

import json
import os
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.corpus import read_conll
from tweetner.streams import (
    Input,
    Record,
    RecordOptions,
    Source,
    Tally,
    find_inputs,
    open_output,
    output_format_of,
    refuse_inputs_as_output,
    tag_stream,
)
from tweetner.streams.inputs import batches
from tweetner.streams.lines import Lines
from tweetner.streams.outputs import encode_row
from tweetner.tagger import Tagger
from tweetner.tagger.decoding import Emissions, bounds_of
from tweetner.tokenization import splitter_tokenizer

GEO = {"type": "geo-loc", "text": "NYC", "start": 3, "end": 6}


class Capitals:
    """A backend for which a word of capitals is a place, the more surely the longer it is."""

    labels = ["O", "B-geo-loc", "I-geo-loc"]  # noqa: RUF012
    chain = None

    def __init__(self) -> None:
        self.calls: list[int] = []

    def encode(self, tweets):
        self.calls.append(len(tweets))
        return tweets

    def emissions(self, tweets):
        words = [word for tweet in tweets for word in tweet]
        rows = [[0.0, len(word) if word.isupper() else -9.0, -9.0] for word in words]
        lengths = [len(tweet) for tweet in tweets]
        places = np.concatenate([np.empty(0, np.int64), *map(np.arange, lengths)])
        return Emissions(np.reshape(rows, (-1, 3)).astype(np.float64), places, bounds_of(lengths))


@pytest.fixture
def tagger() -> Tagger:
    return Tagger(Capitals(), splitter_tokenizer(), "argmax")


@pytest.fixture
def tag(tagger: Tagger, tmp_path: Path) -> Callable[..., bytes]:
    """Tag one file of bytes; its name's extension is the format."""

    def run(
        data: bytes,
        name: str = "in.jsonl",
        *,
        out: str = "out.jsonl",
        reading: RecordOptions | None = None,
        **options,
    ) -> bytes:
        (tmp_path / name).write_bytes(data)
        source = Source(find_inputs([str(tmp_path / name)]), reading)
        path = tmp_path / out
        with open_output(
            path, output_format_of(path), force=True, resume=options.pop("resume", False)
        ) as output:
            run.tally = tag_stream(tagger, source, output, **options)
        return path.read_bytes()

    return run


def rows_of(out: bytes) -> list[dict]:
    return [json.loads(line) for line in out.removesuffix(b"\n").split(b"\n")] if out else []


def found(row: dict) -> list[str]:
    return [entity["text"] for entity in row["entities"]]


# --- one record in, one out -----------------------------------------------------------------------------------------


def test_strict_stops_at_a_bad_record_and_what_was_read_before_it_is_written(
    tag: Callable[..., bytes], tmp_path: Path
) -> None:
    data = b'{"id": "before", "text": "in NYC"}\nbroken\n{"id": "after", "text": "in LA"}\n'
    before, bad, after = rows_of(tag(data))
    assert (found(before), set(bad), found(after)) == (["NYC"], {"id", "error"}, ["LA"])
    assert tag.tally == Tally(3, 1)
    with pytest.raises(ValueError, match=r"in\.jsonl:2: "):
        tag(data, strict=True)
    assert rows_of((tmp_path / "out.jsonl.part").read_bytes()) == [before]


def test_a_lone_surrogate_is_tagged_and_written_escaped(tag: Callable[..., bytes]) -> None:
    out = tag(b'{"id": "\\ud83d\xc3\xa9", "text": "\\ud83d in \xc3\x89T\xc3\x89\\ud83d"}\n')
    assert out.startswith(b'{"id": "\\ud83d\xc3\xa9"')
    assert rows_of(out)[0]["id"] == "\ud83dé"


json_ids = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(json_ids)
def test_an_id_is_copied_with_its_json_type(id_: object) -> None:
    line = json.dumps({"id": id_, "text": "a"}).encode()
    (record,) = records(line)
    copied = json.loads(encode_row({"id": record.id}))["id"]
    assert json.dumps(copied) == json.dumps(id_)


def records(data: bytes, format_: str = "jsonl") -> list[Record]:
    from tweetner.streams.inputs import LINE_READERS

    return list(LINE_READERS[format_](pieces(data), "x", RecordOptions(), count(1)))


def pieces(data: bytes, size: int = 1 << 20) -> Lines:
    """Lines from a pipe whose reads return `size` bytes at most."""
    return Lines(Reads(data, size), "x")  # type: ignore[arg-type]


class Reads:
    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size, self.at = data, size, 0

    def read(self, _: int) -> bytes:
        self.at += self.size
        return self.data[self.at - self.size : self.at]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@given(
    data=st.lists(
        st.sampled_from([b"\n", b"\r", b"a", "é".encode(), "\u2028".encode(), b"\x0b\x0c\x1c"])
    ).map(b"".join)
)
def test_lines_end_at_lf_alone_however_the_bytes_arrive(size: int, data: bytes) -> None:
    expected = [line + b"\n" for line in data.split(b"\n")]
    expected[-1] = expected[-1][:-1]
    assert list(pieces(data, size)) == [line for line in expected if line]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_line_that_does_not_end_is_refused_before_it_fills_the_memory(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetner.streams.lines.LINE_BYTES", 20)
    assert list(pieces(b"a" * 19 + b"\n" + b"b" * 20, size)) == [b"a" * 19 + b"\n", b"b" * 20]
    with pytest.raises(ValueError, match="x: expected lines of at most 20 bytes, got a longer one"):
        list(pieces(b"a\n" + b"b" * 21, size))


A, B = b'{"id": "a", "text": "in NYC"}', b'{"id": "b", "text": "in LA"}'


# --- formats --------------------------------------------------------------------------------------------------------


def test_text_is_a_tweet_a_line_and_a_blank_line_an_empty_tweet(tag: Callable[..., bytes]) -> None:
    rows = rows_of(tag("in NYC\r\n\nLA\u2028now\ncaf\xe9 ".encode() + b"\xe9\nSF", "in.txt"))
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert [found(row) for row in (*rows[:3], rows[4])] == [["NYC"], [], ["LA"], ["SF"]]
    assert rows[3]["error"].endswith("in.txt:4: expected UTF-8, got other bytes at byte 6 of it")


CSV = b'\xef\xbb\xbfid,tweet,n\r\n07,"in ""NYC"",\r\nnow",1\r\nb,NA,2\r\nc,LA\r\nd,caf\xe9,4\r\n"e",null,5'


def test_e31_csv_keeps_quotes_line_ends_and_na(tag: Callable[..., bytes]) -> None:
    rows = rows_of(tag(CSV, "in.csv", reading=RecordOptions(column="tweet")))
    assert [(row["id"], found(row)) for row in (*rows[:2], rows[4])] == [
        ("07", ["NYC"]),
        ("b", ["NA"]),
        ("e", []),
    ]
    assert rows[0]["entities"][0]["start"] == 4
    assert [row["error"].split("in.csv:")[1] for row in rows[2:4]] == [
        "5: expected 3 columns, got 2",
        "6: expected UTF-8, got other bytes",
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"id,tweet\n1,a\n", r"in\.csv:1: expected one column 'text', got \['id', 'tweet'\]"),
        (b"text,text\na,b\n", r"in\.csv:1: expected one column 'text'"),
        (b'text\na\n"b\nc\n', r"in\.csv:3: expected CSV, got unexpected end of data"),
        (b'text\n"a"b\n', r"in\.csv:2: expected CSV, got ',' expected after"),
    ],
)
def test_a_csv_that_cannot_be_trusted_stops(
    tag: Callable[..., bytes], data: bytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        tag(data, "in.csv")


CONLL = b"in\tO\nNYC\tO\n\n\n#OOTD\tB-person\nLA\tO\n"


def test_conll_in_gives_conll_out_with_the_predicted_tag_last(
    tag: Callable[..., bytes], tmp_path: Path
) -> None:
    assert (
        tag(CONLL, "in.conll", out="out.conll")
        == b"in\tO\nNYC\tB-geo-loc\n\n#OOTD\tB-geo-loc\nLA\tB-geo-loc\n\n"
    )
    assert [tweet.words for tweet in read_conll(tmp_path / "out.conll")] == [
        ("in", "NYC"),
        ("#OOTD", "LA"),
    ]


def test_conll_in_gives_entities_in_the_words_joined_by_spaces(tag: Callable[..., bytes]) -> None:
    rows = rows_of(tag(CONLL, "in.conll"))
    assert [row["id"] for row in rows] == [1, 2]
    assert {**GEO, "score": rows[0]["entities"][0]["score"]} == rows[0]["entities"][0]
    assert [(entity["text"], entity["start"], entity["end"]) for entity in rows[1]["entities"]] == [
        ("#OOTD", 0, 5),
        ("LA", 6, 8),
    ]


def test_raw_text_gives_conll_of_the_models_own_words(tag: Callable[..., bytes]) -> None:
    assert (
        tag(b"in NYC, :-)\n", "in.txt", out="out.conll")
        == b"in\tO\nNYC\tB-geo-loc\n,\tO\n:-)\tO\n\n"
    )


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"a\tO\n\nb\n", "in.conll", r"in\.conll:3: expected 2 columns"),
        (A + b"\nbroken\n", "in.jsonl", r"in\.jsonl:2: expected JSON"),
        (b"in NYC\n\nLA\n", "in.txt", "tweet '2': expected at least one word, got none"),
    ],
)
def test_conll_has_no_place_for_an_error_and_stops(
    tag: Callable[..., bytes], tmp_path: Path, data: bytes, name: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        tag(data, name, out="out.conll")
    assert not (tmp_path / "out.conll").exists()
    assert (tmp_path / "out.conll.part").read_bytes().count(b"\n\n") == 1


def test_parquet_to_parquet_keeps_ids_and_has_an_error_column(
    tag: Callable[..., bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    from tweetner.streams import parquet as ours

    monkeypatch.setattr(ours, "ROWS_PER_GROUP", 2)
    texts = pa.array(
        [b"in NYC", None, b"caf\xe9", "\U0001f600 LA".encode(), b""], pa.binary()
    ).view(pa.string())
    table = pa.table({"n": [0] * 5, "tweet": texts, "id": [2**60, 2, 3, 4, 5]})
    parquet.write_table(table, tmp_path / "made.parquet")
    tag(
        (tmp_path / "made.parquet").read_bytes(),
        "in.parquet",
        out="out.parquet",
        reading=RecordOptions(column="tweet"),
        batch_size=2,
    )
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert parquet.ParquetFile(tmp_path / "out.parquet").num_row_groups == 3
    assert [row["id"] for row in rows] == [2**60, 2, 3, 4, 5]
    assert [row["entities"] and found(row) for row in rows] == [["NYC"], None, None, ["LA"], []]
    assert [(row["error"] or "").split("in.parquet: ")[-1] for row in rows] == [
        "",
        "row 2: expected 'tweet' to be a string, got null",
        "row 3: expected UTF-8, got other bytes at byte 3 of it",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([1, 2], [1, 2]),
        (["a", "b"], ["a", "b"]),
        ([1, "b", None, 1.5, True], ["1", "b", None, "1.5", "true"]),
        ([2**63], [str(2**63)]),
        (["\ud83d"], ["\ufffd"]),
    ],
)
def test_parquet_ids_are_integers_or_else_strings(
    tag: Callable[..., bytes], tmp_path: Path, ids, expected
) -> None:
    from pyarrow import parquet

    tag(
        "".join(json.dumps({"id": id_, "text": "in \ud83dNYC"}) + "\n" for id_ in ids).encode(),
        out="out.parquet",
    )
    assert parquet.read_table(tmp_path / "out.parquet")["id"].to_pylist() == expected


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"tweet": ["a"]}, r"expected one column 'text' of strings, got tweet \(string\)"),
        ({"text": [1]}, r"expected one column 'text' of strings, got text \(int64\)"),
        ({"text": ["a"], "id": [1.5]}, "expected ids that are strings or integers, got double"),
        (None, "expected Parquet: "),
    ],
)
def test_a_parquet_file_of_other_columns_is_refused(
    tag: Callable[..., bytes], tmp_path: Path, columns, reason
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    made = tmp_path / "made.parquet"
    made.write_bytes(b"not parquet") if columns is None else parquet.write_table(
        pa.table(columns), made
    )
    with pytest.raises(ValueError, match=reason):
        tag(made.read_bytes(), "in.parquet", out="out.parquet")
    assert not list(tmp_path.glob("out*"))


def test_min_score_leaves_out_entities_and_their_tags(tag: Callable[..., bytes]) -> None:
    assert found(rows_of(tag(b"in BOSTON and LA\n", "in.txt", min_score=0.95))[0]) == ["BOSTON"]
    assert (
        tag(b"BOSTON LA\n", "in.txt", out="out.conll", min_score=0.95)
        == b"BOSTON\tB-geo-loc\nLA\tO\n\n"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_e22_e27_order_and_answers_do_not_depend_on_the_batch(
    tag: Callable[..., bytes], size: int
) -> None:
    lines = [
        b'{"text": "in NYC"}',
        b"broken",
        b'{"text": "to LA and SF"}',
        b'{"text": "in NYC"}',
        b'{"text": ""}',
    ]
    rows = rows_of(tag(b"\n".join(lines), batch_size=size))
    assert [row["id"] for row in rows] == [1, None, 3, 4, 5]
    assert [found(row) for row in rows if "entities" in row] == [["NYC"], ["LA", "SF"], ["NYC"], []]


def test_numbers_go_on_from_input_to_input(tagger: Tagger, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("in NYC\n")
    (tmp_path / "b.jsonl").write_text('{"text": "in LA"}\n')
    (tmp_path / "c.conll").write_text("SF\n")
    names = [str(tmp_path / "[ab].*"), str(tmp_path / "c.conll")]
    with open_output(tmp_path / "out.jsonl", "jsonl") as output:
        tag_stream(tagger, Source(find_inputs(names)), output)
    rows = rows_of((tmp_path / "out.jsonl").read_bytes())
    assert [(row["id"], found(row)) for row in rows] == [(1, ["NYC"]), (2, ["LA"]), (3, ["SF"])]


# --- streaming ------------------------------------------------------------------------------------------------------


def test_e32_a_slow_producer_gets_its_answers_before_it_goes_on() -> None:
    reading, writing = os.pipe()
    source = Source([Input(Path(f"/dev/fd/{reading}"), "text")])
    stream = batches(source, source, 1024)
    os.write(writing, b"one\ntwo\nthr")
    assert [record.text for record in next(stream)] == ["one", "two"]
    threading.Timer(0.05, os.write, (writing, b"ee\n")).start()
    assert next(stream) == []  # which lets the tagger answer what it has
    assert [record.text for record in next(stream)] == ["three"]
    os.close(writing)
    assert list(stream) == [[]]
    os.close(reading)


def test_a_batch_is_full_where_the_records_are_there(
    tag: Callable[..., bytes], tagger: Tagger
) -> None:
    tag("".join(f"in NYC {number}\n" for number in range(2500)).encode(), "in.txt", batch_size=1000)
    assert tagger.backend.calls == [1000, 1000, 500]


def test_retweets_are_tagged_once(tag: Callable[..., bytes], tagger: Tagger) -> None:
    out = tag(b"in NYC\nin LA\n" * 500, "in.txt", batch_size=300)
    assert sum(tagger.backend.calls) == 2
    assert [found(row) for row in rows_of(out)] == [["NYC"], ["LA"]] * 500


def test_a_batch_of_very_long_tweets_ends_early(tag: Callable[..., bytes], tagger: Tagger) -> None:
    tag("".join(f"{number}{'x' * 400_000}\n" for number in range(5)).encode(), "in.txt")
    assert tagger.backend.calls == [3, 2]


# --- the output file ------------------------------------------------------------------------------------------------


def test_e33_what_would_destroy_something_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(A)
    (tmp_path / "link.jsonl").symlink_to(path)
    os.link(path, tmp_path / "hard.jsonl")
    for name in ("x.jsonl", "link.jsonl", "hard.jsonl"):
        with pytest.raises(ValueError, match="is the input and the output at once"):
            refuse_inputs_as_output(find_inputs([str(path)]), tmp_path / name)
    refuse_inputs_as_output(find_inputs([str(path)]), tmp_path / "new.jsonl")
    (tmp_path / "y.jsonl.part").write_bytes(A)
    with pytest.raises(ValueError, match="is the input and the output at once"):
        refuse_inputs_as_output(find_inputs([str(tmp_path / "y.jsonl.part")]), tmp_path / "y.jsonl")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("there.jsonl", {}, r"there\.jsonl: is there already; --force replaces it"),
        ("there.jsonl", {"resume": True}, r"there\.jsonl: is there already; --force replaces it"),
        (
            "half.jsonl",
            {},
            r"half\.jsonl\.part: is there already; --resume goes on from it, --force begins anew",
        ),
        ("no/out.jsonl", {}, r"out\.jsonl: there is no folder .*no"),
        ("folder", {"force": True}, "expected a file to write, got a folder"),
        ("out.parquet", {"resume": True}, "got Parquet, which cannot be continued"),
    ],
)
def test_e33_an_output_that_cannot_be_is_refused(
    tmp_path: Path, name: str, options: dict, reason: str
) -> None:
    (tmp_path / "there.jsonl").write_text("old")
    (tmp_path / "half.jsonl.part").write_text("old")
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(ValueError, match=reason),
        open_output(tmp_path / name, output_format_of(tmp_path / name), **options),
    ):
        pass
    assert (
        (tmp_path / "there.jsonl").read_text()
        == (tmp_path / "half.jsonl.part").read_text()
        == "old"
    )


def test_e33_an_unwritable_folder_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError), open_output(tmp_path / "out.jsonl", "jsonl"):
        pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("out.csv", "expected an output format of jsonl, parquet, conll, got csv"),
        ("out.txt", "got text"),
    ],
)
def test_e33_an_extension_that_means_an_input_format_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        output_format_of(Path(name))


def test_the_format_is_the_extensions_and_jsonl_by_default() -> None:
    names = ["a.jsonl", "a.ndjson", "a.PARQUET", "a.conll", "a", "a.dat"]
    assert [output_format_of(Path(name)) for name in names] == [
        "jsonl",
        "jsonl",
        "parquet",
        "conll",
        "jsonl",
        "jsonl",
    ]
    assert (output_format_of(None), output_format_of(Path("a.csv"), "conll")) == ("jsonl", "conll")


@pytest.mark.parametrize(
    ("names", "format_", "reason"),
    [
        (["no.jsonl"], None, r"no\.jsonl: no such file"),
        (["no*.jsonl"], None, r"no\*\.jsonl: no such file"),
        (["."], None, "expected a file, got a folder"),
        (["-", "-"], None, "expected standard input once"),
        (
            ["/dev/null"],
            "parquet",
            "/dev/null: expected Parquet from a file, got a pipe or a device",
        ),
        ([], "parquet", "stdin: expected Parquet from a file, got a pipe or a device"),
    ],
)
def test_inputs_that_cannot_be_are_refused(
    names: list[str], format_: str | None, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        find_inputs(names, format_)


def test_two_runs_never_write_one_part(tmp_path: Path) -> None:
    first = open_output(tmp_path / "out.jsonl", "jsonl")
    with first as output:
        output.write([{"id": 1, "entities": []}])
        with (
            pytest.raises(ValueError, match="another run is writing it"),
            open_output(tmp_path / "out.jsonl", "jsonl", force=True),
        ):
            pass
    assert (tmp_path / "out.jsonl").read_bytes() == b'{"id": 1, "entities": []}\n'


def test_an_output_is_there_only_when_it_is_complete(tmp_path: Path) -> None:
    def run() -> None:
        with open_output(tmp_path / "out.jsonl", "jsonl", force=True) as output:
            output.write([{"id": 1, "entities": []}])
            assert not (tmp_path / "out.jsonl").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run()
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl.part"]


def test_nothing_is_left_of_a_run_that_wrote_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_output(tmp_path / "out.jsonl", "jsonl"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


INPUTS = {
    "in.jsonl": A + b'\nbroken\n{"id": 3, "text": "\xc3\x89 SF"}\n' + B,
    "in.conll": CONLL + b"\n\xc3\x89\tO\n",
}


@pytest.mark.parametrize(("name", "out"), [("in.jsonl", "out.jsonl"), ("in.conll", "out.conll")])
@pytest.mark.slow
def test_resume_after_a_cut_at_any_byte_loses_and_doubles_nothing(
    tag: Callable[..., bytes], tmp_path: Path, name: str, out: str
) -> None:
    whole = tag(INPUTS[name], name, out=out)
    tally = tag.tally
    for cut in range(len(whole) + 1):
        (tmp_path / out).unlink()
        (tmp_path / f"{out}.part").write_bytes(whole[:cut])
        assert tag(INPUTS[name], name, out=out, resume=True, batch_size=2) == whole
        assert tag.tally == tally


def test_resume_tags_only_what_is_not_yet_tagged(
    tag: Callable[..., bytes], tagger: Tagger, tmp_path: Path
) -> None:
    data = "".join(f"in NYC {number}\n" for number in range(10)).encode()
    whole = tag(data, "in.txt")
    (tmp_path / "out.jsonl.part").write_bytes(
        b"".join(whole.splitlines(keepends=True)[:7]) + b'{"id": 8'
    )
    tagger.backend.calls.clear()
    assert tag(data, "in.txt", resume=True) == whole
    assert tagger.backend.calls == [3]


@pytest.mark.parametrize(
    ("data", "reason"),
    [(A + b"\n" + A + b"\n", "got another id for record 2: 'a'"), (A, "2 records or more, got 1")],
)
def test_resume_with_another_input_is_refused(
    tag: Callable[..., bytes], tmp_path: Path, data: bytes, reason: str
) -> None:
    part = tmp_path / "out.jsonl.part"
    (tmp_path / "out.jsonl.part").write_bytes(tag(A + b"\n" + B))
    before = part.read_bytes()
    with pytest.raises(ValueError, match=reason):
        tag(data, resume=True)
    assert part.read_bytes() == before
