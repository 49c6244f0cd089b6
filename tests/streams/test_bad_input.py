"""Streams with records that a plain loop loses, shifts or stops at."""

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tweetner.cli import main
from tweetner.streams import find_inputs
from tweetner.tagger import MajorityTagger
from tweetner.tags import tags_of
from tweetner.tokenization import splitter_tokenizer

ROOT = Path(__file__).parents[2]


TAGS = tags_of(["geo-loc", "person"])


BERLIN = '{"text": "in Berlin"}\n'


UTF8 = "expected UTF-8, got other bytes"


def bad(id_: str, line: str | bytes, record: object, reason: str) -> Any:
    """A JSONL line that is answered in its place by an error."""
    line = line.encode("utf-8") if isinstance(line, str) else line
    content = BERLIN.encode() + line + b"\n" + BERLIN.encode()
    rows = [(1, ["Berlin"]), (record, f"in.jsonl:2: {reason}"), (3, ["Berlin"])]
    return pytest.param(content, "in.jsonl", "", 1, rows, "1 of 3 records are errors", id=id_)


def good(
    id_: str, content: str | bytes, rows: list[Any], name: str = "in.jsonl", options: str = ""
) -> Any:
    return pytest.param(
        content.encode() if isinstance(content, str) else content,
        name,
        options,
        0,
        rows,
        "",
        id=id_,
    )


def refused(
    id_: str, content: str | bytes, reason: str, name: str = "in.jsonl", options: str = ""
) -> Any:
    content = content.encode() if isinstance(content, str) else content
    return pytest.param(content, name, options, 2, None, f"error: {reason}", id=id_)


def csv_of(*rows: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def parquet_of(names: list[str], *columns: list[Any]) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(list(map(pa.array, columns)), names), buffer)
    return buffer.getvalue()


STREAMS = [
    good("E3-empty", "", []),
    good("E3-only a BOM", "\ufeff", []),
    good("E1-empty tweet", '{"text": ""}\n', [(1, [])]),
    good("E12-line ends inside", r'{"text": "in\nBerlin\r\nNYC"}', [(1, ["Berlin", "NYC"])]),
    good(
        "E12-text is a tweet a line",
        "in Berlin\r\n\nNYC\u2028nina\n",
        [(1, ["Berlin"]), (2, []), (3, ["NYC", "nina"])],
        "in.txt",
    ),
    good(
        "E27-three tweets the same", BERLIN * 3, [(1, ["Berlin"]), (2, ["Berlin"]), (3, ["Berlin"])]
    ),
    good("E29-extra keys", '{"id": "x", "lang": "en", "text": "nina"}\n', [("x", ["nina"])]),
    good(
        "E29-id of any kind",
        '{"id": [null, {"a": 1.5}], "text": "nina"}\n',
        [([None, {"a": 1.5}], ["nina"])],
    ),
    good("E30-BOM", "\ufeff" + BERLIN * 2, [(1, ["Berlin"]), (2, ["Berlin"])]),
    good("E30-CRLF", BERLIN.replace("\n", "\r\n") * 2, [(1, ["Berlin"]), (2, ["Berlin"])]),
    good("E30-no final newline", BERLIN + BERLIN[:-1], [(1, ["Berlin"]), (2, ["Berlin"])]),
    good("E30-U+2028 raw", '{"text": "a\u2028Berlin\x85NYC"}\n', [(1, ["Berlin", "NYC"])]),
    good(
        "E30-half an emoji",
        r'{"id": "\ud83d", "text": "\ud83d Berlin"}' + "\n",
        [("\ud83d", ["Berlin"])],
    ),
    good("E32-line of 1 MB", '{"text": "' + "x" * 1_000_000 + ' Berlin"}\n', [(1, ["Berlin"])]),
    good(
        "E31-quotes and line ends",
        csv_of(["id", "text"], ["07", 'in "Berlin",\r\nNYC'], ["8", "NA"], ["9", "null"]),
        [("07", ["Berlin", "NYC"]), ("8", []), ("9", [])],
        "in.csv",
    ),
    good(
        "E31-column",
        "\ufefftweet,n\r\nin Berlin,1\r\n",
        [(1, ["Berlin"])],
        "in.csv",
        "--column tweet",
    ),
    good("E20-min-score instead of ignore_labels", BERLIN, [(1, [])], options="--min-score 1"),
    bad(
        "E28-cut off",
        '{"id": 1, "text": "in NYC"',
        None,
        "expected JSON: Expecting ',' delimiter at column 27",
    ),
    bad(
        "E28-two records in a line",
        '{"text": "a"} {"text": "b"}',
        None,
        "expected JSON: Extra data at column 15",
    ),
    bad("E28-deep", "[" * 200_000, None, "expected JSON, got too many brackets inside each other"),
    bad(
        "E28-pretty printed",
        "{",
        None,
        "expected JSON: Expecting property name enclosed in double quotes at column 2",
    ),
    bad(
        "E28-single quotes",
        "{'text': 'a'}",
        None,
        "expected JSON: Expecting property name enclosed in double quotes at column 2",
    ),
    bad("E28-comma behind it", '{"text": "a"},', None, "expected JSON: Extra data at column 14"),
    bad(
        "E28-control character",
        '{"text": "a\x01"}',
        None,
        "expected JSON: Invalid control character at at column 12",
    ),
    bad("E29-null", '{"id": "x", "text": null}', "x", "expected 'text' to be a string, got null"),
    bad("E29-number", '{"id": 7, "text": 5}', 7, "expected 'text' to be a string, got a number"),
    bad(
        "E29-boolean", '{"id": 7, "text": true}', 7, "expected 'text' to be a string, got a boolean"
    ),
    bad("E29-list", '{"id": 7, "text": ["a"]}', 7, "expected 'text' to be a string, got an array"),
    bad("E29-object", '{"id": 7, "text": {}}', 7, "expected 'text' to be a string, got an object"),
    bad(
        "E29-missing key",
        '{"id": 7, "tweet": "a"}',
        7,
        "expected the key 'text', got 'id', 'tweet'",
    ),
    bad("E29-key in capitals", '{"Text": "a"}', 2, "expected the key 'text', got 'Text'"),
    bad("E29-no key", "{}", 2, "expected the key 'text', got no key"),
    bad("E29-array as a record", '["a"]', None, "expected an object, got an array"),
    bad("E29-string as a record", '"a"', None, "expected an object, got a string"),
    bad("E29-null as a record", "null", None, "expected an object, got null"),
    bad(
        "E29-key twice",
        '{"id": 1, "text": "a", "text": "b"}',
        None,
        "expected each key once, got a key twice in one object",
    ),
    bad("E29-NaN", '{"id": NaN, "text": "a"}', None, "expected JSON, got NaN"),
    bad(
        "E29-1e999",
        '{"id": 1e999, "text": "a"}',
        None,
        "expected numbers that a float holds, got 1e999",
    ),
    bad(
        "extra-1e-400",
        '{"id": 1e-400, "text": "a"}',
        None,
        "expected numbers that a float holds, got 1e-400",
    ),
    good("extra-0e9", '{"id": -0.0e9, "text": "nina"}\n', [(0.0, ["nina"])]),
    bad(
        "E29-5,000 digits",
        '{"id": ' + "9" * 5000 + ', "text": "a"}',
        None,
        "Exceeds the limit (4300 digits)",
    ),
    bad("E30-blank", "", None, "expected an object, got a blank line"),
    bad("E30-spaces", " \t\r", None, "expected an object, got a blank line"),
    bad("E30-NBSP", "\xa0", None, "expected JSON: Expecting value at column 1"),
    bad(
        "E30-BOM inside",
        "\ufeff" + BERLIN[:-1],
        None,
        "expected JSON: Expecting value at column 1",
    ),
    bad("E30-Latin-1", b'{"id": 7, "text": "caf\xe9"}', None, f"{UTF8} at byte 22 of it"),
    bad("E30-CESU-8", b'{"id": 7, "text": "\xed\xa0\x80"}', None, f"{UTF8} at byte 19 of it"),
    pytest.param(
        b"a\ncaf\xe9\n",
        "in.txt",
        "",
        1,
        [(1, []), (2, f"in.txt:2: {UTF8} at byte 3 of it")],
        "1 of 2 records are errors",
        id="E30-text in Latin-1",
    ),
    pytest.param(
        b"id,text\n1,a\n2\n3,caf\xe9\n",
        "in.csv",
        "",
        1,
        [("1", []), (None, "in.csv:3: expected 2 columns, got 1"), (None, f"in.csv:4: {UTF8}")],
        "2 of 3 records are errors",
        id="E31-rows that are none",
    ),
    refused(
        "E28-strict",
        BERLIN + "broken\n",
        "in.jsonl:2: expected JSON: Expecting value at column 1",
        options="--strict",
    ),
    refused("E30-UTF-16", BERLIN.encode("utf-16"), "in.jsonl:1: expected UTF-8, got UTF-16"),
    refused("E30-half a gzip", b"\x1f\x8b\x08\0", "in.jsonl: expected gzip, got damaged data: "),
    refused(
        "E31-no such column",
        "id,tweet\n1,a\n",
        "in.csv:1: expected one column 'text', got ['id', 'tweet']",
        "in.csv",
    ),
    refused(
        "E31-semicolons",
        "id;text\n1;a\n",
        "in.csv:1: expected one column 'text', got ['id;text']; this looks like columns between "
        "';': --input-format csv --separator ';'",
        "in.csv",
    ),
    refused(
        "E31-column twice",
        "text,text\na,b\n",
        "in.csv:1: expected one column 'text', got ['text', 'text']",
        "in.csv",
    ),
    refused(
        "E31-quote left open",
        'text\na\n"b\nc\n',
        "in.csv:3: expected CSV, got unexpected end of data",
        "in.csv",
    ),
    refused(
        "E31-quote inside",
        'text\n"a"b\n',
        "in.csv:2: expected CSV, got ',' expected after '\"'",
        "in.csv",
    ),
    refused(
        "E33-output is the input",
        BERLIN,
        "in.jsonl: is the input and the output at once",
        options="--output in.jsonl --force",
    ),
    refused(
        "E33-output is there",
        BERLIN,
        "old.jsonl: is there already; --force replaces it",
        options="--output old.jsonl",
    ),
    refused(
        "E33-no folder",
        BERLIN,
        "no/out.jsonl: there is no folder no",
        options="--output no/out.jsonl",
    ),
    refused(
        "E33-a folder",
        BERLIN,
        "folder: expected a file to write, got a folder, a pipe or a device",
        options="--output folder",
    ),
    refused(
        "E33-a file as a folder",
        BERLIN,
        "old.jsonl/out.jsonl: there is no folder old.jsonl",
        options="--output old.jsonl/out.jsonl",
    ),
    refused(
        "E33-csv",
        BERLIN,
        "out.csv: expected an output format of jsonl, parquet, conll, got csv",
        options="--output out.csv",
    ),
    refused(
        "E33-nothing as a name",
        BERLIN,
        ".: expected a file to write, got a folder",
        options="--output ''",
    ),
    refused(
        "E33-Parquet resumed",
        BERLIN,
        "out.parquet: expected JSONL or CoNLL to resume, got Parquet, which cannot be continued",
        options="--output out.parquet --resume",
    ),
    pytest.param(
        BERLIN.encode(),
        "in.jsonl",
        "--column ''",
        1,
        [(1, "in.jsonl:1: expected the key '', got 'text'")],
        "1 of 1 records are errors",
        id="extra-column without a name",
    ),
    good("extra-Parquet", parquet_of(["text"], ["in Berlin"]), [(1, ["Berlin"])], "in.parquet"),
    refused(
        "extra-Parquet column twice",
        parquet_of(["text", "text"], ["a"], ["b"]),
        "in.parquet: expected one column 'text' of strings, got text (string), text (string)",
        "in.parquet",
    ),
    refused(
        "extra-Parquet id twice",
        parquet_of(["text", "id", "id"], ["a"], [1], [2]),
        "in.parquet: expected one column 'id', got ['text', 'id', 'id']",
        "in.parquet",
    ),
    refused(
        "extra-Parquet with damaged pages",
        b"PAR1" + b"\xff" * 20 + parquet_of(["text"], ["in Berlin"])[24:],
        "in.parquet: expected Parquet: ",
        "in.parquet",
    ),
    refused("E33-text is no Parquet", "PAR?", "in.parquet: expected Parquet: ", "in.parquet"),
    refused(
        "E20-no ignore_labels",
        BERLIN,
        "unrecognized arguments: --ignore_labels B-geo-loc",
        options="--ignore_labels B-geo-loc",
    ),
    refused(
        "E24-min-score",
        BERLIN,
        "--min-score: expected a number from 0 to 1, got nan",
        options="--min-score nan",
    ),
    refused("E22-batch", BERLIN, "--batch: expected 1 or more, got -1", options="--batch -1"),
    refused(
        "E31-column of text",
        "a\n",
        "--column: expected an input of jsonl, csv or parquet, got text",
        "in.txt",
        "--column a",
    ),
]


@pytest.mark.parametrize(("content", "name", "options", "status", "rows", "said"), STREAMS)
def test_every_record_is_answered_in_its_place_or_the_stream_refused_in_one_line(
    content: bytes,
    name: str,
    options: str,
    status: int,
    rows: list[tuple[object, list[str] | str]] | None,
    said: str,
    lexicon: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(content)
    Path("old.jsonl").write_text("old")
    Path("folder").mkdir()
    try:
        ended = main(["tag", str(lexicon), name, "--output", "out.jsonl", *shlex.split(options)])
    except SystemExit as end:
        ended = end.code  # type: ignore[assignment]
    error = capsys.readouterr().err
    assert (ended, error.count("\n")) == (status, int(bool(said)))
    assert error.startswith(said)
    assert (Path(name).read_bytes(), Path("old.jsonl").read_text()) == (content, "old")
    if rows is None:
        assert not Path("out.jsonl").exists()
        return
    answers = [json.loads(line) for line in Path("out.jsonl").read_bytes().split(b"\n")[:-1]]
    assert [answer["id"] for answer in answers] == [id_ for id_, _ in rows]
    for answer, (_, expected) in zip(answers, rows, strict=True):
        if isinstance(expected, str):
            assert answer["error"].startswith(expected)
        else:
            assert [entity["text"] for entity in answer["entities"]] == expected


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("nothing", id="extra-link to nothing"),
        pytest.param("link", id="extra-link to itself"),
    ],
)
def test_a_link_that_leads_to_no_file_is_refused(target: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(ValueError, match="link: expected a file, got a link that leads to none"):
        find_inputs([str(tmp_path / "link")])


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that starts at once; every word is a place to it."""
    folder = tmp_path_factory.mktemp("everywhere")
    MajorityTagger(TAGS[:3], frequencies=np.array([0.125, 0.75, 0.125])).save(folder)
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


C_LOCALE = "LC_ALL=C PYTHONIOENCODING=ascii PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"


@pytest.mark.parametrize(
    ("line", "status", "out", "error"),
    [
        pytest.param(
            "yes Berlin | tag | head -1 | cut -c 1-22; exit ${PIPESTATUS[1]}",
            141,
            '{"id": 1, "entities": \n',
            "",
            id="E32-endless input, closed output",
        ),
        pytest.param(
            f"echo Málaga | {C_LOCALE} tag | grep -o Málaga", 0, "Málaga\n", "", id="E35-C locale"
        ),
        pytest.param(
            "echo Berlin | tag > /dev/full",
            2,
            "",
            "error: [Errno 28] No space left on device\n",
            id="E33-disk full",
        ),
        pytest.param(
            "echo Berlin > f; tag f >> f",
            2,
            "",
            "error: f: is the input and the output at once\n",
            id="E33-appended to its input",
        ),
        pytest.param(
            "tag <&-", 2, "", "error: [Errno 9] Bad file descriptor\n", id="E32-no standard input"
        ),
        pytest.param(
            "printf '\\033[31mBerlin' | tag | grep -c '\\\\u001b'",
            0,
            "1\n",
            "",
            id="E38-terminal codes are escaped",
        ),
    ],
)
@pytest.mark.slow
def test_a_shell_line_ends_as_any_tool_would(
    line: str, status: int, out: str, error: str, everywhere: Path, tmp_path: Path
) -> None:
    command = shlex.join([sys.executable, "-m", "tweetner.cli", "tag", str(everywhere)])
    finished = subprocess.run(
        ["bash", "-c", f'tag() {{ {command} "$@" --input-format text; }}\n{line}'],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (status, out, error)
