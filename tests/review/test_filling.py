"""Tests of the order in which tweets are read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.review.conftest import verdict
from tweetner.cli import main
from tweetner.corpus import read_decisions
from tweetner.review import Plan, Queue, QueuedTweet, arrange, read_doubts
from tweetner.tagger import MajorityTagger, Tagger
from tweetner.tokenization import splitter_tokenizer


def candidate(id_: int, doubt: float, *entities: tuple[str, float], day: str = "") -> QueuedTweet:
    """Return a tweet whose every word has the same doubt, with entities given as (text, score)."""
    found = [
        {"type": "person", "text": text, "start": 0, "end": 3, "score": score}
        for text, score in entities
    ]
    return QueuedTweet(
        id=id_,
        text="abc def",
        words=[(0, 3), (4, 7)],
        entities=found,
        doubts=[doubt, doubt],
        certainty=1 - doubt,
        day=day,
    )


def order(candidates: list[QueuedTweet], **plan: Any) -> list[tuple[int | str, str]]:
    plan = {"blind": 0.0} | plan
    return [(t.id, t.reason) for t in arrange(candidates, Plan(**plan), str.casefold)]


def test_the_most_valuable_tweets_come_first() -> None:
    tweets = [candidate(1, 0.1), candidate(2, 0.9), candidate(3, 0.5)]
    assert order(tweets) == [(2, "doubt"), (3, "doubt"), (1, "doubt")]


def test_a_normal_form_comes_again_only_after_all_others_of_the_day() -> None:
    tweets = [
        candidate(1, 0.9, ("NYC", 0.5), day="2026-01-01"),
        candidate(2, 0.8, ("nyc", 0.5), day="2026-01-01"),
        candidate(3, 0.7, ("nyc", 0.5), day="2026-01-02"),
        candidate(4, 0.1, ("Rome", 0.5), day="2026-01-01"),
    ]
    assert [id_ for id_, _ in order(tweets)] == [1, 3, 4, 2]


def test_accepted_tweets_come_last_and_audited_ones_first() -> None:
    tweets = [candidate(number, 0.5, ("NYC", 0.9)) for number in range(200)]
    tweets.append(candidate(200, 0.9, ("NYC", 0.9), ("Ann", 0.2)))
    found = order(tweets, threshold=0.8, audit=0.05)
    reasons = [reason for _, reason in found]
    n_audited = reasons.count("audit")
    assert 2 <= n_audited <= 25
    assert reasons == ["audit"] * n_audited + ["doubt"] + ["accepted"] * (200 - n_audited)


def test_without_a_threshold_nothing_is_accepted_unread() -> None:
    assert order([candidate(1, 0.5, ("NYC", 0.99))]) == [(1, "doubt")]


def test_a_tweet_without_entities_is_never_accepted_unread() -> None:
    assert order([candidate(1, 0.5)], threshold=0.1) == [(1, "doubt")]


def test_mentions_of_doubtful_trends_come_before_other_tweets() -> None:
    tweets = [candidate(1, 0.9), candidate(2, 0.1, ("NYC", 0.5))]
    assert order(tweets, trends=frozenset({"nyc"})) == [(2, "trend"), (1, "doubt")]


def test_mentions_of_doubtful_trends_are_never_accepted_unread() -> None:
    tweets = [candidate(1, 0.1, ("NYC", 0.9)), candidate(2, 0.1, ("Rome", 0.9))]
    found = order(tweets, trends=frozenset({"nyc"}), threshold=0.8, audit=0.0)
    assert found == [(1, "trend"), (2, "accepted")]


@pytest.mark.parametrize("name", ["doubt", "random"])
def test_other_orders_hold_every_tweet(name: str) -> None:
    tweets = [candidate(number, number / 10) for number in range(10)]
    found = [id_ for id_, _ in order(tweets, order=name)]
    assert sorted(map(int, found)) == list(range(10))
    if name == "doubt":
        assert found == list(range(9, -1, -1))


def test_the_blind_share_is_drawn_from_what_is_read() -> None:
    tweets = [candidate(number, 0.5) for number in range(300)]
    queue = arrange(tweets, Plan(blind=0.2), str.casefold)
    assert 35 <= sum(tweet.blind for tweet in queue) <= 85


def test_a_record_that_the_model_tags_otherwise_is_counted_as_changed(tmp_path: Path) -> None:
    everywhere = MajorityTagger(
        ["O", "B-geo-loc", "I-geo-loc"], frequencies=np.array([0.1, 0.8, 0.1])
    )
    tagger = Tagger(everywhere, splitter_tokenizer(), "argmax")
    text = "NYC  or 😀 Rome"
    same = {"id": 1, "text": text, "entities": tagger(text)}
    other = {"id": 2, "text": text, "entities": tagger(text)[:1]}
    first, second = read_doubts(tagger, [same, other])
    assert (first.changed, second.changed) == (False, True)
    assert first.doubts == pytest.approx([0.9] * 4)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a model that takes every word for a place, in the working directory."""
    monkeypatch.chdir(tmp_path)
    MajorityTagger(["O", "B-geo-loc", "I-geo-loc"], frequencies=np.array([0.1, 0.8, 0.1])).save(
        tmp_path / "places"
    )
    splitter_tokenizer().save(str(tmp_path / "places" / "tokenizer.json"))
    return "./places"


def test_a_queue_is_filled_from_parquet_as_from_jsonl(places: str) -> None:
    Path("tweets.jsonl").write_text('{"id": 7, "text": "NYC"}\n{"id": 8, "text": "Rome 😀"}\n')
    for form in ("jsonl", "parquet"):
        output = f"tagged.{form}"
        assert main(["tag", places, "tweets.jsonl", "--keep", "text", "--output", output]) == 0
        assert main(["review", "fill", places, output, f"{form}.db"]) == 0
    from_lines, from_table = Queue("jsonl.db"), Queue("parquet.db")
    query = "SELECT tweet FROM tweets ORDER BY rank"
    assert len(from_lines.rows(query)) == 2
    assert from_lines.rows(query) == from_table.rows(query)


def test_records_that_are_errors_are_told_and_left_out(
    places: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tagged.jsonl").write_text(
        '{"id": 7, "text": "NYC", "entities": []}\n{"id": 8, "error": "no text"}\n[1]\n'
    )
    assert main(["review", "fill", places, "tagged.jsonl", "q.db"]) == 1
    answer = capsys.readouterr()
    assert "1 of 1 tweets wait" in answer.out
    assert "warning: 2 records are errors, such as no text" in answer.err


@pytest.mark.parametrize(
    "record",
    ['{"id": 7, "entities": []}', '{"id": 7, "text": "NYC"}', '{"text": "NYC", "entities": []}'],
    ids=["no text", "no entities", "no id"],
)
def test_records_that_cannot_be_read_by_a_person_are_refused(
    record: str, places: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tagged.jsonl").write_text(record)
    assert main(["review", "fill", places, "tagged.jsonl", "q.db"]) == 2
    assert "expected id, text and entities, as `tweetner tag --keep text` writes" in (
        capsys.readouterr().err
    )
    assert not Path("q.db").exists()


def test_the_commands_from_fill_to_forget(places: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tweets.jsonl").write_text('{"id": 7, "text": "NYC"}\n{"id": "x", "text": "Rome"}\n')
    tag = "tag ./places tweets.jsonl --keep text --output tagged.jsonl"
    assert main(tag.split()) == 0
    assert main(["review", "fill", "./places", "tagged.jsonl", "q.db", "--blind", "0"]) == 0
    assert "2 of 2 tweets wait" in capsys.readouterr().out
    queue = Queue("q.db")
    while (tweet := queue.next("ann")) is not None:
        entities = [{"type": "geo-loc", "start": 0, "end": len(tweet.text)}]
        queue.decide(verdict(tweet.id, "ann", entities, f"decision-{tweet.id}"))
    assert main(["review", "status", "q.db"]) == 0
    assert "2 decided, 0 skipped, 0 waiting" in capsys.readouterr().out
    assert main(["review", "export", "q.db", "conll", "d.conll"]) == 0
    assert "Rome\tB-geo-loc\n" in Path("d.conll").read_text()
    assert main(["review", "forget", "q.db", "x"]) == 0
    assert main(["review", "export", "q.db", "jsonl", "d.jsonl"]) == 0
    assert list(read_decisions("d.jsonl")) == [7]
    assert main(["review", "forget", "q.db", "x"]) == 2
    assert main(["review", "serve", "q.db", "--host", "0.0.0.0"]) == 2
    refusals = capsys.readouterr().err.splitlines()
    assert refusals == [
        "error: q.db: there is no tweet 'x'",
        "error: --host 0.0.0.0: other machines could reach it, so --token is needed",
    ]
