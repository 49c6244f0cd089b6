"""Describe the tweets behind a temperature and its thresholds, for `metrics.json` and the card."""

from tweetner.corpus import DevSets


def describe_calibration(dev_sets: DevSets, *, selected: str, n_folds: int = 0) -> str:
    """Describe the tweets that the temperature was fitted on.

    Args:
        dev_sets: The sets that dev is divided into.
        selected: The choice that the run made with `dev_sets.selection`.
        n_folds: Number of models that tagged them out of fold; 0 if one model tagged all.
    """
    also = (
        f", which also selected the {selected}"
        if dev_sets.selection == dev_sets.calibration
        else ""
    )
    return f"{len(dev_sets.calibration):,} tweets of {dev_sets.source}{also}{_tagged_by(n_folds)}"


def describe_held_out(dev_sets: DevSets, *, n_folds: int = 0) -> str:
    """Describe the tweets that thresholds were certified on; arguments as above."""
    caveat = ", so the stated precision is approximate" if n_folds else ""
    tweets = f"{len(dev_sets.held_out):,} held-out tweets of {dev_sets.source}"
    return tweets + _tagged_by(n_folds) + caveat


def _tagged_by(n_folds: int) -> str:
    if n_folds == 1:
        return ", tagged by another model, which was not trained on dev"
    return f", tagged out of fold by {n_folds} other models" if n_folds else ""
