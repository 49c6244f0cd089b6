"""Times of tweets in all the ways that exports write them, as milliseconds since 1970 in UTC."""

import re
from datetime import UTC, datetime, timedelta

SNOWFLAKE_EPOCH = 1288834974657
"""The millisecond from which Twitter's ids count: 2010-11-04 01:42:54.657 UTC."""
MIN_SNOWFLAKE = 29_700_859_247
"""The first id that holds a time; smaller ones were given in sequence."""
MAX_SECONDS = 10**11
"""A larger number is in milliseconds."""
MAX_MILLISECONDS = 62 * 10**12
"""Times up to so far from 1970, the years 6 to 3934, can be written as dates."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TWITTER_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4} \d{4})"
)
DURATION = re.compile(r"(\d+)([smhd])")
UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
"""Milliseconds of each unit."""


def parse_time(value: object) -> int:
    """Return a time in milliseconds since 1970; one without a zone is taken as UTC.

    >>> parse_time("1970-01-01T01:00:01+01:00"), parse_time("Thu Jan 01 00:00:01 +0000 1970")
    (1000, 1000)
    >>> parse_time(1539202764), parse_time("1539202764000")
    (1539202764000, 1539202764000)

    Raises:
        ValueError: It is neither ISO 8601, nor Twitter's `created_at`, nor a number.
    """
    time = _parse_text(value) if isinstance(value, str) else value
    milliseconds: float | None = None
    if isinstance(time, datetime):
        milliseconds = _milliseconds(time)
    elif isinstance(time, int | float) and not isinstance(time, bool):
        milliseconds = time if abs(time) > MAX_SECONDS else 1000 * time
    if milliseconds is not None and abs(milliseconds) <= MAX_MILLISECONDS:  # False for NaN too
        return round(milliseconds)
    raise ValueError(
        f"expected a time in ISO 8601, epoch seconds or Twitter's form, got {str(value)[:50]!r}"
    )


def _parse_text(text: str) -> datetime | int | None:
    found = TWITTER_TIME.fullmatch(text)
    try:
        if text.isascii() and text.isdigit():
            return int(text)
        if found and found[1] in MONTHS:
            # strptime reads names of months in the language of the machine
            month = MONTHS.index(found[1]) + 1
            return datetime.strptime(f"{month} {found[2]}", "%m %d %H:%M:%S %z %Y")
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _milliseconds(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(milliseconds=1)


def snowflake_time(id_: object) -> int | None:
    """Return the time that a tweet's id holds, or None if it is too small to hold one.

    >>> snowflake_time("1050118621198921728")
    1539202764211
    """
    if isinstance(id_, str) and id_.isascii() and id_.isdigit():
        id_ = int(id_)
    if not isinstance(id_, int) or isinstance(id_, bool) or not MIN_SNOWFLAKE <= id_ < 1 << 63:
        return None
    return (id_ >> 22) + SNOWFLAKE_EPOCH


def parse_duration(text: str) -> int:
    """Return a duration such as `30s`, `10m`, `1h` or `1d` in milliseconds.

    Raises:
        ValueError: It has another form, or is longer than a day.
    """
    found = DURATION.fullmatch(text)
    duration = int(found[1]) * UNITS[found[2]] if found else -1
    if not 0 <= duration <= UNITS["d"]:
        raise ValueError(f"expected a duration such as 30s, 10m or 1h, up to 1d, got {text!r}")
    return duration


def format_time(milliseconds: int) -> str:
    """Return a time as ISO 8601 in UTC.

    >>> format_time(1539202764000)
    '2018-10-10T20:19:24Z'
    """
    moment = EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat().replace("+00:00", "Z")
