import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tweetner.trends import (
    Progress,
    TrendOptions,
    TrendTracker,
    load_state,
    newest_trends,
    save_state,
)

OPTIONS = TrendOptions(bucket=1_800_000, max_forms=15)
Record = dict[str, Any]


def fresh() -> TrendTracker:
    return TrendTracker(OPTIONS, describe_all=True)


def lines(buckets: Any) -> list[str]:
    return [json.dumps(row) for closed in buckets for row in closed.rows]


@pytest.mark.parametrize("stop", [0, 5, 19, 20, 333, 700, 1_229])
def test_resuming_equals_never_having_stopped(
    stop: int, story: list[Record], tmp_path: Path
) -> None:
    whole = fresh()
    expected = [*lines(whole.update(story)), *lines(whole.finish())]

    path = tmp_path / "state"
    first, progress = fresh(), Progress()
    written = lines(first.update(progress.follow(iter(story[:stop]))))
    save_state(path, first, progress)

    second = fresh()
    progress = load_state(path, second)
    written += lines(second.update(progress.follow(iter(story))))
    written += lines(second.finish())
    assert written == expected
    assert second.tally == whole.tally
    assert second.detector.past.n_dropped > 0


def test_another_input_continues_the_stream(story: list[Record], tmp_path: Path) -> None:
    whole = fresh()
    expected = [*lines(whole.update(story)), *lines(whole.finish())]
    path = tmp_path / "state"
    written = []
    for place in range(0, len(story), 400):
        tracker, progress = fresh(), Progress()
        if place:
            progress = load_state(path, tracker)
        written += lines(tracker.update(progress.follow(iter(story[place : place + 400]))))
        save_state(path, tracker, progress)
    assert written + lines(tracker.finish()) == expected


def test_an_input_that_changed_is_refused(story: list[Record]) -> None:
    progress = Progress()
    list(progress.follow(iter(story[:100])))
    with pytest.raises(ValueError, match="got another record 100"):
        list(progress.follow(iter(story[:50] + story[60:])))
    with pytest.raises(ValueError, match="expected the 100 records of the state, got 50"):
        list(progress.follow(iter(story[:50])))


def test_the_state_gives_the_newest_alarms(story: list[Record], tmp_path: Path) -> None:
    tracker, progress = TrendTracker(TrendOptions(bucket=1_800_000)), Progress()
    for closed in tracker.update(progress.follow(iter(story))):
        progress.add(closed)
    path = tmp_path / "state"
    save_state(path, tracker, progress)
    buckets = newest_trends(path)
    assert [bucket["start"] for bucket in buckets] == ["1970-01-01T14:00:00Z"]
    assert buckets[0]["alarms"][0]["entity"] == "Westport"


def test_the_state_holds_no_text_of_a_tweet(story: list[Record], tmp_path: Path) -> None:
    for record in story:
        record["text"] = "a secret sentence"
    tracker, progress = fresh(), Progress()
    list(tracker.update(progress.follow(iter(story))))
    save_state(tmp_path / "state", tracker, progress)
    content = (tmp_path / "state").read_bytes()
    assert b"secret" not in content
    assert b"town3" in content


def test_a_foreign_or_damaged_state_is_refused(story: list[Record], tmp_path: Path) -> None:
    path = tmp_path / "state"
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    save_state(path, fresh(), Progress())
    whole = path.read_bytes()
    for content in (b"", b"{}", whole[:100], (tmp_path / "other.npz").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="expected a state of tweetner trends"):
            load_state(path, fresh())


def test_a_state_of_another_version_or_with_other_options_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state"
    save_state(path, fresh(), Progress())
    with pytest.raises(ValueError, match="expected a state with the given options, got"):
        load_state(path, TrendTracker())
    monkeypatch.setattr("tweetner.trends.state.VERSION", "tweetner-trends 3")
    with pytest.raises(ValueError, match="expected a state of version 'tweetner-trends 3'"):
        load_state(path, fresh())
