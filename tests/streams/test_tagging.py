"""Tagging of streams: formats, batches, and the work of an interrupted run."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from tweetner.corpus import read_conll
from tweetner.streams import (
    RecordOptions,
    Source,
    Tally,
    find_inputs,
    open_output,
    output_format_of,
    tag_stream,
)
from tweetner.tagger import N_BUCKETS, Gate, Tagger, buckets_of
from tweetner.tagger.decoding import Emissions
from tweetner.tokenization import bounds_of, splitter_tokenizer

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


A, B = b'{"id": "a", "text": "in NYC"}', b'{"id": "b", "text": "in LA"}'


def test_text_is_a_tweet_a_line_and_a_blank_line_an_empty_tweet(tag: Callable[..., bytes]) -> None:
    rows = rows_of(tag("in NYC\r\n\nLA\u2028now\ncaf\xe9 ".encode() + b"\xe9\nSF", "in.txt"))
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5]
    assert [found(row) for row in (*rows[:3], rows[4])] == [["NYC"], [], ["LA"], ["SF"]]
    assert rows[3]["error"].endswith("in.txt:4: expected UTF-8, got other bytes at byte 6 of it")


CSV = (
    b'\xef\xbb\xbfid,tweet,n\r\n07,"in ""NYC"",\r\nnow",1\r\n'
    b'b,NA,2\r\nc,LA\r\nd,caf\xe9,4\r\n"e",null,5'
)


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


def test_parquet_fields_may_be_nested_and_of_any_type(
    tag: Callable[..., bytes], tmp_path: Path
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "data": [{"id": 7, "text": "in NYC"}, {"id": 8, "text": "LA"}],
            "time": [datetime(2026, 11, 28, 10, tzinfo=UTC), None],
            "likes": [3, 4],
            "tags": [["a"], []],
        }
    )
    parquet.write_table(table, tmp_path / "made.parquet")
    data = (tmp_path / "made.parquet").read_bytes()
    keep = {"time": "time", "likes": "likes", "tags": "tags", "text": "text"}
    reading = RecordOptions(column="data.text", id="data.id", keep=keep)
    rows = rows_of(tag(data, "in.parquet", reading=reading))
    assert [list(row.values())[:5] for row in rows] == [
        [7, "2026-11-28T10:00:00+00:00", 3, ["a"], "in NYC"],
        [8, None, 4, [], "LA"],
    ]
    tag(data, "in.parquet", out="out.parquet", reading=reading)
    kept = parquet.read_table(tmp_path / "out.parquet").select(list(keep)).to_pylist()
    assert kept == [
        {"time": "2026-11-28T10:00:00+00:00", "likes": 3, "tags": '["a"]', "text": "in NYC"},
        {"time": None, "likes": 4, "tags": "[]", "text": "LA"},
    ]


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


PAGES = b"""[{"data": [{"id": "7", "text": "in NYC", "lang": "en"}, 5, {"id": "8", "text": "LA"}]},
{"data": [{"id": "9", "text": "in SF", "note_tweet": {"text": "in SF and LA"}}]}]"""


INPUTS = {
    "in.json": PAGES,
    "in.csv": b"id,text,lang\n1,in NYC,en\n2\n3,LA,de\n",
    "in.jsonl": A + b'\nbroken\n{"id": 3, "text": "\xc3\x89 SF"}\n' + B,
    "in.conll": CONLL + b"\n\xc3\x89\tO\n",
}


@pytest.mark.parametrize(
    ("name", "out", "keep"),
    [
        ("in.jsonl", "out.jsonl", {}),
        ("in.conll", "out.conll", {}),
        ("in.json", "out.jsonl", {"text": "text", "lang": "lang"}),
        ("in.csv", "out.jsonl", {"language": "lang"}),
    ],
)
@pytest.mark.slow
def test_resume_after_a_cut_at_any_byte_loses_and_doubles_nothing(
    tag: Callable[..., bytes], tmp_path: Path, name: str, out: str, keep: dict[str, str]
) -> None:
    reading = RecordOptions(keep=keep)
    whole = tag(INPUTS[name], name, out=out, reading=reading)
    tally = tag.tally
    for cut in range(len(whole) + 1):
        (tmp_path / out).unlink()
        (tmp_path / f"{out}.part").write_bytes(whole[:cut])
        resumed = tag(INPUTS[name], name, out=out, reading=reading, resume=True, batch_size=2)
        assert resumed == whole
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


# --- triage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["out.jsonl", "out.parquet", "out.conll"])
def test_answers_say_whether_the_gate_or_the_model_gave_them(
    tagger: Tagger, tag: Callable[..., bytes], tmp_path: Path, out: str
) -> None:
    weights = np.zeros(N_BUCKETS, np.float32)
    weights[buckets_of("to")[2][0]] = 9
    tagger.gate = Gate(weights, -4.0, 0.5)  # passes the tweets with "to"
    written = tag(b"in ROME\nto ROME\n", "in.txt", out=out)
    if out == "out.conll":
        assert written == b"in\tO\nROME\tO\n\nto\tO\nROME\tB-geo-loc\n\n"
        return
    is_jsonl = out == "out.jsonl"
    rows = rows_of(written) if is_jsonl else parquet.read_table(tmp_path / out).to_pylist()
    assert [row["by"] for row in rows] == ["triage", "model"]
    assert [len(row["entities"]) for row in rows] == [0, 1]


# --- a record that the model fails on ---


class Fragile(Capitals):
    """A backend that fails on any batch with the word `BAD`, in the thread that it is given."""

    def __init__(self, fails_in: str) -> None:
        super().__init__()
        self.fails_in = fails_in

    def encode(self, tweets):
        self._check(tweets, "encode")
        return super().encode(tweets)

    def emissions(self, tweets):
        self._check(tweets, "emissions")
        return super().emissions(tweets)

    def _check(self, tweets, step: str) -> None:
        if step == self.fails_in and any("BAD" in tweet for tweet in tweets):
            raise IndexError("index out of range\nin self")


REASON = "the model cannot tag this tweet: IndexError index out of range in self"


@pytest.mark.parametrize("fails_in", ["encode", "emissions"])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_a_record_that_the_model_fails_on_is_an_error_in_its_place(
    fails_in: str, batch_size: int, tagger: Tagger, tag: Callable[..., bytes]
) -> None:
    tagger.backend = Fragile(fails_in)  # type: ignore[assignment]
    texts = ["in NYC", "BAD", "in LA", "broken", "BAD news", "BAD", "UK", "", "in ROME"]
    data = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in texts)
    rows = rows_of(tag(data.replace(b'{"text": "broken"}', b"{"), batch_size=batch_size))
    assert [row["id"] for row in rows] == [1, 2, 3, None, *range(5, 10)]
    assert [row.get("error") for row in rows if row["id"] in (2, 5, 6)] == [REASON] * 3
    assert [found(row) for row in rows if "entities" in row] == [
        ["NYC"], ["LA"], ["UK"], [], ["ROME"]
    ]  # fmt: skip
    assert tag.tally == Tally(9, 4)


def test_a_strict_stream_and_one_of_words_and_tags_end_in_one_line(
    tagger: Tagger, tag: Callable[..., bytes]
) -> None:
    tagger.backend = Fragile("emissions")  # type: ignore[assignment]
    data = b'{"id": "a", "text": "in NYC"}\n{"id": "b", "text": "BAD"}\n'
    with pytest.raises(ValueError, match=f"^record 'b': {REASON}$"):
        tag(data, strict=True)
    with pytest.raises(ValueError, match=f"^records from 'a': {REASON}$"):
        tag(data, out="out.conll")


def test_a_model_that_fails_on_everything_ends_the_stream(
    tagger: Tagger, tag: Callable[..., bytes]
) -> None:
    tagger.backend = Fragile("emissions")  # type: ignore[assignment]
    with pytest.raises(ValueError, match=f"^100 tweets in a row: {REASON}$"):
        tag(b'{"text": "BAD"}\n' * 100)


def test_a_line_break_parts_an_entity_in_words_and_tags_too(tag: Callable[..., bytes]) -> None:
    out = tag(b'{"text": "in NYC\\nLA"}\n', out="out.conll")
    assert out == b"in\tO\nNYC\tB-geo-loc\nLA\tB-geo-loc\n\n"
