"""Entities accepted without review: a model's thresholds, and what they keep of these tweets."""

from collections.abc import Sequence

from tweetner.evaluation import Applied, Counts, Interval, Kept, exact_interval
from tweetner.hub import Threshold
from tweetner.report.tables import Table, shown

HELD_OUT = ["wanted precision", "from score", "precision when held out", "95%", "entities"]
HERE = ["precision here", "95%", "entities", "change", "recall"]
UNREVIEWED = ["% of entities", "% of tweets with entities"]


def acceptance_table(applied: Sequence[Applied], micro: Counts) -> Table:
    """Return a row for each wanted precision, and one for all entities.

    The last two columns are the shares of predicted entities, and of tweets with predicted
    entities, that nobody has to review.
    """
    rows = [_row(threshold, kept) for threshold, kept in applied]
    here = [micro.precision, None, micro.predicted, None, micro.recall]
    rows.append(["all entities", *[None] * 4, *here, None, None])
    return Table("Entities accepted without review", HELD_OUT + HERE + UNREVIEWED, rows)


def acceptance_text(applied: Sequence[Applied], wanted: float) -> str:
    """Say from which score entities may be accepted without review.

    Where the wanted precision could not be proven, the text says so, and goes on with the highest
    lower one that could.

    Raises:
        ValueError: No threshold is for the wanted precision.
    """
    by_precision = {threshold.precision: threshold for threshold, _ in applied}
    if wanted not in by_precision:
        known = ", ".join(f"{precision:.0%}" for precision in by_precision)
        raise ValueError(f"expected a wanted precision among {known}, got {wanted:.0%}")
    threshold = by_precision[wanted]
    if threshold.score is not None:
        return _guarantee(threshold)
    not_proven = (
        f"A precision of {wanted:.0%} could not be proven for any score on {threshold.on}. "
    )
    lower = [
        threshold
        for precision, threshold in sorted(by_precision.items())
        if precision < wanted and threshold.score is not None
    ]
    if not lower:
        return not_proven + "No entity should be accepted without review."
    return not_proven + _guarantee(lower[-1])


def _guarantee(threshold: Threshold) -> str:
    return (
        f"Entities that score {shown(threshold.score)} or more may be accepted without review: at "
        f"least {threshold.precision:.0%} of them are right, with {threshold.confidence:.0%} "
        f"confidence, in tweets like the held-out ones ({threshold.on}). The table compares this "
        "with the tweets of this page; each row holds separately."
    )


def _row(threshold: Threshold, kept: Kept | None) -> list[object]:
    name = f"{threshold.precision:.0%}"
    if kept is None:
        return [name, "not proven", *[None] * 10]
    held_out = threshold.n_right / threshold.n
    interval = Interval(held_out, *exact_interval(threshold.n_right, threshold.n))
    precision = kept.precision.value
    here = [precision, kept.precision, kept.n, precision - held_out, kept.recall]
    return [
        name,
        threshold.score,
        held_out,
        interval,
        threshold.n,
        *here,
        kept.entities,
        kept.tweets,
    ]
