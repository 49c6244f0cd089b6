"""The charts of a corpus, each an SVG string in the style of all reports."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from tweetner.corpus import LengthBin, Lengths, Name
from tweetner.report.charts import (
    BLUE,
    DASHED,
    FULL,
    GREEN,
    INK,
    ORANGE,
    PALE,
    PALETTE,
    canvas,
    grouped_bars,
    shares_heatmap,
    stacked_bars,
)

SPLIT_COLOURS = {"train": BLUE, "dev": ORANGE, "test": GREEN}
CASE_COLOURS = (BLUE, "#63a4dc", ORANGE, "#f6ad6e", PALE)
"""Colours of `tweetner.corpus.CASES`."""
FIRST_WORDS = "B- (first words of entities)"
LONGEST_NAME = 5
"""Entities of this many words or more share one column."""


def tag_counts(types: Sequence[str], counts: Mapping[str, int]) -> str:
    """Draw the `B-` and `I-` words of every type, the most frequent type on top."""
    first = [counts.get(f"B-{type_}", 0) for type_ in types]
    further = [counts.get(f"I-{type_}", 0) for type_ in types]
    table = pd.DataFrame({FIRST_WORDS: first, "I- (further words)": further}, list(types))
    table = table.sort_values(FIRST_WORDS, ascending=False, kind="stable")
    with canvas(FULL, 0.8 + 0.42 * len(table)) as drawing:
        axes = drawing.axes()
        grouped_bars(axes, table, colours=[BLUE, ORANGE], number="{:,.0f}")
        axes.set_xlabel("words")
    return drawing.svg


def tweet_lengths(lengths: Mapping[str, Lengths]) -> str:
    """Draw how long the tweets of each split are, smoothed, with the mean.

    Columns behind the lines are the first split's own counts.
    """
    import seaborn as sns

    with canvas(FULL, 3.6) as drawing:
        axes = drawing.axes()
        first, *_ = lengths.values()
        colour, *_ = _split_colours(lengths)
        histogram = {"discrete": True, "stat": "density", "alpha": 0.2, "linewidth": 0}
        sns.histplot(x=_values(first), color=colour, ax=axes, **histogram)
        for (split, facts), colour in zip(lengths.items(), _split_colours(lengths), strict=True):
            if len(facts.counts) > 1:
                sns.kdeplot(x=_values(facts), color=colour, linewidth=2, cut=0, ax=axes)
            label = f"{split}: mean {facts.mean:.1f}"
            axes.axvline(facts.mean, color=colour, linestyle=DASHED, linewidth=1.2, label=label)
        axes.set(xlabel="words of the tweet", ylabel="share of tweets", xlim=(0, None))
        axes.legend(loc="upper right")
    return drawing.svg


def entity_presence(bins: Sequence[LengthBin]) -> str:
    """Draw tweets with and without an entity by length; above each column is the share with one."""
    having = np.array([bin_.with_entity for bin_ in bins])
    totals = having + [bin_.without_entity for bin_ in bins]
    shares = [
        f"{n / total:.0%} of {total:,}" if total else ""
        for n, total in zip(having, totals, strict=True)
    ]
    with canvas(FULL, 3.6) as drawing:
        axes = drawing.axes()
        names = [bin_name(bin_) for bin_ in bins]
        axes.bar(names, having, color=BLUE, width=0.72, label="with an entity")
        without = axes.bar(
            names, totals - having, bottom=having, color=PALE, width=0.72, label="without"
        )
        axes.bar_label(without, shares, padding=3)
        axes.set(xlabel="words of the tweet", ylabel="tweets")
        axes.grid(axis="x", visible=False)
        axes.margins(y=0.1)
        axes.legend(loc="upper left")
    return drawing.svg


def bin_name(bin_: LengthBin) -> str:
    """Name the lengths of a bin.

    >>> bin_name(LengthBin(81, None, 0, 0))
    '81+'
    """
    return f"{bin_.shortest}+" if bin_.longest is None else f"{bin_.shortest}–{bin_.longest}"


def tag_transitions(tags: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Draw which tag (columns) follows which (rows)."""
    table = pd.DataFrame(counts, list(tags), list(tags))
    size = 1.2 + 0.5 * len(tags)
    with canvas(size + 1.2, size) as drawing:
        axes = drawing.axes()
        shares_heatmap(axes, table, cbar_kws={"label": "share of the row", "shrink": 0.7})
        axes.set(xlabel="next tag", ylabel="tag")
    return drawing.svg


def type_shares(entities: Mapping[str, Mapping[str, int]]) -> str:
    """Draw the share of every type among the entities of each split."""
    counts = pd.DataFrame(entities)
    shares = _percent(counts).rename(
        columns={split: f"{split} ({n:,} entities)" for split, n in counts.sum().items()}
    )
    return _split_bars(shares, entities, "share of the split's entities, %", "{:.1f}")


def unseen_names(unseen: Mapping[str, Mapping[str, tuple[int, int]]]) -> str:
    """Draw for every type the share of entities whose name no entity of train has."""
    shares = pd.DataFrame(unseen).map(lambda counts: 100 * counts[0] / max(counts[1], 1))
    return _split_bars(shares, unseen, "entities whose name no entity of train has, %", "{:.0f}")


def case_shares(
    words: Mapping[str, Mapping[str, int]], entities: Mapping[str, Mapping[str, int]]
) -> str:
    """Draw the letter case of words, and of entities, in each split."""
    counts = [
        pd.DataFrame(words).add_suffix(": words"),
        pd.DataFrame(entities).add_suffix(": entities"),
    ]
    shares = _percent(pd.concat(counts, axis=1)).T
    with canvas(FULL, 1.1 + 0.36 * len(shares)) as drawing:
        axes = drawing.axes()
        stacked_bars(axes, shares, CASE_COLOURS)
        bars: Any
        for bars, case in zip(axes.containers, shares, strict=True):
            numbers = [f"{share:.0f}" if share >= 5 else "" for share in shares[case]]
            colour = "white" if case in ("lower", "UPPER") else INK
            axes.bar_label(bars, numbers, label_type="center", fontsize=9, color=colour)
        axes.set(xlim=(0, 100), xlabel="%")
        axes.grid(visible=False)
    return drawing.svg


def entity_lengths(entity_words: Mapping[str, Mapping[int, int]]) -> str:
    """Draw the share of entities of one word, two words, ... in each split."""
    counts = pd.DataFrame(0, range(1, LONGEST_NAME + 1), list(entity_words))
    for split, by_length in entity_words.items():
        for n_words, n in by_length.items():
            counts.loc[min(n_words, LONGEST_NAME), split] += n
    shares = _percent(counts).rename(index={LONGEST_NAME: f"{LONGEST_NAME}+"})
    with canvas(FULL, 3.2) as drawing:
        axes = drawing.axes()
        colours = _split_colours(entity_words)
        grouped_bars(axes, shares, colours=colours, number="{:.0f}", upright=True)
        axes.set(xlabel="words of the entity", ylabel="entities, %")
    return drawing.svg


def names(rows: Sequence[Name], types: Sequence[str]) -> str:
    """Draw how often names have each type, and how often their words are untagged."""
    import seaborn as sns

    palette = dict(zip(types, sns.color_palette("colorblind", len(types)), strict=True))
    table = pd.DataFrame([row.types for row in rows], [drawable(row.name) for row in rows])
    occurring = [type_ for type_ in types if type_ in table]
    table = table[occurring].fillna(0).assign(untagged=[row.untagged for row in rows])
    with canvas(FULL, 1.3 + 0.3 * len(rows)) as drawing:
        axes = drawing.axes()
        stacked_bars(axes, table, [*(palette[type_] for type_ in occurring), PALE])
        axes.set_xlabel("occurrences")
    return drawing.svg


def drawable(text: str, longest: int = 30) -> str:
    """Replace characters that the charts' font lacks by boxes, and shorten a long text.

    >>> drawable("café 李")
    'café □'
    """
    drawn = "".join(character if _has_glyph(ord(character)) else "□" for character in text)
    return drawn if len(drawn) <= longest else drawn[: longest - 1] + "…"


@cache
def _has_glyph(code_point: int) -> bool:
    from matplotlib import font_manager

    font = font_manager.get_font(font_manager.findfont("DejaVu Sans"))
    return bool(font.get_char_index(code_point))


def _split_bars(shares: pd.DataFrame, splits: Iterable[str], label: str, number: str) -> str:
    """Draw a percentage of every type (rows) in each split (columns), the highest on top."""
    ranked = shares.sum(axis=1).sort_values(ascending=False, kind="stable").index
    n_types, n_splits = shares.shape
    with canvas(FULL, 0.8 + (0.16 + 0.18 * n_splits) * n_types) as drawing:
        axes = drawing.axes()
        grouped_bars(axes, shares.loc[ranked], colours=_split_colours(splits), number=number)
        axes.set_xlabel(label)
    return drawing.svg


def _percent(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts in percent of their column's total."""
    return 100 * counts / counts.sum().clip(lower=1)


def _values(facts: Lengths) -> np.ndarray:
    """Return the length of every tweet."""
    return np.repeat([*facts.counts], [*facts.counts.values()])


def _split_colours(splits: Iterable[str]) -> list[str]:
    """Return the colours of splits; the usual splits have the same one in every chart."""
    return [SPLIT_COLOURS.get(split, PALETTE[3 + place % 2]) for place, split in enumerate(splits)]
