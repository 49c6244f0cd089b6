"""Trends: which entities rise in a stream of tagged tweets, with a stated false-alarm rate.

    for bucket in TrendTracker(TrendOptions()).update(records):
        print(bucket.alarms)

The records are those of `tweetner tag --keep created_at author_id`.
"""

from tweetner.trends.counts import Counts
from tweetner.trends.detector import ClosedBucket, Detector
from tweetner.trends.forms import normal_form, read_aliases, read_ignored
from tweetner.trends.model import expected_band, true_mentions
from tweetner.trends.null import shuffled_alarms_a_day
from tweetner.trends.options import TrendOptions
from tweetner.trends.records import read_records
from tweetner.trends.state import N_NEWEST, Progress, load_state, newest_trends, save_state
from tweetner.trends.times import format_time, parse_duration, parse_time
from tweetner.trends.tracker import TrendTracker

__all__ = [
    "N_NEWEST",
    "ClosedBucket",
    "Counts",
    "Detector",
    "Progress",
    "TrendOptions",
    "TrendTracker",
    "expected_band",
    "format_time",
    "load_state",
    "newest_trends",
    "normal_form",
    "parse_duration",
    "parse_time",
    "read_aliases",
    "read_ignored",
    "read_records",
    "save_state",
    "shuffled_alarms_a_day",
    "true_mentions",
]
