"""Tests of the exchange formats: there and back, and files as the tools' documentation has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import (
    EXCHANGE_FORMATS,
    load_tweets,
    read_annotations,
    record_of_tweet,
    write_annotations,
)
from tweetner.tokenization import split_tweet

WITH_WORDS = {"jsonl", "prodigy", "spacy"}
EMOJI = [
    "in 😀 NYC",
    "👍🏽🇩🇪1️⃣ Berlin",
    "👨‍👩‍👧 went to  New York\n",
    "  Ann's ❤️‍🔥 Café (Köln)\t:-)",
    "",
]

FORMATS = [name for name in EXCHANGE_FORMATS if name != "conll"]


def needs(format_: str) -> None:
    if format_ == "spacy":
        pytest.importorskip("spacy", reason="needs the extra `spacy`")


def emoji_records() -> list[dict[str, Any]]:
    """Return tweets in which every second word is an entity; ids are numbers and strings."""
    records = []
    for number, text in enumerate(EMOJI):
        words = [list(word) for word in split_tweet(text)]
        entities = [{"type": "geo-loc", "start": a, "end": b} for a, b in words[1::2]]
        id_: int | str = number if number % 2 else f"t{number}"
        record = {"id": id_, "text": text, "words": words, "entities": entities}
        records.append(record | {"reviewer": "ann"})
    return records


def comparable(record: dict[str, Any], format_: str) -> tuple[Any, ...]:
    spans = [(e["type"], e["start"], e["end"]) for e in record["entities"]]
    words = [tuple(word) for word in record["words"]] if format_ in WITH_WORDS else None
    return record["id"], record["text"], spans, words


def there_and_back(path: Path, format_: str, records: list[dict[str, Any]]) -> list[Any]:
    write_annotations(path, format_, records)
    return read(path, format_)


def read(path: Path, format_: str) -> list[dict[str, Any]]:
    return [record for _, records in read_annotations(path, format_) for record in records]


@pytest.mark.parametrize("format_", FORMATS)
def test_emoji_survive_the_way_there_and_back(format_: str, tmp_path: Path) -> None:
    needs(format_)
    records = emoji_records()
    found = there_and_back(tmp_path / "file", format_, records)
    assert [comparable(record, format_) for record in found] == [
        comparable(record, format_) for record in records
    ]
    assert {record["reviewer"] for record in found} == {"ann"}


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_the_tweets_of_wnut16_survive_the_way_there_and_back(format_: str, tmp_path: Path) -> None:
    needs(format_)
    try:
        tweets = load_tweets("wnut16:dev") + load_tweets("wnut16:test")
    except ValueError as reason:
        pytest.skip(str(reason))
    assert len(tweets) == 4850
    records = [record_of_tweet(tweet) for tweet in tweets]
    found = there_and_back(tmp_path / "file", format_, records)
    assert [comparable(record, format_) for record in found] == [
        comparable(record, format_) for record in records
    ]


@pytest.mark.slow
def test_conll_carries_words_and_entities_without_ids_and_spaces(tmp_path: Path) -> None:
    records = [record for record in emoji_records() if record["words"]]
    try:
        tweets = load_tweets("wnut16:dev") + load_tweets("wnut16:test")
    except ValueError as reason:
        pytest.skip(str(reason))
    records += [record_of_tweet(tweet) for tweet in tweets]
    found = there_and_back(tmp_path / "file", "conll", records)
    assert [in_words(record) for record in found] == [in_words(record) for record in records]


def in_words(record: dict[str, Any]) -> tuple[Any, ...]:
    """Return the words, and the type and the words' numbers of each entity."""
    text = record["text"]
    words = [text[start:end] for start, end in record["words"]]
    entities = []
    for entity in record["entities"]:
        within = [
            number
            for number, (start, end) in enumerate(record["words"])
            if entity["start"] <= start and end <= entity["end"]
        ]
        entities.append((entity["type"], within))
    return words, entities


def test_two_reviewers_of_a_tweet_come_back_as_two(tmp_path: Path) -> None:
    first = emoji_records()[0] | {"before": [], "model": "m", "revision": "0123"}
    second = first | {"reviewer": "bob", "entities": []}
    for format_ in FORMATS:
        needs(format_)
        found = there_and_back(tmp_path / format_, format_, [first, second])
        assert [(r["reviewer"], len(r["entities"])) for r in found] == [("ann", 1), ("bob", 0)]


def region(start: int, end: int, text: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": ["geo-loc"]}
    return {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def label_studio(*regions: dict[str, Any], text: str = "in 😀 NYC", **more: Any) -> list[Any]:
    annotation = {"id": 5, "completed_by": 1, "result": list(regions), **more}
    return [{"id": 9, "data": {"text": text, "id": 7}, "annotations": [annotation]}]


FILES: dict[str, tuple[str, list[Any]]] = {
    "label studio": ("label-studio", label_studio(region(5, 8, "NYC"))),
    "label studio in UTF-16": ("label-studio", label_studio(region(6, 9, "NYC"))),
    "doccano": ("doccano", [{"id": 7, "text": "in 😀 NYC", "label": [[5, 8, "geo-loc"]]}]),
    "doccano with relations": (
        "doccano",
        [
            {
                "id": 7,
                "text": "in 😀 NYC",
                "entities": [{"id": 1, "label": "geo-loc", "start_offset": 5, "end_offset": 8}],
                "relations": [],
            }
        ],
    ),
    "prodigy": (
        "prodigy",
        [
            {
                "text": "in 😀 NYC",
                "_input_hash": 7,
                "tokens": [
                    {"text": "in", "start": 0, "end": 2, "id": 0},
                    {"text": "😀", "start": 3, "end": 4, "id": 1},
                    {"text": "NYC", "start": 5, "end": 8, "id": 2},
                ],
                "spans": [
                    {"start": 5, "end": 8, "token_start": 2, "token_end": 2, "label": "geo-loc"}
                ],
                "answer": "accept",
            }
        ],
    ),
    "argilla": (
        "argilla",
        [
            {
                "id": "x",
                "metadata": {"id": 7},
                "fields": {"text": "in 😀 NYC"},
                "responses": {
                    "span_label": [
                        {"user_id": "u", "value": [{"start": 5, "end": 8, "label": "geo-loc"}]}
                    ]
                },
            }
        ],
    ),
    "argilla flattened": (
        "argilla",
        [
            {
                "id": 7,
                "text": "in 😀 NYC",
                "span_label.responses": [[{"start": 5, "end": 8, "label": "geo-loc"}], []],
                "span_label.responses.users": ["u", "v"],
                "span_label.responses.status": ["submitted", "draft"],
            }
        ],
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_the_tools_are_read(name: str, tmp_path: Path) -> None:
    format_, items = FILES[name]
    path = tmp_path / "file.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    (record,) = read(path, format_)
    assert (record["id"], record["text"]) == (7, "in 😀 NYC")
    assert record["entities"] == [{"type": "geo-loc", "start": 5, "end": 8}]
    (tweet,) = load_tweets(str(path))  # the same file as a corpus, its format found by its keys
    assert (tweet.id, tweet.words, tweet.gold) == (
        "7",
        ("in", "😀", "NYC"),
        ("O", "O", "B-geo-loc"),
    )


BAD: list[tuple[str, Any, str]] = [
    (
        "label-studio",
        label_studio(region(4, 7, "NYC")),
        "expected offsets in code points or UTF-16",
    ),
    ("label-studio", [{"data": {}, "annotations": [{"result": []}]}], "expected a string text"),
    (
        "label-studio",
        [{"annotations": [{}]}],
        "expected an object of label-studio: KeyError 'data'",
    ),
    ("doccano", [{"text": "in", "label": [[0, 9, "x"]]}], "expected offsets"),
    ("doccano", [{"text": "in", "label": [["0", 2, "x"]]}], "expected a type, a start and an end"),
    ("prodigy", [{"text": "in"}], "expected an object of prodigy: KeyError 'spans'"),
    ("argilla", [{"fields": [], "responses": {}}], "expected an object of argilla"),
    (
        "argilla",
        [{"text": "a", "label": []}],
        "expected an object of argilla, with fields or span_",
    ),
    (
        "argilla",
        [{"text": "a", "span_label.responses": [[]], "span_label.responses.users": ["u", "v"]}],
        "expected a user and a status for each of 1 responses",
    ),
    (
        "label-studio",
        label_studio({"type": "labels", "value": {"labels": ["x", "y"], "start": 0, "end": 2}}),
        r"expected a type, a start and an end, got \['x', 'y', 0, 2\]",
    ),
    (
        "label-studio",
        label_studio({"type": "hypertextlabels", "value": {}}),
        "expected regions of the type labels, got hypertextlabels",
    ),
    ("label-studio", label_studio(created_at=[1]), "expected a string at, got an array"),
    ("label-studio", label_studio(lead_time="2"), "expected seconds from 0 to 1e9, got 2"),
    ("label-studio", label_studio(lead_time=10**400), "expected seconds from 0 to 1e9, got 10000"),
    (
        "doccano",
        [{"text": "in", "label": [{"start": 0, "end": 2}]}],
        "expected a type, a start and",
    ),
    ("doccano", [{"text": "in", "label": ["sport"]}], "expected a type, a start and an end"),
    ("doccano", [{"id": [1], "text": "a", "label": []}], "expected an id that is a string or an"),
    (
        "prodigy",
        [{"text": "in", "spans": [], "tokens": [{"text": "in", "start": "0", "end": 2}]}],
        "expected a token's text, a start and an end",
    ),
    ("doccano", [{"text": "in", "label": [[0, 2, ""]]}], "expected an entity"),
    ("jsonl", [{"id": 7}], "expected a string text and a list entities"),
    ("jsonl", [{"text": "a", "entities": [], "reviewer": 7}], "expected a string reviewer"),
    *(
        ("jsonl", [{"text": "in NYC", "entities": [], "words": words}], "expected words as the")
        for words in (["in", "NYC"], "in", [[0, 2]], [[0, 6], [3, 6]], [[3, 6], [0, 2]], [[0, 9]])
    ),
]


@pytest.mark.parametrize(("format_", "items", "message"), BAD)
def test_other_files_are_refused_with_their_place(
    format_: str, items: list[Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.json:1: " + message):
        list(read_annotations(path, format_))


def test_answers_that_are_no_whole_annotation_are_left_out(tmp_path: Path) -> None:
    _, (task,) = FILES["prodigy"]
    answers = [{"answer": "reject"}, {"answer": "ignore"}, {"_view_id": "ner"}]
    path = tmp_path / "file.jsonl"
    path.write_text("".join(json.dumps(task | answer) + "\n" for answer in answers))
    assert [records for _, records in read_annotations(path, "prodigy")] == [[], [], []]
    cancelled = label_studio(region(5, 8, "NYC"), was_cancelled=True)
    path.write_text(json.dumps(cancelled))
    assert read(path, "label-studio") == []
    discarded = {"user_id": "u", "value": None}  # `to_list` tells no status
    path.write_text(json.dumps({"fields": {"text": "a"}, "responses": {"span_label": [discarded]}}))
    assert read(path, "argilla") == []
    path.write_text(json.dumps({"id": "7", "text": "a", "_server_id": "x", "status": "pending"}))
    assert read(path, "argilla") == []


def test_an_unknown_format_and_a_broken_docbin_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a format of jsonl, label-studio"):
        write_annotations(tmp_path / "x", "brat", emoji_records())
    needs("spacy")
    path = tmp_path / "x.spacy"
    with pytest.raises(ValueError, match=r"tweet 1000.*: spaCy keeps numbers of 64 bits"):
        write_annotations(path, "spacy", [emoji_records()[0] | {"id": 10**30}])
    path.write_bytes(b"no DocBin")
    with pytest.raises(ValueError, match=r"x\.spacy: expected a DocBin of spaCy"):
        list(read_annotations(path, "spacy"))


def test_white_space_of_a_docbin_is_no_word(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="needs the extra `spacy`")
    document = spacy.tokens.Doc(spacy.vocab.Vocab(), words=["in", "  ", "NYC", "\n"])
    document.set_ents([spacy.tokens.Span(document, 2, 3, "geo-loc")])
    spacy.tokens.DocBin(docs=[document]).to_disk(tmp_path / "x.spacy")
    (tweet,) = load_tweets(str(tmp_path / "x.spacy"))
    assert (tweet.words, tweet.gold) == (("in", "NYC"), ("O", "B-geo-loc"))


def test_a_type_with_a_space_can_only_be_read_as_another(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"text": "in NYC", "label": [[3, 6, "Geo place"]]}')
    with pytest.raises(ValueError, match=r"declared: [^;]*; --map_types 'company=Geo place' reads"):
        load_tweets(str(path))
    (tweet,) = load_tweets(str(path), map_types=["geo-loc=Geo place"])
    assert tweet.gold == ("O", "B-geo-loc")


def test_a_docbin_whose_tokens_have_no_tags_is_refused(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="needs the extra `spacy`")
    document = spacy.tokens.Doc(spacy.vocab.Vocab(), words=["in", "NYC"])
    spacy.tokens.DocBin(docs=[document]).to_disk(tmp_path / "x.spacy")
    with pytest.raises(ValueError, match=r"x\.spacy:1: expected all entities, got tokens without"):
        load_tweets(str(tmp_path / "x.spacy"))


NYC, IN = region(5, 8, "NYC"), region(0, 2, "in")


@pytest.mark.parametrize("id_", [7, None])
def test_annotators_who_disagree_are_no_corpus(id_: int | None, tmp_path: Path) -> None:
    (task,) = label_studio(NYC, IN)
    task["data"]["id"] = task["id"] = id_
    task["annotations"].append({"result": [IN, NYC]})  # the same in another order
    path = tmp_path / "file.json"
    path.write_text(json.dumps([task]))
    assert len(load_tweets(str(path))) == 1
    task["annotations"].append({"result": []})
    path.write_text(json.dumps([task]))
    with pytest.raises(ValueError, match=r"file.json:1: tweet .*: expected one annotation, got"):
        load_tweets(str(path))


@pytest.mark.parametrize("format_", FORMATS)
def test_a_corpus_has_a_tweet_of_two_reviewers_once(format_: str, tmp_path: Path) -> None:
    needs(format_)
    first = emoji_records()[0]
    path = tmp_path / ("file.spacy" if format_ == "spacy" else "file.json")
    write_annotations(path, format_, [first, first | {"reviewer": "bob"}])
    assert len(load_tweets(str(path))) == 1
    write_annotations(path, format_, [first, first | {"reviewer": "bob", "entities": []}])
    with pytest.raises(ValueError, match="tweet 't0': expected one annotation, got several"):
        load_tweets(str(path))
