from typing import Any

from tweetner.report import TrendHistory, trend_table
from tweetner.trends import TrendOptions, TrendTracker

HALF_HOUR = 1_800_000


def tweet(number: int, seconds: float, *names: str) -> dict[str, Any]:
    entities = [{"type": "person", "text": name, "score": 0.9} for name in names]
    return {"id": number, "created_at": seconds, "author_id": number, "entities": entities}


def history() -> TrendHistory:
    """Six hours in which <b>Nina</b> is mentioned once an hour, and by 25 people at the end."""
    records = [tweet(n, 60 * n, *(["<b>Nina</b>"] if n % 60 == 0 else [])) for n in range(360)]
    records += [tweet(1_000 + n, 21_600 + n, "<b>Nina</b>") for n in range(25)]
    tracker = TrendTracker(TrendOptions(bucket=HALF_HOUR))
    found = TrendHistory()
    for buckets in (tracker.update(records), tracker.finish()):
        for closed in buckets:
            found.add(closed)
    return found


def test_points_are_the_counts_with_their_band() -> None:
    points = history().points("<b>nina<b>")
    assert [point.authors for point in points] == [1, 1, 1, 1, 1, 1, 25]
    assert [point.is_alarm for point in points] == [False] * 6 + [True]
    assert all(point.low <= point.expected <= point.high for point in points[1:])
    assert points[-1].authors > points[-1].high


def test_the_page_escapes_names_and_lists_the_alarm() -> None:
    page = history().page()
    html = page.to_html()
    assert "<b>Nina</b>" not in html
    assert "&lt;b&gt;Nina&lt;/b&gt;" in html
    assert [card.value for card in page.cards[:2]] == ["1", "1"]


def test_rows_are_ordered_by_the_lower_end_of_the_ratio() -> None:
    row = history()._rows[0]
    certain = {**row, "entity": "certain", "key": "a", "ratio_interval": [4.0, 5.0]}
    wide = {**row, "entity": "wide", "key": "b", "ratio_interval": [3.0, 300.0]}
    table = trend_table([wide, certain])
    assert [cells[0] for cells in table.rows] == ["certain", "wide"]
