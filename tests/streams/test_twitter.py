"""The records of Twitter's API in their many forms, each with its text, its id and what is kept."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from tweetner.streams import Record
from tweetner.streams.twitter import decode_entities

Read = Callable[..., list[Record]]

CUT = "RT @nina: off to the show in Berlin with all of you, it starts at ei…"
WHOLE = "off to the show in Berlin with all of you, it starts at eight"
RETWEET = [{"type": "retweeted", "id": "1"}]

TEXTS: list[tuple[str, dict[str, Any], str, bool]] = [
    # (name, record, text, is_truncated)
    ("v2", {"text": "in NYC", "edit_history_tweet_ids": ["7"]}, "in NYC", False),
    ("v2 stream", {"data": {"text": "in NYC"}, "matching_rules": []}, "in NYC", False),
    ("v2 note", {"text": "in…", "note_tweet": {"text": "in NYC"}}, "in NYC", False),
    (
        "v2 note in a stream",
        {"data": {"text": "i…", "note_tweet": {"text": "in NYC"}}},
        "in NYC",
        False,
    ),
    ("v2 cut retweet", {"text": CUT, "referenced_tweets": RETWEET}, CUT, True),
    (
        "v2 cut retweet with its original",
        {
            "data": {"text": CUT, "referenced_tweets": RETWEET},
            "includes": {"tweets": [{"id": "2", "text": "no"}, {"id": "1", "text": WHOLE}]},
        },
        f"RT @nina: {WHOLE}",
        False,
    ),
    (
        "v2 cut retweet of a note",
        {
            "data": {"text": CUT, "referenced_tweets": RETWEET},
            "includes": {"tweets": [{"id": "1", "text": "off…", "note_tweet": {"text": WHOLE}}]},
        },
        f"RT @nina: {WHOLE}",
        False,
    ),
    (
        "v2 cut retweet whose original is not included",
        {
            "data": {"text": CUT, "referenced_tweets": RETWEET},
            "includes": {"tweets": [{"id": "3", "text": WHOLE}]},
        },
        CUT,
        True,
    ),
    (
        "v2 quote that ends with an ellipsis",
        {"text": "wait for it…", "referenced_tweets": [{"type": "quoted", "id": "1"}]},
        "wait for it…",
        False,
    ),
    ("v1.1 extended mode", {"full_text": "in NYC", "id_str": "7"}, "in NYC", False),
    (
        "v1.1 compatibility mode",
        {
            "text": "in…",
            "truncated": True,
            "extended_tweet": {"full_text": "in NYC"},
            "id_str": "7",
        },
        "in NYC",
        False,
    ),
    (
        "v1.1 cut",
        {"text": "in N… https://t.co/a", "truncated": True, "id_str": "7"},
        "in N… https://t.co/a",
        True,
    ),
    (
        "v1.1 cut retweet with its original",
        {"full_text": CUT, "retweeted_status": {"full_text": WHOLE}},
        f"RT @nina: {WHOLE}",
        False,
    ),
    (
        "v1.1 cut retweet of a cut tweet",
        {"text": CUT, "retweeted_status": {"text": "off to…", "truncated": True}},
        "RT @nina: off to…",
        True,
    ),
    (
        "v1.1 retweet that is whole",
        {"text": "RT @nina: in NYC", "retweeted_status": {"text": "in NYC"}},
        "RT @nina: in NYC",
        False,
    ),
    ("archive", {"tweet": {"full_text": "in NYC", "id_str": "7"}}, "in NYC", False),
    (
        "encoded",
        {"text": "AT&amp;T &lt;3 &amp;lt; &#39;", "id_str": "7"},
        "AT&T <3 &lt; &#39;",
        False,
    ),
    ("encoded in a stream", {"data": {"text": "AT&amp;T"}, "matching_rules": []}, "AT&T", False),
    ("not Twitter's", {"text": "AT&amp;T", "created_at": "now", "author_id": 5}, "AT&amp;T", False),
    ("our own answer", {"text": "in…", "truncated": True, "entities": []}, "in…", False),
    ("an ellipsis of one's own", {"text": "RT @nina: hm…"}, "RT @nina: hm…", False),
]


@pytest.mark.parametrize(
    ("record", "text", "is_truncated"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS]
)
def test_a_record_gives_its_whole_text_or_says_that_it_is_cut_off(
    read: Read, record: dict[str, Any], text: str, is_truncated: bool
) -> None:
    (found,) = read(json.dumps({"id": 7} | record))
    assert (found.error, found.text, found.is_truncated) == (None, text, is_truncated)


def test_ids_and_kept_fields_are_found_in_the_record_or_in_its_tweet(read: Read) -> None:
    rows = [
        {"id": "7", "text": "a", "created_at": "then", "user": {"name": "nina"}},
        {"data": {"id": "8", "text": "b", "created_at": "now"}, "matching_rules": [{"id": "1"}]},
        {"id": 9, "id_str": "9", "full_text": "c &amp; d", "display_text_range": [0, 9]},
    ]
    keep = {
        "text": "text",
        "created_at": "created_at",
        "name": "user.name",
        "display_text_range": "display_text_range",
    }
    records = read("\n".join(map(json.dumps, rows)), keep=keep)
    assert [record.id for record in records] == ["7", "8", 9]
    assert [list((record.kept or {}).values()) for record in records] == [
        ["a", "then", "nina", None],
        ["b", "now", None, None],
        ["c & d", None, None, [0, 9]],
    ]


PAGE = {
    "data": [
        {"id": "7", "text": "in NYC &amp; LA", "author_id": "1"},
        {"id": "8", "text": CUT, "author_id": "2", "referenced_tweets": RETWEET},
    ],
    "includes": {"tweets": [{"id": "1", "text": WHOLE}], "users": [{"id": "1", "name": "nina"}]},
    "meta": {"result_count": 2},
}
OTHER_PAGE = {"data": [{"id": "9", "text": "in SF"}], "meta": {"result_count": 1}}
NO_RESULT = {"meta": {"result_count": 0}}
STATUSES = {"statuses": [{"id": 5, "full_text": "in NYC"}], "search_metadata": {"count": 1}}


@pytest.mark.parametrize(
    "data",
    [
        "\n".join(map(json.dumps, [PAGE, NO_RESULT, OTHER_PAGE])),
        json.dumps([PAGE, NO_RESULT, OTHER_PAGE]),
        json.dumps([PAGE, NO_RESULT, OTHER_PAGE], indent=2),
        "\n".join(json.dumps(page, indent=2) for page in (PAGE, NO_RESULT, OTHER_PAGE)),
    ],
    ids=["a line each", "array", "pretty-printed array", "pretty-printed one after the other"],
)
@pytest.mark.parametrize("column", [None, "text", "data.text"])
def test_a_page_gives_its_tweets(read: Read, data: str, column: str | None) -> None:
    records = read(data, column=column, keep={"author": "author_id"})
    assert [(record.id, record.text, record.kept) for record in records] == [
        ("7", "in NYC & LA", {"author": "1"}),
        ("8", f"RT @nina: {WHOLE}", {"author": "2"}),
        ("9", "in SF", {"author": None}),
    ]


def test_pages_of_the_older_api_and_of_an_archive_are_read(read: Read) -> None:
    assert [(record.id, record.text) for record in read(json.dumps(STATUSES))] == [(5, "in NYC")]
    archive = 'window.YTD.tweets.part0 = [ {"tweet": {"id": "5", "full_text": "in NYC"}} ]'
    assert [(record.id, record.text) for record in read(archive, "tweets.js")] == [("5", "in NYC")]


def test_what_a_page_holds_beside_tweets_is_an_error_in_its_place(read: Read) -> None:
    first, second = read('{"data": [5, {"id": "7", "text": "a"}]}')
    assert first.error is not None and "in.jsonl:1: expected an object, got a number" in first.error
    assert second.id == "7"


@pytest.mark.parametrize(
    "page", ['{"statuses": [], "search_metadata": {"count": 0}}', json.dumps(NO_RESULT)]
)
def test_a_page_without_results_gives_nothing(read: Read, page: str) -> None:
    assert [record.id for record in read(f'{page}\n{{"text": "a"}}')] == [1]


@pytest.mark.parametrize("value", ["[]", "[1, 2]", "5", '"a"'])
def test_a_record_with_a_field_of_the_same_name_is_no_page(read: Read, value: str) -> None:
    (record,) = read(f'{{"id": 7, "data": {value}}}')
    assert record.id == 7
    assert str(record.error).endswith("in.jsonl:1: expected the key 'text', got 'id', 'data'")


@pytest.mark.parametrize("name", ["in.jsonl", "in.jsonl.gz"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_pages_with_a_bom_or_windows_line_ends_are_read(
    read: Read, name: str, bom: bytes, end: bytes
) -> None:
    data = bom + json.dumps([PAGE], indent=1).encode().replace(b"\n", end)
    records = read(gzip.compress(data) if name.endswith(".gz") else data, name)
    assert [record.id for record in records] == ["7", "8"]


def test_an_answer_of_the_api_without_tweets_is_an_error(read: Read) -> None:
    (record,) = read('{"errors": [{"message": "x"}], "title": "Invalid Request"}')
    assert str(record.error).endswith("in.jsonl:1: expected the key 'text', got 'errors', 'title'")


@pytest.mark.parametrize(
    ("html_entities", "text"),
    [
        ("keep", "&lt;3 &#39; &amp;amp;"),
        ("decode", "<3 ' &amp;"),
        ("auto", "&lt;3 &#39; &amp;amp;"),
    ],
)
def test_html_entities_of_other_sources_are_decoded_on_request(
    read: Read, html_entities: str, text: str
) -> None:
    (record,) = read("text\n&lt;3 &#39; &amp;amp;\n", "in.csv", html_entities=html_entities)
    assert record.text == text


def test_entities_of_twitter_are_kept_on_request(read: Read) -> None:
    (record,) = read('{"full_text": "AT&amp;T"}', html_entities="keep")
    assert record.text == "AT&amp;T"


def test_only_what_twitter_encodes_is_decoded_and_once() -> None:
    assert decode_entities("&amp;amp; &quot; &lt;b&gt; &LT;") == "&amp; &quot; <b> &LT;"
