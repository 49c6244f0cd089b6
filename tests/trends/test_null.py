from typing import Any

from tweetner.trends import TrendOptions, TrendTracker, shuffled_alarms_a_day


def test_shuffles_have_nearly_no_alarms_although_the_stream_has_one(
    story: list[dict[str, Any]],
) -> None:
    options = TrendOptions(bucket=1_800_000)
    tracker = TrendTracker(options)
    found = [closed.alarms.sum() for closed in (*tracker.update(story), *tracker.finish())]
    assert sum(found) == 1
    alarms = shuffled_alarms_a_day([*story, {"error": "bad"}], TrendTracker(options), 20)
    assert len(alarms) == 20
    assert sum(alarms) / 20 <= 0.5


def test_a_stream_without_tweets_has_no_alarms() -> None:
    assert shuffled_alarms_a_day([], TrendTracker(), 3) == [0.0, 0.0, 0.0]
