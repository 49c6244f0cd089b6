"""The charts of a corpus, each an SVG string in the style of all reports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from tweetner.corpus import LengthBin, Lengths, Name
from tweetner.report.plots import BLUE, GREEN, INK, MUTED, ORANGE, PALETTE, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALE = "#cbd5e0"
SPLIT_COLOURS = {"train": BLUE, "dev": ORANGE, "test": GREEN}
CASES = {
    "lower": "#2b6cb0",
    "Title": "#63a4dc",
    "UPPER": "#dd6b20",
    "mixed": "#f6ad6e",
    "no letters": PALE,
}


def tag_counts(types: Sequence[str], counts: Mapping[str, int]) -> str:
    """`B-` and `I-` words of every type, the most frequent type on top."""
    ranked = sorted(types, key=lambda type_: -counts.get("B-" + type_, 0))
    with canvas(7.2, 0.8 + 0.42 * len(ranked)) as drawing:
        axes = drawing.figure.add_subplot()
        series = {
            prefix: [counts.get(f"{prefix}{type_}", 0) for type_ in ranked]
            for prefix in ("B-", "I-")
        }
        names = {"B-": "B- (one an entity)", "I-": "I- (its further words)"}
        named = {names[prefix]: values for prefix, values in series.items()}
        _grouped(axes, ranked, named, colours=[BLUE, ORANGE], written="{:,.0f}".format)
        axes.set_xlabel("words")
    return drawing.svg


def tweet_lengths(lengths: Mapping[str, Lengths]) -> str:
    """How long tweets are in every split, smoothed, with the mean; the bars are the first split's own counts."""
    import seaborn as sns

    with canvas(7.2, 3.6) as drawing:
        axes = drawing.figure.add_subplot()
        for (split, facts), colour in zip(lengths.items(), _split_colours(lengths), strict=True):
            values = np.repeat(list(facts.counts), list(facts.counts.values()))
            if split == next(iter(lengths)):
                sns.histplot(
                    x=values,
                    discrete=True,
                    stat="density",
                    color=colour,
                    alpha=0.2,
                    linewidth=0,
                    ax=axes,
                )
            if len(facts.counts) > 1:
                sns.kdeplot(x=values, color=colour, linewidth=2, cut=0, ax=axes)
            label = f"{split}: mean {facts.mean:.1f}"
            axes.axvline(
                facts.mean, color=colour, linestyle=(0, (4, 3)), linewidth=1.2, label=label
            )
        axes.set(xlabel="words of the tweet", ylabel="share of tweets", xlim=(0, None))
        axes.legend(loc="upper right")
    return drawing.svg


def entity_presence(bins: Sequence[LengthBin]) -> str:
    """Tweets without and with an entity by length; above each bar the share that has one."""
    with canvas(7.2, 3.6) as drawing:
        axes = drawing.figure.add_subplot()
        places = np.arange(len(bins))
        without = np.array([bin_.without_entity for bin_ in bins])
        having = np.array([bin_.with_entity for bin_ in bins])
        axes.bar(places, having, color=BLUE, width=0.72, label="with an entity")
        axes.bar(places, without, bottom=having, color=PALE, width=0.72, label="without")
        for place, (n_with, n_all) in enumerate(zip(having, having + without, strict=True)):
            if n_all:
                axes.annotate(
                    f"{n_with / n_all:.0%} of {n_all:,}",
                    (place, n_all),
                    (0, 3),
                    textcoords="offset points",
                    ha="center",
                )
        axes.set_xticks(places, [bin_name(bin_) for bin_ in bins])
        axes.set(xlabel="words of the tweet", ylabel="tweets")
        axes.grid(axis="x", visible=False)
        axes.margins(y=0.1)
        axes.legend(loc="upper left")
    return drawing.svg


def bin_name(bin_: LengthBin) -> str:
    return f"{bin_.shortest}+" if bin_.longest is None else f"{bin_.shortest}–{bin_.longest}"


def tag_transitions(tags: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Which tag (columns) follows which (rows): colours are shares of the row, numbers are counts."""
    import seaborn as sns

    values = np.array(counts)
    shares = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    labels = [[f"{n:,}" if n else "" for n in row] for row in counts]
    size = 1.2 + 0.62 * len(tags)
    with canvas(size + 1.2, size) as drawing:
        axes = drawing.figure.add_subplot()
        sns.heatmap(
            shares, annot=labels, fmt="", cmap="Blues", vmin=0, vmax=1, linewidths=1, linecolor="white", ax=axes,
            xticklabels=tags, yticklabels=tags, annot_kws={"fontsize": 9},
            cbar_kws={"label": "share of the row", "shrink": 0.7},
        )  # fmt: skip
        axes.set_xticks(axes.get_xticks(), tags, rotation=40, ha="right", rotation_mode="anchor")
        axes.set(xlabel="next tag", ylabel="tag")
    return drawing.svg


def type_shares(entities: Mapping[str, Mapping[str, int]]) -> str:
    """The share of every type among the entities of each split."""
    types = list(next(iter(entities.values())))
    totals = {split: max(sum(counts.values()), 1) for split, counts in entities.items()}
    ranked = sorted(
        types, key=lambda type_: -sum(counts[type_] / totals[s] for s, counts in entities.items())
    )
    with canvas(7.2, 0.8 + (0.16 + 0.16 * len(entities)) * len(ranked)) as drawing:
        axes = drawing.figure.add_subplot()
        shares = {
            f"{split} ({sum(counts.values()):,} entities)": [
                100 * counts[type_] / totals[split] for type_ in ranked
            ]
            for split, counts in entities.items()
        }
        _grouped(axes, ranked, shares, colours=_split_colours(entities), written="{:.1f}".format)
        axes.set_xlabel("share of the split's entities, %")
    return drawing.svg


def case_shares(
    words: Mapping[str, Mapping[str, int]], entities: Mapping[str, Mapping[str, int]]
) -> str:
    """How words, and how entities, are written in each split."""
    rows = [
        (f"{split}: {of}", counts[split])
        for of, counts in (("words", words), ("entities", entities))
        for split in counts
    ]
    with canvas(7.2, 1.1 + 0.36 * len(rows)) as drawing:
        axes = drawing.figure.add_subplot()
        heights = np.arange(len(rows))[::-1]
        left = np.zeros(len(rows))
        for case, colour in CASES.items():
            shares = np.array(
                [100 * counts[case] / max(sum(counts.values()), 1) for _, counts in rows]
            )
            axes.barh(
                heights,
                shares,
                left=left,
                color=colour,
                height=0.72,
                label=case,
            )
            for height, start, share in zip(heights, left, shares, strict=True):
                if share >= 5:
                    dark = case in ("lower", "UPPER")
                    axes.text(
                        start + share / 2, height, f"{share:.0f}", ha="center", va="center", fontsize=9,
                        color="white" if dark else INK,
                    )  # fmt: skip
            left += shares
        axes.set_yticks(heights, [name for name, _ in rows])
        axes.set(xlim=(0, 100), xlabel="%")
        axes.grid(visible=False)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(CASES),
            handlelength=1,
            columnspacing=1.2,
        )
    return drawing.svg


def unseen_names(unseen: Mapping[str, Mapping[str, tuple[int, int]]]) -> str:
    """Of every type the share of entities whose name train lacks."""
    first = next(iter(unseen.values()))
    ranked = sorted(
        first, key=lambda type_: -sum(_share(*counts[type_]) for counts in unseen.values())
    )
    with canvas(7.2, 0.8 + (0.16 + 0.18 * len(unseen)) * len(ranked)) as drawing:
        axes = drawing.figure.add_subplot()
        shares = {
            split: [100 * _share(*counts[type_]) for type_ in ranked]
            for split, counts in unseen.items()
        }
        _grouped(axes, ranked, shares, colours=_split_colours(unseen), written="{:.0f}".format)
        axes.set(
            xlim=(0, 108),
            xticks=range(0, 101, 20),
            xlabel="entities whose name no entity of train has, %",
        )
    return drawing.svg


def entity_lengths(entity_words: Mapping[str, Mapping[int, int]], longest: int = 5) -> str:
    """The share of entities of one word, two words, ... in each split."""
    names = [*map(str, range(1, longest)), f"{longest}+"]
    with canvas(7.2, 3.2) as drawing:
        axes = drawing.figure.add_subplot()
        width = 0.8 / len(entity_words)
        for place, ((split, counts), colour) in enumerate(
            zip(entity_words.items(), _split_colours(entity_words), strict=True)
        ):
            total = max(sum(counts.values()), 1)
            values = [
                sum(n for words, n in counts.items() if words == length)
                for length in range(1, longest)
            ]
            values.append(sum(n for words, n in counts.items() if words >= longest))
            where = np.arange(longest) + (place - (len(entity_words) - 1) / 2) * width
            drawn = axes.bar(
                where, [100 * n / total for n in values], width * 0.92, color=colour, label=split
            )
            axes.bar_label(drawn, fmt="%.0f", padding=2, fontsize=8.5, color=MUTED)
        axes.set_xticks(range(longest), names)
        axes.set(xlabel="words of the entity", ylabel="entities, %")
        axes.grid(axis="x", visible=False)
        axes.legend(loc="upper right")
    return drawing.svg


def names(rows: Sequence[Name], types: Sequence[str]) -> str:
    """How often names carry each type, and how often their words stand untagged."""
    import seaborn as sns

    colours = dict(zip(types, sns.color_palette("colorblind", len(types)), strict=True))
    with canvas(7.2, 1.3 + 0.3 * len(rows)) as drawing:
        axes = drawing.figure.add_subplot()
        heights = np.arange(len(rows))[::-1]
        left = np.zeros(len(rows))
        shown = [type_ for type_ in types if any(type_ in row.types for row in rows)]
        series = {type_: np.array([row.types.get(type_, 0) for row in rows]) for type_ in shown}
        for type_, values in series.items():
            axes.barh(heights, values, left=left, height=0.72, color=colours[type_], label=type_)
            left += values
        axes.barh(
            heights,
            [row.untagged for row in rows],
            left=left,
            height=0.72,
            color=PALE,
            label="untagged",
        )
        axes.set_yticks(heights, [drawable(row.name) for row in rows], parse_math=False)
        axes.set(xlabel="occurrences", ylim=(-0.6, len(rows) - 0.4))
        axes.grid(axis="y", visible=False)
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=5, handlelength=1, columnspacing=1.2
        )
    return drawing.svg


def drawable(text: str, longest: int = 30) -> str:
    """Text that the charts' font can draw: a box for each character that it lacks, an ellipsis for a long tail.

    >>> drawable("café 李")
    'café □'
    """
    drawn = "".join(character if _has_glyph(ord(character)) else "□" for character in text)
    return drawn if len(drawn) <= longest else drawn[: longest - 1] + "…"


@cache
def _has_glyph(code_point: int) -> bool:
    from matplotlib import font_manager

    return bool(
        font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_char_index(code_point)
    )


def _grouped(
    axes: "Axes",
    rows: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    colours: Sequence[str],
    written: Callable[[float], str],
) -> None:
    """Horizontal bars, one of each series for every row, the first row and the first series on top."""
    height = 0.84 / len(series)
    for place, ((name, values), colour) in enumerate(zip(series.items(), colours, strict=True)):
        where = np.arange(len(rows))[::-1] + ((len(series) - 1) / 2 - place) * height
        drawn = axes.barh(where, values, height * 0.9, color=colour, label=name)
        axes.bar_label(
            drawn, [written(value) for value in values], padding=3, fontsize=8.5, color=MUTED
        )
    axes.set_yticks(range(len(rows))[::-1], rows)
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.08, y=0.02)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(series),
        handlelength=1,
        columnspacing=1.2,
    )


def _split_colours(splits: Iterable[str]) -> list[str]:
    """The same colour for a split in every chart."""
    return [SPLIT_COLOURS.get(split, PALETTE[3 + place % 2]) for place, split in enumerate(splits)]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
