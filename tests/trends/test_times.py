from datetime import UTC, datetime

import pytest

from tweetner.trends.times import format_time, parse_duration, parse_time, snowflake_time

MOMENT = 1539202764000
"""2018-10-10 20:19:24 UTC, from Twitter's documentation of `created_at`."""


@pytest.mark.parametrize(
    "value",
    [
        "2018-10-10T20:19:24Z",
        "2018-10-10T20:19:24.000+00:00",
        "2018-10-10 22:19:24+02:00",
        "2018-10-10T20:19:24",
        "Wed Oct 10 20:19:24 +0000 2018",
        "Wed Oct 10 15:19:24 -0500 2018",
        1539202764,
        1539202764.0,
        1539202764000,
        "1539202764",
        datetime(2018, 10, 10, 20, 19, 24, tzinfo=UTC),
        datetime(2018, 10, 10, 20, 19, 24),
    ],
)
def test_every_way_to_write_a_time_gives_the_same_milliseconds(value: object) -> None:
    assert parse_time(value) == MOMENT


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "",
        None,
        True,
        float("nan"),
        float("inf"),
        1e300,
        10**400,
        "9" * 400,
        "9" * 5_000,
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        [],
        "2018-13-01",
    ],
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected a time in ISO 8601"):
        parse_time(value)


def test_a_tweets_id_holds_its_time() -> None:
    assert snowflake_time("1050118621198921728") == MOMENT + 211
    assert snowflake_time(1050118621198921728) == MOMENT + 211


@pytest.mark.parametrize("id_", [7, "7", "t7", None, True, -(1 << 40), 1 << 70])
def test_other_ids_hold_no_time(id_: object) -> None:
    assert snowflake_time(id_) is None


def test_times_are_written_in_utc() -> None:
    assert format_time(MOMENT) == "2018-10-10T20:19:24Z"
    assert parse_time(format_time(MOMENT + 7)) == MOMENT + 7


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("0s", 0), ("30s", 30_000), ("10m", 600_000), ("1d", 86_400_000)]
)
def test_durations(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["10", "m", "-5m", "1.5h", "2d", ""])
def test_bad_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 30s"):
        parse_duration(text)
