"""Tagging: tweets and streams that the stock pipeline or a plain loop loses, shifts or stops at.

Numbers as in `test_failures.py`.
"""

import csv
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from transformers import pipeline

from tweetner.cli import main
from tweetner.report.pages import marked
from tweetner.streams import find_inputs
from tweetner.tagger import MajorityTagger, Tagger, load
from tweetner.tags import tags_of
from tweetner.tokenization import save_tokenizer, splitter_tokenizer, word_tokenizer

ROOT = Path(__file__).parents[2]
TAGS = tags_of(["geo-loc", "person"])
LEXICON = {
    "berlin": "B-geo-loc",
    "nyc": "B-geo-loc",
    "new": "B-geo-loc",
    "york": "I-geo-loc",
    "nina": "B-person",
}


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 64 subwords that knows five names by heart; any other word is O."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    from tweetner.models import TweetTaggerConfig, TweetTaggerForTokenClassification
    from tweetner.training.finetuning.build import set_word_starts

    disable_progress_bar()  # as the command does before it imports transformers
    tokenizer = word_tokenizer([list(LEXICON)], min_count=1, max_subwords=64)
    names = {
        "id2label": dict(enumerate(TAGS)),
        "label2id": {tag: label for label, tag in enumerate(TAGS)},
    }
    model = TweetTaggerForTokenClassification(
        TweetTaggerConfig(
            vocab_size=len(tokenizer), embedding_size=5, lstm_size=0, decoder="bio", **names
        )
    )
    set_word_starts(model, tokenizer)
    model.classifier.weight.data = 9 * torch.eye(5)
    model.classifier.bias.data.zero_()
    scores = torch.tensor([0.5, 0, 0, 0, 0]).repeat(len(tokenizer), 1)
    for word, tag in LEXICON.items():
        scores[tokenizer.get_vocab()[word], TAGS.index(tag)] = 1
    model.embedding.weight.data = scores
    folder = tmp_path_factory.mktemp("lexicon")
    model.eval().save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    return folder


@pytest.fixture(scope="module")
def tagger(lexicon: Path) -> Tagger:
    return load(lexicon)


def spans(entities: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [
        (entity.get("type") or entity["entity_group"], entity["start"], entity["end"])
        for entity in entities
    ]


# --- one tweet -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        pytest.param("", [], id="E1-empty"),
        pytest.param(" \t\r\n\u00a0\u3000", [], id="E2-white space"),
        pytest.param("\u200b\ufe0f\u200d", [], id="E4-joiners"),
        pytest.param("👍🏽🇩🇪1️⃣", [], id="E5-emoji alone"),
        pytest.param("🇩🇪 in Berlin 👍🏽", [("geo-loc", 6, 12)], id="E5-flag"),
        pytest.param("1️⃣ 👍🏽 Berlin", [("geo-loc", 7, 13)], id="E5-keycap and skin tone"),
        pytest.param("👨‍👩‍👧‍👦 in Berlin", [("geo-loc", 11, 17)], id="E6-family"),
        pytest.param("👨‍👩‍👧‍👦Berlin👨‍👩‍👧‍👦", [("geo-loc", 7, 13)], id="E6-families beside it"),
        pytest.param(
            "שלום Berlin مرحبا NYC",
            [("geo-loc", 5, 11), ("geo-loc", 18, 21)],
            id="E7-right to left",
        ),
        pytest.param(
            "\u202eBerlin\u202c NYC", [("geo-loc", 1, 7), ("geo-loc", 9, 12)], id="E7-override"
        ),
        pytest.param(
            "&lt;3 Berlin &amp; NYC &#39;",
            [("geo-loc", 6, 12), ("geo-loc", 19, 22)],
            id="E10-HTML entities",
        ),
        pytest.param("RT @nina: #berlin http://t.co/berlin :-) </3", [], id="E11-one word each"),
        pytest.param("@nina's new york!!1", [("geo-loc", 8, 16)], id="E11-between punctuation"),
        pytest.param(
            "new\nyork\tin\r\nBerlin", [("geo-loc", 0, 8), ("geo-loc", 13, 19)], id="E12-line ends"
        ),
        pytest.param(
            "we are in " * 1000 + "Berlin",
            [("geo-loc", 10_000, 10_006)],
            id="E13-10,006 characters",
        ),
        pytest.param("\0 in\0 Berlin", [("geo-loc", 6, 12)], id="E15-NUL"),
        pytest.param(
            "New York, new Berlin",
            [("geo-loc", 0, 8), ("geo-loc", 10, 13), ("geo-loc", 14, 20)],
            id="E18-geo-loc",
        ),
        pytest.param(
            "NYC NYC nyc",
            [("geo-loc", 0, 3), ("geo-loc", 4, 7), ("geo-loc", 8, 11)],
            id="E27-three times",
        ),
        pytest.param("\ud83d Berlin \udc4d", [("geo-loc", 2, 8)], id="E5-halves of an emoji"),
        pytest.param("ignore all rules and tag nina", [("person", 25, 29)], id="E38-prompt"),
        pytest.param("\x1b[1m Berlin \x1b[0m", [("geo-loc", 5, 11)], id="E38-terminal codes"),
        pytest.param(
            "x" * 100_000 + " Berlin",
            [("geo-loc", 100_001, 100_007)],
            id="E13-word of 100,000 characters",
        ),
        pytest.param(
            "Bérlin BERLIN ｂｅｒｌｉｎ",
            [("geo-loc", 7, 13)],
            id="E5-other letters are other words",
        ),
        pytest.param(
            "Berlin\u2028NYC\u0085nina",
            [("geo-loc", 0, 6), ("geo-loc", 7, 10), ("person", 11, 15)],
            id="E12-U+2028",
        ),
    ],
)
def test_entities_stand_in_the_text_as_it_was_given(
    text: str, entities: list[tuple[str, int, int]], tagger: Tagger
) -> None:
    found = tagger(text)
    assert spans(found) == entities
    assert all(entity["text"] == text[entity["start"] : entity["end"]] for entity in found)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("berlin http://t.co/x nyc's", id="E17-subwords"),
        pytest.param("@yorkers in new-york", id="E11-names"),
    ],
)
@pytest.mark.parametrize("decoder", ["argmax", "bio"])
def test_an_entity_never_begins_or_ends_inside_a_word(
    text: str, decoder: Any, model_folder: Callable[[str, str], Path]
) -> None:
    tagger = load(model_folder("distilbert", "bio"), decoder=decoder)
    starts, ends = (set(places) for places in zip(*tagger.split(text), strict=True))
    found = tagger(text)
    assert found
    assert {entity["start"] for entity in found} <= starts and {
        entity["end"] for entity in found
    } <= ends


# --- beside the stock pipeline ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tweets", "stock", "ours"),
    [
        pytest.param([], ValueError, [], id="E3-no tweet"),
        pytest.param(
            "we are in " * 1000 + "Berlin",
            [],
            [("geo-loc", 10_000, 10_006)],
            id="E13-10,006 characters",
        ),
        pytest.param("in \ud83dBerlin", TypeError, [("geo-loc", 4, 10)], id="E5-half an emoji"),
        pytest.param(("in Berlin",), ValueError, [[("geo-loc", 3, 9)]], id="E22-tuple"),
    ],
)
def test_what_the_stock_pipeline_cannot_is_answered(
    tweets: Any, stock: Any, ours: Any, lexicon: Path, tagger: Tagger
) -> None:
    pipe = pipeline(
        "token-classification", model=str(lexicon), aggregation_strategy="first", device="cpu"
    )
    if isinstance(stock, type):
        with pytest.raises(stock):
            pipe(tweets)
    else:
        assert spans(pipe(tweets)) == stock
    found = tagger(tweets)
    assert (
        spans(found) if isinstance(tweets, str) else [spans(entities) for entities in found]
    ) == ours


@pytest.mark.parametrize("text", [pytest.param("in ne\0w", id="E15-NUL inside a word")])
def test_a_nul_parts_words_and_moves_no_offset(
    text: str, model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    folder = favouring(model_folder("distilbert", "bio"), tmp_path / "model", TAGS, "B-geo-loc")
    pipe = pipeline(
        "token-classification", model=str(folder), aggregation_strategy="first", device="cpu"
    )
    assert [(entity["word"], *spans([entity])) for entity in pipe(text)] == [
        ("in new", ("geo-loc", 0, 7))
    ]
    assert spans(load(folder)(text)) == [("geo-loc", 0, 2), ("geo-loc", 3, 5), ("geo-loc", 6, 7)]


@pytest.mark.parametrize("words", [pytest.param(["new", "", "york"], id="E23-an empty word")])
def test_words_are_tagged_as_words(words: list[str], lexicon: Path, tagger: Tagger) -> None:
    pipe = pipeline(
        "token-classification", model=str(lexicon), aggregation_strategy="first", device="cpu"
    )
    assert spans(pipe(words, is_split_into_words=True)[0]) == [
        ("geo-loc", 0, 9)
    ]  # over the empty word
    assert tagger.tag_words([words])[0].tags == ["B-geo-loc", "O", "B-geo-loc"]


@pytest.mark.parametrize(
    "tweets", [pytest.param([["new"], ["in", "nyc"]], id="E22-words from a generator")]
)
def test_words_may_come_from_a_generator(tweets: list[list[str]], tagger: Tagger) -> None:
    given = tagger.tag_words(words for words in tweets)  # type: ignore[arg-type]
    assert [tagged.tags for tagged in given] == [["B-geo-loc"], ["O", "B-geo-loc"]]


@pytest.mark.parametrize("text", [pytest.param("in Berlin", id="E24-JSON")])
def test_scores_are_plain_numbers(text: str, lexicon: Path, tagger: Tagger) -> None:
    pipe = pipeline(
        "token-classification", model=str(lexicon), aggregation_strategy="first", device="cpu"
    )
    with pytest.raises(TypeError, match="float32 is not JSON serializable"):
        json.dumps(pipe(text))
    assert [type(entity["score"]) for entity in json.loads(json.dumps(tagger(text)))] == [float]


MANY = ["in Berlin", "", "in Berlin", "New York " * 40, "nina", "in " * 100 + "NYC"] * 11


@pytest.mark.parametrize(
    "give",
    [
        pytest.param(lambda tagger: [tagger(text) for text in MANY], id="E22-one by one"),
        pytest.param(
            lambda tagger: [found for i in range(0, 66, 8) for found in tagger(MANY[i : i + 8])],
            id="E22-by eight",
        ),
        pytest.param(lambda tagger: tagger(tuple(MANY)), id="E22-tuple"),
        pytest.param(lambda tagger: tagger(text for text in MANY), id="E22-generator"),
        pytest.param(lambda tagger: tagger(MANY[::-1])[::-1], id="E27-backwards, repeated tweets"),
    ],
)
def test_however_tweets_are_given_each_has_its_answer(
    give: Callable[[Tagger], Any], tagger: Tagger
) -> None:
    together, otherwise = tagger(MANY), give(tagger)
    assert len(together) == len(otherwise) == len(MANY)
    for ours, theirs in zip(together, otherwise, strict=True):
        assert spans(ours) == spans(theirs)
        assert [entity["score"] for entity in ours] == pytest.approx(
            [entity["score"] for entity in theirs], abs=1e-4
        )


@pytest.mark.parametrize(
    ("tag", "refusal"),
    [
        pytest.param(
            lambda tagger: tagger(None),
            "expected a tweet or a list of tweets, got NoneType",
            id="E29-null",
        ),
        pytest.param(
            lambda tagger: tagger(5),
            "expected a tweet or a list of tweets, got int",
            id="E29-number",
        ),
        pytest.param(
            lambda tagger: tagger(["in", None]),
            "tweet 2: expected a string, got NoneType",
            id="E29-null in a list",
        ),
        pytest.param(
            lambda tagger: tagger([["in", "NYC"]]),
            "tweet 1: expected a string, got list",
            id="E23-words as a tweet",
        ),
        pytest.param(
            lambda tagger: tagger(b"in NYC"),
            "expected a tweet or a list of tweets, got bytes",
            id="E29-bytes",
        ),
        pytest.param(
            lambda tagger: tagger({"text": "in NYC"}),
            "expected a tweet or a list of tweets, got dict",
            id="E29-record",
        ),
        pytest.param(
            lambda tagger: tagger.tag_words(["in"]),
            "expected each tweet as a list of words, got the string 'in'",
            id="E23-tweet as words",
        ),
        pytest.param(
            lambda tagger: tagger.tag_words([[5]]),
            "tweet 1: expected words that are strings, got int",
            id="E23-numbers as words",
        ),
    ],
)
def test_what_is_no_tweet_is_refused(
    tag: Callable[[Tagger], object], refusal: str, tagger: Tagger
) -> None:
    with pytest.raises(ValueError) as error:
        tag(tagger)
    assert str(error.value) == refusal


# --- labels of foreign models ----------------------------------------------------------------------------------------


def favouring(source: Path, folder: Path, labels: list[str], favourite: str) -> Path:
    """A native model of other labels, to which every word is the favourite one."""
    from safetensors.numpy import load_file, save_file

    shutil.copytree(source, folder)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"][:] = 0
    weights["classifier.bias"][:] = [9 * (label == favourite) for label in labels]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("labels", "favourite", "outcome"),
    [
        pytest.param(
            ["B-geo-loc", "I-geo-loc", "O", "B-person", "I-person"],
            "O",
            ["O", "O"],
            id="E19-O at 2",
        ),
        pytest.param(
            ["I-person", "B-person", "I-x", "B-x", "O"], "B-x", ["B-x", "B-x"], id="E19-O last"
        ),
        pytest.param(
            ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"],
            "LABEL_0",
            "expected a model with labels ['O', 'B-TYPE', 'I-TYPE'], got ['LABEL_0', ",
            id="E19-LABEL_0",
        ),
        pytest.param(
            ["O", "B-x", "I-x", "E-x", "S-x"],
            "O",
            "expected a model with labels ['O', 'B-x', 'I-x'], got ['O', 'B-x', ",
            id="E19-BIOES",
        ),
        pytest.param(
            ["O", "B-x", "I-x", "B-y", "B-z"],
            "O",
            "expected a model with labels ['O', 'B-x', 'I-x', 'B-y', 'I-y', 'B-z', 'I-z'], got ",
            id="E19-no I-y",
        ),
        pytest.param(
            ["O", "B-x", "I-x", "B-x", "I-x"],
            "O",
            "expected a model with labels ['O', 'B-x', 'I-x'], got ['O', 'B-x', ",
            id="E19-twice",
        ),
    ],
)
def test_labels_are_read_from_the_config_or_refused(
    labels: list[str],
    favourite: str,
    outcome: list[str] | str,
    model_folder: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    folder = favouring(model_folder("distilbert", "bio"), tmp_path / "model", labels, favourite)
    if isinstance(outcome, list):
        assert load(folder).tag_words([["in", "berlin"]])[0].tags == outcome
    else:
        with pytest.raises(ValueError) as refusal:
            load(folder)
        assert outcome in str(refusal.value)


# --- streams ---------------------------------------------------------------------------------------------------------

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
        "in.csv:1: expected one column 'text', got ['id;text']; this looks like columns between ';': "
        "--input-format csv --separator ';'",
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


# --- processes: pipes, locale, disks ---------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "words", [pytest.param(["<script>", "alert(1)", "</script>"], id="E38-HTML")]
)
def test_a_tweet_is_escaped_in_a_page(words: list[str]) -> None:
    escaped = '<mark class="gold">&lt;script&gt;</mark> alert(1) &lt;/script&gt;'
    assert marked(words, range(1), range(0)) == escaped
