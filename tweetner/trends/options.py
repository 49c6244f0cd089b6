"""The options of a tracker of trends."""

from dataclasses import dataclass

from tweetner.trends.times import UNITS


@dataclass(frozen=True)
class TrendOptions:
    """Describes what a tracker counts and when it alarms; durations are in milliseconds.

    Attributes:
        bucket: length of a bucket of event time.
        lateness: how far behind the newest tweet a tweet may arrive and still be counted.
        fdr: largest share of false alarms among the alarms.
        min_authors: fewest distinct authors of an alarm in a bucket.
        max_forms: most forms of which a past is kept.
        time: path of a record's time.
        author: path of a record's author.

    Raises:
        ValueError: A value is out of its range.
    """

    bucket: int = 10 * UNITS["m"]
    lateness: int = 5 * UNITS["m"]
    fdr: float = 0.05
    min_authors: int = 5
    max_forms: int = 50_000
    time: str = "created_at"
    author: str = "author_id"

    def __post_init__(self) -> None:
        if self.bucket < 1_000:
            raise ValueError(f"expected a bucket of 1s or more, got {self.bucket} ms")
        if not 0 < self.fdr < 1:
            raise ValueError(f"expected a false discovery rate between 0 and 1, got {self.fdr}")
        if self.min_authors < 1 or self.max_forms < 10:
            raise ValueError("expected min_authors of 1 or more, and max_forms of 10 or more")
