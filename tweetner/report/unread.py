"""Entities accepted unread: each threshold of a model, where it is proven, and what becomes of it here."""

from collections.abc import Sequence

from tweetner.evaluation import Applied, Counts, Interval, Kept, exact_interval
from tweetner.hub import Threshold
from tweetner.report.tables import Cell, Table, shown

COLUMNS = [
    *(
        "wanted",
        "from score",
        "right in calibration",
        "95%",
        "of entities",
        "right here",
        "95%",
        "of entities",
    ),
    *("shift", "recall", "entities unread", "tweets unread"),
]


def unread_table(applied: Sequence[Applied], micro: Counts) -> Table:
    """A row for each wanted precision, and one for all entities.

    "Entities unread" is the share of the predicted ones, "tweets unread" that of the tweets with predicted entities.
    """
    rows = [_row(*found) for found in applied]
    rows.append(
        [
            "all entities",
            *[None] * 4,
            micro.precision,
            None,
            micro.predicted,
            None,
            micro.recall,
            None,
            None,
        ]
    )
    return Table("Entities accepted unread", COLUMNS, rows)


def promise(applied: Sequence[Applied], wanted: float) -> str:
    """What may be accepted unread for the wanted precision or, where that is not proven, for the next one."""
    thresholds = [threshold for threshold, _ in applied]
    asked = next(threshold for threshold in thresholds if threshold.precision == wanted)
    proven = [threshold for threshold in thresholds if threshold.score is not None]
    if asked.score is not None:
        return _promise(asked)
    none = f"A precision of {wanted:.0%} could not be proven for any score on {asked.on}. "
    below = [threshold for threshold in proven if threshold.precision < wanted]
    return none + (_promise(below[-1]) if below else "Nothing should be accepted unread.")


def _promise(threshold: Threshold) -> str:
    return (
        f"Entities that score {shown(threshold.score)} or more may be accepted unread: at least "
        f"{threshold.precision:.0%} of them are right, with {threshold.confidence:.0%} confidence, in tweets like "
        f"those of the calibration ({threshold.on}). The table shows what becomes of that here; each row is a promise "
        "by itself."
    )


def _row(threshold: Threshold, kept: Kept | None) -> list[Cell]:
    name = f"{threshold.precision:.0%}"
    if kept is None:
        return [name, "not proven", *[None] * 10]
    before = threshold.n_right / threshold.n
    return [
        name,
        threshold.score,
        before,
        Interval(before, *exact_interval(threshold.n_right, threshold.n)),
        threshold.n,
        kept.precision.value,
        kept.precision,
        kept.n,
        kept.precision.value - before,
        kept.recall,
        kept.entities,
        kept.tweets,
    ]
