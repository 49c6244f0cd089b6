"""Reading corpora: files that break other readers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import (
    Corpus,
    Tweet,
    audit,
    audit_warnings,
    load_corpus,
    load_tweets,
    to_dataset_dict,
)

ROOT = Path(__file__).parents[2]
TYPES = ("person", "geo-loc")
Row = list[tuple[str, str]]
Content = str | bytes | Callable[[Path], object]

AWH: Row = [("awh", "O")]
NYC: Row = [("in", "O"), ("NYC", "B-geo-loc")]

NOT_UTF8 = "expected UTF-8, got other bytes at byte"
NO_TWEET = "expected at least one tweet, got none"
NO_WORD = "expected a word in the first column, got none"
NO_TAG = "expected a tag O, B-TYPE or I-TYPE, got"
NO_INDEX = "expected the word in the first column, got an index"
ONE_COLUMN = 'expected "token<TAB>tag", got 1 column'
CR_INSIDE = "expected lines that end in LF or CRLF, got a CR inside a line"
NOWHERE = "expected wnut16, sample, or an existing folder or file"
DECLARED = "declared: person, geo-loc"
BILOU = "the file looks like BIOES (BILOU): pass --scheme BIOES"
BIOES = "the file looks like BIOES or BMES: pass --scheme BIOES or --scheme BMES"
NO_RECORD = "expected lists of strings tokens and ner_tags, or text with entities"
NO_ENTITY = 'expected an entity {"type", "start", "end"} inside the text, got'


def row(
    id_: str, content: Content, outcome: list[Row] | str, name: str = "f.conll", **options: Any
) -> Any:
    """Give a file's content, its tweets or the line that refuses it, and reading options."""
    return pytest.param(content, outcome, name, options, id=id_)


def record(id_: str, line: str | bytes, outcome: Row | str) -> Any:
    """A line of JSONL behind a good one."""
    line = line.encode("utf-8") if isinstance(line, str) else line
    content = b'{"tokens": ["awh"], "ner_tags": ["O"]}\n' + line + b"\n"
    return row(
        id_,
        content,
        [AWH, outcome] if isinstance(outcome, list) else f"f.jsonl{outcome}",
        "f.jsonl",
    )


def saved(
    id_: str, columns: dict[str, list[Any]], outcome: list[Row] | str, names: tuple[str, ...] = ()
) -> Any:
    """A Parquet file of `datasets`, `ner_tags` being of the given tag names."""

    def write(path: Path) -> None:
        from datasets import ClassLabel, Dataset, Features, List

        dataset = Dataset.from_dict(columns)
        if names:
            tags = List(ClassLabel(names=list(names)))
            dataset = Dataset.from_dict(
                columns, features=Features({**dataset.features, "ner_tags": tags})
            )
        dataset.to_parquet(str(path))

    return row(id_, write, outcome, "f.parquet", types=None)


def cut(path: Path) -> None:
    """A Parquet file that lost its first bytes, as a download that was resumed wrongly."""
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"tokens": [["awh"]]}), path)
    path.write_bytes(path.read_bytes()[20:])


IOB2 = ("O", "B-person", "I-person")

READING = [
    # bytes and lines
    row("A1-bom", "\ufeffawh\tO\n", [AWH]),
    row("A1-bom-on-an-empty-line", "\ufeff\nawh\tO\n", [AWH]),
    row("A1-bom-and-crlf", "\ufeffawh\tO\r\n", [AWH]),
    row("A3-crlf", "in\tO\r\nNYC\tB-geo-loc\r\n\r\nawh\tO\r\n", [NYC, AWH]),
    row("A3-crlf-no-final-newline", "awh\tO\r\n\r\nawh\tO", [AWH, AWH]),
    row("A3-cr-alone", "a\tO\rb\tO\r", f"f.conll:1: {CR_INSIDE}"),
    row("A3-cr-cr-lf", "awh\tO\r\r\n", f"f.conll:1: {CR_INSIDE}"),
    *(
        row(
            f"A5-U+{ord(character):04X}",
            f"a{character}b\tO\n{character}\tO\n",
            [[(f"a{character}b", "O"), (character, "O")]],
        )
        for character in "\u2028\u2029\x85\x0b\x0c\x1c\xa0\u3000"
    ),
    row("A6-latin-1", b"awh\tO\ncaf\xe9\tO\n", f"f.conll:2: {NOT_UTF8} 9"),
    row("A6-latin-1-after-a-bom", b"\xef\xbb\xbf\xe9\tO\n", f"f.conll:1: {NOT_UTF8} 3"),
    row("A6-cesu-8", b"\xed\xa0\xbd\xed\xb8\x80\tO\n", f"f.conll:1: {NOT_UTF8} 0"),
    row("A6-utf-8-cut-off", "awh\tO\nx\tO\ncafé".encode()[:-1], f"f.conll:3: {NOT_UTF8} 13"),
    row("A6-utf-16", "awh\tO\n".encode("utf-16"), f"f.conll:1: {NOT_UTF8} 0"),
    row(
        "A6-utf-16-without-a-bom",
        "awh\tO\n".encode("utf-16-le"),
        f"f.conll:1: {NO_TAG} '\\x00O\\x00'",
    ),
    row("A8-nul", "a\0b\tO\n\0\tO\n", [[("a\0b", "O"), ("\0", "O")]]),
    row("A8-nothing-but-nul", b"\0" * 9, f"f.conll:1: {ONE_COLUMN}"),
    row("A9-tab-space-cr", "awh\tO\n\t\nawh\tO\n \nawh\tO\n\r\nawh\tO\n \t \n", [AWH] * 4),
    *(
        row(
            f"A9-U+{ord(character):04X}",
            f"awh\tO\n{character}\nawh\tO\n",
            "f.conll:2: expected a word or an empty line, got only white space "
            f"(U+{ord(character):04X})",
        )
        for character in "\xa0\x0c\u3000"
    ),
    row("A9-zero-width-space", "awh\tO\n\u200b\nawh\tO\n", f"f.conll:2: {ONE_COLUMN}"),
    row("A10-blank-lines-around-and-between", "\n\n\nawh\tO\n\n\n\n\nawh\tO\n\n\n", [AWH, AWH]),
    row("A10-empty", "", f"f.conll: {NO_TWEET}"),
    row("A10-only-blank-lines", "\n\n \n-DOCSTART- O\n", f"f.conll: {NO_TWEET}"),
    row("A11-no-blank-line-at-the-end", "awh\tO\n\nin\tO\nNYC\tB-geo-loc", [AWH, NYC]),
    # words
    *(
        row(f"{number}-{word}", f"{word}\tO\nNYC\tB-geo-loc\n", [[(word, "O"), NYC[1]]])
        for number, words in {
            "A13": ['"', "'", '""', "\\", ",", '"a', "'b,c"],
            "A14": ["null", "NA", "nan", "N/A", "None", "True", "1.0", "1e5", "-"],
            "A15": ["#", "#NYC", "##", "#1"],
            "A34": ["e\u0301", "Ａ", "\ufb01", "a\u200d", "\u200cb", "\u202eabc\u202c"],
        }.items()
        for word in words
    ),
    row("A34-bom-inside-a-file", "awh\tO\n\n\ufeffx\tO\n", [AWH, [("\ufeffx", "O")]]),
    # columns
    row("A16-docstart-split-otherwise", "-DOCSTART- -X- O O\n\nawh\tO\n", [AWH]),
    row("A16-docstart-ends-a-tweet", "-DOCSTART-\nawh\tO\n-DOCSTART-\tO\nawh\tO\n", [AWH, AWH]),
    row("A16-only-the-whole-word", "-DOCSTART-x\tO\n", [[("-DOCSTART-x", "O")]]),
    row("A17-four-columns-spaces", "in IN X O\nNYC NN  X B-geo-loc\n", [NYC]),
    row("A17-four-columns-tabs", "in\tIN\tX\tO\nNYC\tNN\tX\tB-geo-loc\n", [NYC]),
    row("A17-a-tab-keeps-spaces", "New York\tB-geo-loc\n", [[("New York", "B-geo-loc")]]),
    row("A18-index-first", "1\tawh\tO\n2\tNYC\tB-geo-loc\n\n", f"f.conll: {NO_INDEX} (1, 2, ...)"),
    row("A18-index-from-0", "0 awh O\n1 NYC O\n", f"f.conll: {NO_INDEX} (0, 1, ...)"),
    row(
        "A18-tag-first", "O\tawh\nO\tNYC\n", f"f.conll:1: {NO_TAG} 'awh'; are the columns swapped?"
    ),
    row("A18-conll-u", "# sent_id = 1\n1\tawh\tO\n", f"f.conll:1: {NO_TAG} '1'"),
    row("A20-one-column", "awh\tO\nNYC\n", f"f.conll:2: {ONE_COLUMN}"),
    row("A20-csv", "awh,O\nNYC,B-geo-loc\n", f"f.conll:1: {ONE_COLUMN}"),
    row(
        "A20-more-columns",
        "awh O\nNew York B-geo-loc\n",
        "f.conll:2: expected 2 columns as on the lines before, got 3",
    ),
    row("A20-no-word", "\tO\n", f"f.conll:1: {NO_WORD}"),
    row("A20-blank-word", " \tO\n", f"f.conll:1: {NO_WORD}"),
    row("A20-trailing-tab", "awh\tO\t\n", f"f.conll:1: {NO_TAG} ''"),
    # tags
    *(
        row(f"A21-{tag}", f"awh\tO\nx\t{tag}\n", f"f.conll:2: {NO_TAG} {tag!r}")
        for tag in [
            "b-person",
            "B_person",
            "B",
            "0",
            "o",
            "",
            "O ",
            "person",
            "-X-",
            "Ｂ-person",
            "O\u200b",
            "\ufeffO",
        ]
    ),
    *(
        row(
            f"A21-{tag}",
            f"x\t{tag}\n",
            f"f.conll:1: type {tag[2:]!r} of tag {tag!r} is not declared; {DECLARED}",
        )
        for tag in ["B-Person", "B-", "I--person", "B-geo loc", "B-ｐerson", "B-person ", "B-loc"]
    ),
    *(
        row(f"A23-{tag}", f"x\tB-person\ny\t{tag}\n", f"f.conll:2: {NO_TAG} {tag!r}{hint}")
        for tag, hint in {
            "E-person": f"; {BIOES}",
            "S-person": f"; {BIOES}",
            "M-person": f"; {BIOES}",
            "L-person": f"; {BILOU}",
            "U-person": f"; {BILOU}",
            "Other": "",
        }.items()
    ),
    row(
        "A23-iob1",
        "EU\tI-geo-loc\n\nEve\tI-person\nAnn\tB-person\n\nNYC\tI-geo-loc\n",
        "f.conll: expected IOB2, got 3 entities that begin with I- and 0 with B-; "
        "the file looks like IOB1: pass --scheme IOB1",
    ),
    *(
        row(
            f"A23-{scheme}-{tags}",
            "".join(f"x\t{tag}\n" for tag in tags.split()),
            [[("x", t) for t in iob2.split()]],
            scheme=scheme,
        )
        for scheme, tags, iob2 in [
            (
                "IOB1",
                "I-person I-person B-person O I-geo-loc",
                "B-person I-person B-person O B-geo-loc",
            ),
            (
                "BIOES",
                "B-person I-person E-person S-geo-loc O",
                "B-person I-person I-person B-geo-loc O",
            ),
            ("BIOES", "B-person L-person U-geo-loc", "B-person I-person B-geo-loc"),
            (
                "BMES",
                "B-person M-person E-person S-geo-loc",
                "B-person I-person I-person B-geo-loc",
            ),
            # what is ill-formed there: an end ends, so no two entities become one
            ("BIOES", "S-person I-person E-person", "B-person B-person I-person"),
            ("BIOES", "B-person E-person E-person", "B-person I-person B-person"),
            ("BMES", "S-person M-person", "B-person B-person"),
        ]
    ),
    row(
        "A23-BMES-in-BIOES",
        "x\tM-person\n",
        "f.conll:1: expected a tag of BIOES, got 'M-person'",
        scheme="BIOES",
    ),
    row("A24-after-o", "a\tO\nb\tI-person\n", [[("a", "O"), ("b", "I-person")]]),
    row(
        "A24-after-another-type",
        "a\tB-person\nb\tI-geo-loc\n",
        [[("a", "B-person"), ("b", "I-geo-loc")]],
    ),
    row(
        "A24-after-a-blank-line",
        "a\tB-person\n\nb\tI-person\n",
        [[("a", "B-person")], [("b", "I-person")]],
    ),
    *(
        row(
            f"A25-{type_}",
            f"x\tB-{type_}\ny\tI-{type_}\n",
            [[("x", f"B-{type_}"), ("y", f"I-{type_}")]],
            types=(type_,),
        )
        for type_ in ["geo-loc", "PER.NAM", "location-stop", "x_1", "2"]
    ),
    # files
    row("A31-missing", lambda path: None, f"f.conll: {NOWHERE}"),
    row("A31-link-to-itself", lambda path: path.symlink_to(path.name), f"f.conll: {NOWHERE}"),
    row("A31-fifo", os.mkfifo, "f.conll: expected a file, got a pipe or a device"),
    row(
        "A31-fifo-parquet",
        os.mkfifo,
        "f.parquet: expected a file, got a pipe or a device",
        "f.parquet",
    ),
    row(
        "A31-gzip",
        b"\x1f\x8b\x08\0",
        "f.conll: expected plain text, got a gzip file; unpack it first",
    ),
    row("A31-zip", b"PK\x03\x04\x14\0", f"f.conll:1: {ONE_COLUMN}"),
    row(
        "A31-git-lfs-pointer",
        "version https://x.org/spec/v1\n",
        f"f.conll:1: {NO_TAG} 'https://x.org/spec/v1'",
    ),
    row("A31-html", "<!DOCTYPE html>\n", f"f.conll:1: {NO_TAG} 'html>'"),
    row(
        "A31-folder-without-splits",
        Path.mkdir,
        "f.conll: expected files train, dev, test (as train, train.conll, x_train.txt, x.train), "
        "got an empty folder; --train_file, --dev_file, --test_file name others",
    ),
    row("A31-parquet-is-text", "PAR?", "f.parquet: expected Parquet: ", "f.parquet"),
    row(
        "A31-parquet-cut",
        cut,
        "f.parquet: expected Parquet: Couldn't deserialize thrift",
        "f.parquet",
    ),
    row(
        "A31-parquet-is-a-folder",
        Path.mkdir,
        "f.parquet: expected a folder of Dataset.save_to_disk: ",
        "f.parquet",
    ),
    # JSONL
    row("A10-jsonl-empty", "", f"f.jsonl: {NO_TWEET}", "f.jsonl"),
    row(
        "A1-jsonl-bom-crlf-blank",
        '\ufeff{"tokens": ["awh"], "ner_tags": ["O"]}\r\n\r\n',
        [AWH],
        "f.jsonl",
    ),
    record(
        "A5-jsonl-U+2028",
        '{"text": "in\u2028NYC", "entities": [{"type": "geo-loc", "start": 3, "end": 6}]}',
        NYC,
    ),
    record("A6-jsonl-latin-1", b'{"text": "caf\xe9"}', f":2: {NOT_UTF8} 52"),
    record(
        "A6-jsonl-half-an-emoji",
        r'{"text": "a \ud83d", "entities": []}',
        ":2: expected text that UTF-8 can hold, got a lone surrogate",
    ),
    record(
        "A6-jsonl-half-an-emoji-in-words",
        r'{"tokens": ["\ud83d"], "ner_tags": ["O"]}',
        ":2: expected text that UTF-8 can hold, got a lone surrogate",
    ),
    record("A9-jsonl-nbsp", "\xa0", ":2: expected JSON: Expecting value at column 1"),
    record(
        "A14-jsonl-words",
        '{"tokens": ["null", "NA", ""], "ner_tags": ["O", "O", "O"]}',
        [("null", "O"), ("NA", "O"), ("", "O")],
    ),
    record(
        "A20-jsonl-fewer-tags",
        '{"id": 7, "tokens": ["a", "b"], "ner_tags": ["O"]}',
        ":2: tweet '7': expected one tag a word, got 2 words and 1 tags",
    ),
    record(
        "A21-jsonl-typo",
        '{"id": 7, "tokens": ["a"], "ner_tags": ["b-person"]}',
        f":2: tweet '7': {NO_TAG} 'b-person'",
    ),
    record(
        "A26-jsonl-undeclared",
        '{"id": 7, "tokens": ["x"], "ner_tags": ["B-x"]}',
        f":2: tweet '7': type 'x' of tag 'B-x' is not declared; {DECLARED}",
    ),
    record(
        "A31-jsonl-cut-off", '{"id": "7"', ":2: expected JSON: Expecting ',' delimiter at column 11"
    ),
    record("A31-jsonl-array", "[1]", ":2: expected an object, got an array"),
    record(
        "A31-jsonl-deep",
        "[" * 100_000,
        ":2: expected JSON, got too many brackets inside each other",
    ),
    record(
        "A31-jsonl-nan", '{"id": NaN, "text": "a", "entities": []}', ":2: expected JSON, got NaN"
    ),
    record(
        "A31-jsonl-key-twice",
        '{"text": "a", "text": "b", "entities": []}',
        ":2: expected each key once, got a key twice in one object",
    ),
    record(
        "A31-jsonl-id-null",
        '{"id": null, "text": "a", "entities": []}',
        ":2: expected an id that is a string or an integer, got null",
    ),
    record("A31-jsonl-label-ids", '{"tokens": ["in"], "ner_tags": [0]}', [("in", "O")]),
    record(
        "A31-jsonl-label-ids-outside",
        '{"tokens": ["in"], "ner_tags": [5]}',
        ":2: expected labels from 0 to 4, got [5]",
    ),
    record("A31-jsonl-no-tags", '{"tokens": ["in"]}', f":2: {NO_RECORD}"),
    record(
        "A31-jsonl-words-as-a-string", '{"tokens": "in", "ner_tags": ["O"]}', f":2: {NO_RECORD}"
    ),
    record(
        "A31-jsonl-text-null",
        '{"text": null, "entities": []}',
        ":2: expected a string text and a list entities",
    ),
    record(
        "A31-jsonl-text-without-entities",
        '{"text": "x"}',
        ":2: expected a string text and a list entities",
    ),
    record(
        "A31-jsonl-no-word",
        '{"id": 7, "text": " ", "entities": []}',
        ": tweet '7': expected at least one word, got none",
    ),
    record(
        "A31-jsonl-entity-as-a-list",
        '{"text": "x", "entities": [[0, 1]]}',
        f":2: {NO_ENTITY} [0, 1]",
    ),
    record(
        "A31-jsonl-entity-too-long",
        '{"text": "x", "entities": [{"type": "person", "start": 0, "end": 2}]}',
        f":2: {NO_ENTITY} {{'type': 'person', 'start': 0, 'end': 2}}",
    ),
    record(
        "A31-jsonl-entity-of-booleans",
        '{"text": "x", "entities": [{"type": "person", "start": false, "end": true}]}',
        f":2: {NO_ENTITY} {{'type': 'person', 'start': False, 'end': True}}",
    ),
    record(
        "A31-jsonl-entity-inside-a-word",
        '{"id": 7, "text": "xy", "entities": [{"type": "person", "start": 0, "end": 1}]}',
        ":2: tweet '7': entity ('person', 0, 1) begins or ends inside a word or on white space",
    ),
    record(
        "A31-jsonl-entities-overlap",
        '{"id": 7, "text": "xy", "entities": [{"type": "person", "start": 0, "end": 2}, '
        '{"type": "geo-loc", "start": 0, "end": 2}]}',
        ":2: tweet '7': entity ('geo-loc', 0, 1) overlaps another one",
    ),
    # Parquet of `datasets`
    saved(
        "A14-parquet",
        {"tokens": [["null", "NA"]], "ner_tags": [[0, 1]]},
        [[("null", "O"), ("NA", "B-person")]],
        IOB2,
    ),
    saved("A10-parquet-empty", {"tokens": [], "ner_tags": []}, f"f.parquet: {NO_TWEET}", IOB2),
    saved(
        "A14-parquet-number",
        {"tokens": [[5]], "ner_tags": [[0]]},
        "f.parquet: tweet '1': expected words that are strings, got [5]",
        IOB2,
    ),
    saved(
        "A14-parquet-null",
        {"tokens": [["a", None]], "ner_tags": [[0, 0]]},
        "f.parquet: tweet '1': expected words and labels, got null",
        IOB2,
    ),
    saved(
        "A20-parquet-no-word",
        {"tokens": [[]], "ner_tags": [[]]},
        "f.parquet: tweet '1': expected at least one word, got none",
        IOB2,
    ),
    saved(
        "A20-parquet-fewer-tags",
        {"tokens": [["a", "b"]], "ner_tags": [[0]]},
        "f.parquet: tweet '1': expected one tag a word, got 2 words and 1 tags",
        IOB2,
    ),
    saved(
        "A21-parquet-label",
        {"tokens": [["a"]], "ner_tags": [[-1]]},
        "f.parquet: tweet '1': expected labels from 0 to 2, got [-1]",
        IOB2,
    ),
    saved(
        "A23-parquet-bioes",
        {"tokens": [["a"]], "ner_tags": [[1]]},
        f"f.parquet: tweet '1': {NO_TAG} 'S-person'; {BIOES}",
        ("O", "S-person"),
    ),
    saved(
        "A27-parquet-no-names",
        {"tokens": [["a"]], "ner_tags": [[1]]},
        "f.parquet: tweet '1': the tags are numbers without names: --types gives the types",
    ),
    saved(
        "A29-parquet-id-null",
        {"id": ["x", None], "tokens": [["a"], ["b"]], "ner_tags": [[0], [0]]},
        "f.parquet: row 2: expected an id, got null",
        IOB2,
    ),
]


@pytest.mark.parametrize(("content", "outcome", "name", "options"), READING)
def test_a_file_is_read_as_it_stands_or_refused_in_one_line_with_its_place(
    content: Content,
    outcome: list[Row] | str,
    name: str,
    options: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    if callable(content):
        content(Path(name))
    else:
        Path(name).write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

    def read() -> list[Row]:
        tweets = load_tweets(name, **{"types": TYPES} | options)
        return [list(zip(tweet.words, tweet.gold, strict=True)) for tweet in tweets]

    if isinstance(outcome, list):
        assert read() == outcome
        return
    with pytest.raises(ValueError) as refusal:
        read()
    assert str(refusal.value).startswith(outcome)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "warnings"),
    [
        pytest.param(
            "a\tB-person\n\nb\tI-person\n",
            ["f.conll: 1 I- tags continue no entity of their type; kept as they are"],
            id="A24-one",
        ),
        pytest.param(
            "a\tI-person\nb\tI-geo-loc\n",
            ["f.conll: 2 I- tags continue no entity of their type; kept as they are"],
            id="A24-two",
        ),
        pytest.param("a\tB-person\nb\tI-person\n", [], id="A24-none"),
    ],
)
def test_ill_formed_tags_are_kept_and_counted(
    content: str,
    warnings: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.conll").write_text(content)
    load_tweets("f.conll", types=TYPES)
    assert caplog.messages == warnings


# --- a folder of splits ---------------------------------------------------------------------------

PERSON, MOVIE, NONE = "Ann\tB-person\n", "Jaws\tB-movie\n", "awh\tO\n"


def save_half(folder: Path) -> None:
    """What an interrupted copy of a saved `DatasetDict` leaves."""
    corpus = Corpus(
        "c", TYPES, {split: [Tweet("1", ("awh",), ("O",))] for split in ("train", "test")}
    )
    to_dataset_dict(corpus).save_to_disk(str(folder))
    (folder / "train" / "state.json").unlink()


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        pytest.param(
            {"train": PERSON, "dev": MOVIE},
            {"train": ["B-person"], "dev": ["B-movie"]},
            id="A26-declared-but-not-in-train",
        ),
        pytest.param(
            {"train": PERSON, "dev": "x\tB-per\n"},
            "c/dev:1: type 'per' of tag 'B-per' is not declared; declared: person, movie; "
            "to declare all that occur: --types person movie per; "
            "--map_types person=per reads one as another",
            id="A26-undeclared",
        ),
        pytest.param(
            {"train": MOVIE, "dev": NONE, "test": PERSON},
            {"train": ["B-movie"], "dev": ["O"], "test": ["B-person"]},
            id="A27-types-that-dev-lacks",
        ),
        pytest.param(
            {"train": NONE, "dev.txt": NONE, "valid": NONE},
            "c: expected one dev, got dev.txt and valid; --dev_file names the one to read",
            id="A30-two-files-for-a-split",
        ),
        pytest.param({"train": NONE, "test": ""}, f"c/test: {NO_TWEET}", id="A10-empty-split"),
        pytest.param(
            {"train": NONE, "test": lambda path: path.symlink_to("nowhere")},
            "[Errno 2] No such file or directory: 'c/test'",
            id="A31-broken-link",
        ),
        pytest.param(
            {"train": NONE, "test": os.mkfifo},
            "c/test: expected a file, got a pipe or a device",
            id="A31-fifo-as-a-split",
        ),
        pytest.param(
            {"": save_half},
            "c: expected the dataset train, as dataset_dict.json says, got none",
            id="A31-half-a-dataset",
        ),
    ],
)
def test_no_split_is_lost_and_labels_are_those_of_the_declared_types(
    files: dict[str, Any],
    outcome: dict[str, list[str]] | str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c").mkdir()
    for name, content in files.items():
        content(Path("c", name)) if callable(content) else Path("c", name).write_text(content)
    if isinstance(outcome, str):
        with pytest.raises((ValueError, OSError)) as refusal:
            load_corpus("./c", types=("person", "movie"))
        assert str(refusal.value) == outcome
        return
    corpus = load_corpus("./c", types=("person", "movie"))
    assert {
        split: [tag for tweet in tweets for tag in tweet.gold]
        for split, tweets in corpus.splits.items()
    } == outcome
    for dataset in to_dataset_dict(corpus).values():
        assert dataset.features["ner_tags"].feature.names == [
            "O",
            "B-person",
            "I-person",
            "B-movie",
            "I-movie",
        ]


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, id=f"A28-PYTHONHASHSEED={seed}") for seed in ("0", "1", "2")]
)
def test_the_order_of_labels_is_the_same_in_every_process(seed: str) -> None:
    code = "from tweetner.tags import WNUT16_TYPES, tags_of; print(*tags_of(WNUT16_TYPES)[:5])"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "O B-company I-company B-facility I-facility\n"


def tweets_of(*lines: str) -> list[Tweet]:
    """Tweets from lines such as "in NYC/B-geo-loc"; a word without a tag has O."""
    pairs = [[(word + "/O").split("/")[:2] for word in line.split()] for line in lines]
    return [
        Tweet(str(n), tuple(word for word, _ in row), tuple(tag for _, tag in row))
        for n, row in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("train", "test", "warning"),
    [
        pytest.param(
            ["in NYC/B-geo-loc", "in NYC/B-geo-loc"],
            ["a"],
            "train: 1 of 2 tweets repeat an earlier one",
            id="A29-duplicates",
        ),
        pytest.param(
            ["in NYC/B-geo-loc", "in NYC"],
            ["a"],
            "train: 1 repeated texts are tagged in more than one way",
            id="A29-conflicts",
        ),
        pytest.param(
            ["a b", "c d"],
            ["a b", "C d", "@x c d"],
            "train and test share texts: 1 (1 tweets of train, 1 of test) exactly, "
            "2 (2 tweets of train, 2 of test) "
            "ignoring case, 2 (2 tweets of train, 3 of test) ignoring case, mentions and URLs",
            id="A30-leakage",
        ),
    ],
)
def test_duplicates_and_leaks_are_reported_with_counts(
    train: list[str], test: list[str], warning: str
) -> None:
    corpus = Corpus("c", TYPES, {"train": tweets_of(*train), "test": tweets_of(*test)})
    assert warning in audit_warnings(audit(corpus))


@pytest.mark.parametrize(
    ("content", "lengths"),
    [
        pytest.param("x\tO\n" * 100_000, [100_000, 1], id="A32-tweet-of-100000-words"),
        pytest.param("y" * 10_000_000 + "\tO\n", [1, 10_000_000], id="A32-line-of-10-MB"),
    ],
)
def test_long_tweets_and_long_lines_are_read(
    content: str, lengths: list[int], tmp_path: Path
) -> None:
    (tmp_path / "f.conll").write_text(content)
    (tweet,) = load_tweets(str(tmp_path / "f.conll"))
    assert [len(tweet.words), len(tweet.words[-1])] == lengths
