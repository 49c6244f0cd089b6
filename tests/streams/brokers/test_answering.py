"""Messages are answered as `tweetner tag` answers their records, and committed afterwards."""

import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest

import tweetner
from tests.streams.brokers.conftest import ListReader, ListWriter
from tweetner.streams import RecordOptions, Source, find_inputs, open_output, tag_stream
from tweetner.streams.brokers import PLACE, Pace, Stream
from tweetner.tagger import Answer, Tagger

RECORDS = [
    b'{"id": 1, "text": "in NYC"}',
    b'{"id": "b", "text": "a &amp; b", "lang": "en"}',
    b'{"id": "9", "full_text": "x &amp; y", "lang": "en", "user": {"name": "n"}}',
    b'{"id": 4, "text": 7}',
    b'{"id": 5, "texts": "in NYC"}',
    b"poison",
    b"",
    b"\xff",
    b'{"id": 9, "text": "last"}\n',
]
PAGE = b'{"data": [{"id": "1", "text": "in NYC"}, {"id": "2", "text": "in Rome"}], "meta": {}}'


class Stub:
    """A tagger that finds nothing, takes its time, and fails at a text."""

    def __init__(self, fails_at: str = "", seconds: float = 0) -> None:
        self._fails_at = fails_at
        self._seconds = seconds

    def stream(self, batches: Iterable[Sequence[str]]) -> Iterator[list[Answer]]:
        for texts in batches:
            time.sleep(self._seconds)
            if self._fails_at in texts:
                raise RuntimeError("two\nlines")
            yield [Answer() for _ in texts]


def run(
    values: Sequence[bytes], tagger: Any, batch: int = 2, **parts: Any
) -> tuple[ListReader, ListWriter, Stream]:
    reader, writer = ListReader(values), parts.pop("writer", ListWriter())
    stream = Stream(cast(Tagger, tagger), reader, writer, pace=Pace(batch, None, None), **parts)
    stream.run(Event())
    return reader, writer, stream


@pytest.mark.parametrize("batch", [1, 2, 4, 100])
def test_answers_are_those_of_tag_with_the_place_of_their_record(
    hub: Path, tmp_path: Path, batch: int
) -> None:
    values = [value for value in RECORDS if value] + [PAGE]
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"".join(value.removesuffix(b"\n") + b"\n" for value in values))
    tagger = tweetner.load("places", hub=hub)
    options = RecordOptions(keep={"lang": "lang", "text": "text"})
    with open_output(tmp_path / "out.jsonl", "jsonl") as output:
        tag_stream(tagger, Source(find_inputs([str(path)]), options), output, min_score=0.5)
    tagged = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]

    reader, writer, stream = run(values, tagger, batch, options=options, min_score=0.5)
    answers = writer.rows
    places = [row.pop(PLACE) for row in answers]
    of_page = [8, 8]
    assert [place["offset"] for place in places] == [*range(8), *of_page]
    assert {place["topic"] for place in places} == {"tweets"}
    for answer, expected in zip(answers, tagged, strict=True):
        if "error" in expected:  # the two name its place differently
            expected["error"] = expected["error"].partition(": ")[2]
            answer["error"] = answer["error"].partition(": ")[2]
        assert answer == expected
    assert reader.committed == list(range(9))
    assert (stream.counts.n_model, stream.counts.n_errors) == (6, 4)


def test_a_record_without_an_id_has_the_offset_as_its_id() -> None:
    _, writer, _ = run([b'{"text": "a"}', b'{"text": "b"}'], Stub())
    assert [row["id"] for row in writer.rows] == [0, 1]


def test_a_dead_letter_is_the_record_as_it_came_with_its_reason_and_place() -> None:
    dead = ListWriter()
    reader, writer, stream = run(RECORDS, Stub(), dead_letters=dead)
    assert [row["id"] for row in writer.rows] == [1, "b", "9", 9]
    assert [letter.value for letter in dead.letters] == RECORDS[3:8]
    assert dead.letters[2].headers == {
        "reason": "tweets:0:5: expected JSON: Expecting value at column 1",
        "topic": "tweets",
        "partition": "0",
        "offset": "5",
    }
    assert reader.committed == list(range(9))
    assert (stream.counts.n_dead, stream.counts.n_errors, stream.counts.n_answered) == (5, 0, 9)


def test_a_batch_of_dead_letters_alone_is_committed() -> None:
    reader, writer, _ = run([b"a", b"b", b"c"], Stub(), dead_letters=ListWriter())
    assert reader.committed == [0, 1, 2]
    assert writer.letters == []


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_only_the_tweet_at_which_the_tagger_fails_is_an_error(batch: int) -> None:
    values = [json.dumps({"id": at, "text": f"tweet {at}"}).encode() for at in range(10)]
    reader, writer, _ = run(values, Stub(fails_at="tweet 4"), batch)
    rows = writer.rows
    assert [row["id"] for row in rows] == list(range(10))
    assert [row["id"] for row in rows if "error" in row] == [4]
    assert rows[4]["error"] == "tweets:0:4: expected a tweet that can be tagged, got two lines"
    assert reader.committed == list(range(10))


@pytest.mark.parametrize("fails_at", [0, 3, 5])
def test_nothing_is_committed_whose_answer_was_not_delivered(fails_at: int) -> None:
    values = [json.dumps({"id": at, "text": "x"}).encode() for at in range(10)]
    reader, writer = ListReader(values), ListWriter(fails_at)
    stream = Stream(cast(Tagger, Stub()), reader, writer, pace=Pace(2, None, None))
    with pytest.raises(OSError, match="not delivered"):
        stream.run(Event())
    assert reader.committed == list(range(fails_at // 2 * 2))


def test_the_reader_is_kept_alive_while_a_batch_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tweetner.streams.brokers.answering.PATIENCE_SECONDS", 0.02)
    values = [b'{"id": 1, "text": "x"}'] * 8
    reader, writer, _ = run(values, Stub(seconds=0.1), batch=2)
    assert reader.n_alive >= 1
    assert len(writer.letters) == 8


def test_before_messages_go_to_another_member_the_open_ones_are_answered_and_committed() -> None:
    class Revoked(ListReader):
        def poll(self, n: int, seconds: float) -> list[Any]:
            if self._n_read == 4:
                self.before_revoke()
                assert self.committed == [0, 1, 2, 3]
            return super().poll(n, seconds)

    reader = Revoked([b'{"id": 1, "text": "x"}'] * 8)
    pace = Pace(2, None, None)
    Stream(cast(Tagger, Stub(seconds=0.05)), reader, ListWriter(), pace=pace).run(Event())
    assert reader.committed == list(range(8))


def test_a_stream_that_is_stopped_answers_what_it_has_read() -> None:
    values = [b'{"id": 1, "text": "x"}'] * 1000
    reader, writer, stopping = ListReader(values), ListWriter(), Event()
    stream = Stream(cast(Tagger, Stub(seconds=0.02)), reader, writer, pace=Pace(2, None, None))
    threading.Timer(0.3, stopping.set).start()
    stream.run(stopping)
    n_read = len(values) - reader.lag()
    assert 0 < n_read < 1000
    assert reader.committed == list(range(n_read))
    assert len(writer.letters) == n_read
    assert stream.oldest_seconds == 0
