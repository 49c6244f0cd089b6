import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tweetner.trends import TrendOptions, TrendTracker

DAY = 86_400
OPTIONS = TrendOptions(bucket=1_800_000)
Record = dict[str, Any]


def tweet(id_: object, seconds: float, author: str | None = "nina", *names: str) -> Record:
    entities = [{"type": "geo-loc", "text": name, "score": 0.8} for name in names]
    return {"id": id_, "created_at": seconds, "author_id": author, "entities": entities}


def run(records: Iterable[Mapping[str, Any]], tracker: TrendTracker | None = None) -> list[Record]:
    tracker = tracker or TrendTracker(OPTIONS)
    buckets = [*tracker.update(records), *tracker.finish()]
    return [row for closed in buckets for row in closed.rows]


def test_the_planted_story_and_nothing_else_alarms(story: list[Record]) -> None:
    rows = run(story)
    assert {row["key"] for row in rows} == {"westport"}
    first = rows[0]
    assert first["entity"] == "Westport"
    assert first["start"] == first["onset"] == "1970-01-01T14:00:00Z"
    assert first["end"] == "1970-01-01T14:30:00Z"
    assert first["authors"] == 30
    assert first["forms"] == {"Westport": 20, "#WestPort": 10}
    assert first["types"] == {"geo-loc": 30}
    assert first["new"]
    assert first["q"] <= 0.05
    assert first["ratio_interval"][0] > 5
    assert first["mentions"]["n"] == 30
    assert first["mentions"]["true"] == 24
    assert first["examples"] == ["w0", "w1", "w2", "w3", "w4"]


def test_an_ignored_entity_is_counted_and_never_alarms(story: list[Record]) -> None:
    assert run(story, TrendTracker(OPTIONS, ignored={"westport"})) == []
    tracker = TrendTracker(OPTIONS, ignored={"westport"}, describe_all=True)
    rows = [row for row in run(story, tracker) if row["key"] == "westport"]
    assert [(row["authors"], row["alarm"]) for row in rows] == [(30, False)]


def test_an_alias_counts_as_its_name(story: list[Record]) -> None:
    rows = run(story, TrendTracker(OPTIONS, aliases={"westport": "wp"}))
    assert {row["key"] for row in rows} == {"wp"}


def test_all_mentioned_entities_can_be_described(story: list[Record]) -> None:
    rows = run(story, TrendTracker(OPTIONS, describe_all=True))
    assert sum(row["alarm"] for row in rows) == 1
    # the first bucket has no past and no rows
    later = [record for record in story if record["created_at"] >= 1_800]
    assert sum(row["mentions"]["n"] for row in rows) == sum(len(r["entities"]) for r in later)


def test_one_author_alone_is_no_trend(story: list[Record]) -> None:
    for record in story:
        if record["id"].startswith("w"):
            record["author_id"] = "bot"
    assert run(story) == []


def test_retweets_and_copies_of_tweets_change_nothing(story: list[Record]) -> None:
    copies = [copy for record in story for copy in (record, dict(record))]
    assert run(copies) == run(story)


def test_arrival_in_any_order_within_the_lateness_gives_the_same_bytes(
    story: list[Record],
) -> None:
    def lines(records: list[Record]) -> str:
        rows = run(records, TrendTracker(OPTIONS, describe_all=True))
        return "\n".join(json.dumps(row) for row in rows)

    expected = lines(story)
    for seed in range(5):
        draw = random.Random(seed)
        delays = {record["id"]: draw.uniform(0, 299) for record in story}
        arrival = sorted(story, key=lambda record: record["created_at"] + delays[record["id"]])
        assert arrival != story
        assert lines(arrival) == expected


def test_a_bucket_closes_once_when_the_watermark_passes_its_end() -> None:
    tracker = TrendTracker(TrendOptions(bucket=600_000, lateness=300_000))
    start = [tweet(n, 10 + n) for n in range(20)]
    assert list(tracker.update(start)) == []
    assert list(tracker.update([tweet("a", 899.9)])) == []
    assert [closed.start for closed in tracker.update([tweet("b", 900)])] == [0]
    assert list(tracker.update([tweet("late", 599), tweet("c", 601)])) == []
    assert tracker.tally.n_late == 1
    assert [closed.counts.n_tweets for closed in tracker.finish()] == [3]
    assert tracker.tally.n_buckets == 2


def test_every_record_is_counted_late_or_an_error(story: list[Record]) -> None:
    draw = random.Random(2)
    arrival = [record for record in story if draw.random() < 0.9]
    arrival.sort(key=lambda record: record["created_at"] + draw.expovariate(1 / 2_000))
    arrival[100:100] = [{"id": "x", "error": "bad"}, {"id": "y", "entities": []}]
    tracker = TrendTracker(OPTIONS)
    closed = [*tracker.update(arrival), *tracker.finish()]
    counted = sum(bucket.counts.n_tweets for bucket in closed)
    assert tracker.tally.n_late > 50
    assert tracker.tally.n_errors == 2
    assert counted + tracker.tally.n_late + 2 == len(arrival) == tracker.tally.n_records


@pytest.mark.parametrize("place", [0, 3, 50, 99, 100])
def test_one_wrong_clock_is_an_error_and_closes_nothing(place: int) -> None:
    records = [tweet(n, 60 * n) for n in range(100)]
    tracker = TrendTracker(OPTIONS)
    wrong = tweet("wrong", 400 * DAY)
    closed = [*tracker.update([*records[:place], wrong, *records[place:]]), *tracker.finish()]
    assert tracker.tally.n_late == 0
    assert tracker.tally.n_errors == 1
    assert "tweet wrong: its time 1971-02-05T00:00:00Z is ahead" in tracker.tally.errors[0]
    assert sum(bucket.counts.n_tweets for bucket in closed) == 100


def test_a_stream_may_jump_over_days() -> None:
    records = [tweet(n, 60 * n) for n in range(50)]
    records += [tweet(n, 5 * DAY + 60 * n) for n in range(50, 100)]
    tracker = TrendTracker(OPTIONS)
    closed = [*tracker.update(records), *tracker.finish()]
    assert tracker.tally.n_errors == tracker.tally.n_late == 0
    assert sum(bucket.counts.n_tweets for bucket in closed) == 100


def test_tweets_without_an_author_are_told() -> None:
    tracker = TrendTracker(OPTIONS)
    records = [tweet(n, n, None, "Leeds") for n in range(30)]
    closed = [*tracker.update(records), *tracker.finish()]
    assert tracker.tally.n_without_author == 30
    assert closed[0].counts.authors.tolist() == [30]


def test_a_lasting_rise_becomes_the_usual() -> None:
    options = TrendOptions(bucket=3_600_000)
    records = []
    for hour in range(60):
        n = 40 if hour >= 30 else 4
        for number in range(200):
            names = ["Leeds"] if number < n else []
            records.append(tweet(f"{hour}.{number}", 3600 * hour + number, f"a{number}", *names))
    rows = run(records, TrendTracker(options))
    hours = [int(row["start"][8:10]) * 24 - 24 + int(row["start"][11:13]) for row in rows]
    assert hours[0] == 30
    assert 2 <= len(hours) <= 20
    assert {row["onset"] for row in rows[:2]} == {"1970-01-02T06:00:00Z"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"bucket": 0}, "expected a bucket of 1s or more"),
        ({"fdr": 0.0}, "expected a false discovery rate between 0 and 1, got 0.0"),
        ({"min_authors": 0}, "expected min_authors of 1"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TrendOptions(**options)
