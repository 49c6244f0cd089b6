"""The options that name the fields of records: text, id, and what is kept."""

import re
from collections.abc import Callable

import pytest

from tweetner.streams import Record, RecordOptions, parse_keep
from tweetner.streams.paths import MISSING, lookup

Read = Callable[..., list[Record]]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", {"b": {"c": 1}}),
        ("a.b.c", 1),
        ("d.e", 2),
        ("d", MISSING),
        ("list.1.x", 3),
        ("list.0", None),
        ("list.2", MISSING),
        ("list.x", MISSING),
        ("a.b.c.d", MISSING),
        ("null", None),
        ("null.x", MISSING),
        ("", MISSING),
    ],
)
def test_a_path_leads_through_objects_and_arrays_and_a_key_with_dots_is_one_key(
    path: str, value: object
) -> None:
    record = {"a": {"b": {"c": 1}}, "d.e": 2, "list": [None, {"x": 3}], "null": None}
    assert lookup(record, path) == value


def test_text_and_id_may_be_anywhere(read: Read) -> None:
    data = '{"doc": {"body": "in NYC", "key": {"n": 7}}}\n{"doc": {"body": "x"}}\n'
    first, second = read(data, column="doc.body", id="doc.key.n")
    assert (first.id, first.text) == (7, "in NYC")
    assert str(second.error).endswith(
        "in.jsonl:2: expected the key 'doc.key.n' for the id, got 'doc'"
    )
    assert second.id is None


@pytest.mark.parametrize(
    "name", ["tweet_id", "ID", " id", "id ", "Id", "_id", "id_str", "Tweet ID"]
)
@pytest.mark.parametrize("form", ["in.jsonl", "in.csv", "in.tsv"])
def test_an_id_of_another_name_is_pointed_out(read: Read, name: str, form: str) -> None:
    data = {
        "in.jsonl": f'{{"{name}": "7", "text": "a"}}',
        "in.csv": f"{name},text\n7,a\n",
        "in.tsv": f"{name}\ttext\n7\ta\n",
    }[form]
    reason = (
        f"expected the key 'id', got '{name}'; --id '{name}' takes it, --id '#' numbers the records"
    )
    if form == "in.jsonl":
        assert reason in str(read(data, form)[0].error)
    else:
        with pytest.raises(ValueError, match=re.escape(f"{form}:1: {reason}")):
            read(data, form)
    assert [record.id for record in read(data, form, id=name)] == ["7"]
    assert [record.id for record in read(data, form, id="#")] == [1]


def test_an_id_beside_one_of_another_name_is_the_id(read: Read) -> None:
    assert read('{"id": 7, "id_str": "7", "tweet_id": 8, "text": "a"}')[0].id == 7


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "a"}', "expected the key 'key' for the id, got 'text'"),
        ('{"key": null, "text": "a"}', "expected an id at 'key', got nothing"),
        ('{"key": "", "text": "a"}', "expected an id at 'key', got nothing"),
    ],
)
def test_a_record_without_the_id_that_is_named_gets_no_number(
    read: Read, line: str, reason: str
) -> None:
    (record,) = read(line, id="key")
    assert record.id is None
    assert str(record.error).endswith(f"in.jsonl:1: {reason}")


def test_a_zero_is_an_id(read: Read) -> None:
    assert read('{"key": 0, "text": "a"}', id="key")[0].id == 0


def test_kept_fields_of_csv_and_text(read: Read) -> None:
    keep = {"time": "created_at", "text": "text"}
    (record,) = read("created_at,tweet\nnow,in NYC\n", "in.csv", column="tweet", keep=keep)
    assert record.kept == {"time": "now", "text": "in NYC"}
    (record,) = read("in NYC\n", "in.txt", keep={"text": "text"})
    assert record.kept == {"text": "in NYC"}
    (record,) = read("in\nNYC\n", "in.conll", keep={"text": "text"})
    assert record.kept == {"text": "in NYC"}


def test_a_table_without_a_column_that_is_kept_is_refused(read: Read) -> None:
    with pytest.raises(ValueError, match="expected one column 'created_at', got "):
        read("text\na\n", "in.csv", keep={"created_at": "created_at"})


@pytest.mark.parametrize(
    ("names", "keep"),
    [
        ([], {}),
        (["text", "a.b", "n=a.b"], {"text": "text", "b": "a.b", "n": "a.b"}),
        (["data.text"], {"text": "data.text"}),
        (["a=b=c"], {"a": "b=c"}),
    ],
)
def test_kept_fields_have_the_last_name_of_their_path_or_a_new_one(
    names: list[str], keep: dict[str, str]
) -> None:
    assert parse_keep(names) == keep


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["id"], "every answer has its own 'id'"),
        (["data.entities"], "every answer has its own 'entities'"),
        (["truncated=x"], "every answer has its own 'truncated'"),
        (["a.x", "b.x"], "expected different names, got 'x' twice"),
        (["=x"], "expected PATH or NAME=PATH, got '=x'"),
        (["x="], "expected PATH or NAME=PATH, got 'x='"),
        ([""], "expected PATH or NAME=PATH, got ''"),
        (["a."], "expected PATH or NAME=PATH, got 'a.'"),
    ],
)
def test_names_that_an_answer_cannot_have_are_refused(names: list[str], reason: str) -> None:
    with pytest.raises(ValueError, match=f"--keep: {reason}"):
        parse_keep(names)


def test_the_fast_way_gives_what_the_other_gives() -> None:
    options = RecordOptions()
    for record in (
        {"id": 7, "text": "a"},
        {"id": None, "text": ""},
        {"id": [1], "text": "b", "x": 1},
    ):
        plain = options.read_plain(record)
        assert plain is not None
        assert plain == options.read(record, 1, "x:1")
    for record in (
        {"text": "a"},
        {"id": 7},
        {"id": 7, "text": None},
        {"id": 7, "text": "a", "id_str": "7"},
    ):
        assert options.read_plain(record) is None
    assert RecordOptions(id="id").read_plain({"id": 7, "text": "a"}) is None
