"""The facts of a corpus as a page, and as files."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tweetner.corpus import Facts, Overlap, Shared, SplitFacts, audit_warnings
from tweetner.report import exploration_charts as charts
from tweetner.report.html import Card, Page, Section
from tweetner.report.tables import Cell, Table


def write_eda(folder: Path, facts: Facts) -> None:
    """Write `report.html`, one page with everything in it, and `facts.json`, the same figures for programs."""
    page = eda_page(facts).to_html()
    values = json.dumps(asdict(facts), indent=2, ensure_ascii=False, allow_nan=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "facts.json").write_text(values + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page, encoding="utf-8")


def eda_page(facts: Facts) -> Page:
    """The page: what the data looks like, then what makes it hard."""
    audits = facts.audit.splits
    subtitle = "; ".join(
        f"{split}: {a.tweets:,} tweets, {a.words:,} words" for split, a in audits.items()
    )
    return Page(f"What is in {facts.corpus}", subtitle, list(_cards(facts)), list(_sections(facts)))


def _cards(facts: Facts) -> Iterator[Card]:
    main = facts.audit.splits[_main(facts)]
    yield Card("Entities", f"{sum(main.entities.values()):,}", f"in {_main(facts)}")
    yield Card("Words tagged O", f"{100 * main.always_o_accuracy:.1f}%", "accuracy of always O")
    yield Card(
        "Tweets with an entity",
        f"{100 * main.tweets_with_entity / main.tweets:.0f}%",
        f"of {main.tweets:,}",
    )
    for comparison in facts.audit.comparisons:
        yield Card(
            f"Unseen in {comparison.evaluation}",
            f"{100 * comparison.unseen_rate:.0f}%",
            "names train lacks",
        )


def _main(facts: Facts) -> str:
    """The split that charts of one split show: train, or else the first."""
    return facts.audit.train if facts.audit.train in facts.splits else next(iter(facts.splits))


def _sections(facts: Facts) -> Iterator[Section]:
    main = _main(facts)
    yield Section("What to know first", warnings=audit_warnings(facts.audit))
    yield _schema(facts)
    yield _tags(facts, main)
    yield _lengths(facts)
    yield _presence(facts, main)
    yield _transitions(facts.splits[main], main)
    yield _names(facts, main)
    yield _repeats(facts)
    if facts.audit.overlaps:
        yield _leakage(facts)
        yield _shift(facts)
    if any(total for split in facts.unseen.values() for _, total in split.values()):
        yield _unseen(facts)


def _schema(facts: Facts) -> Section:
    kinds = next(iter(facts.splits.values())).schema.kinds
    columns: list[list[Cell]] = [
        [column, kind, *(of.schema.missing[column] for of in facts.splits.values())]
        for column, kind in kinds.items()
    ]
    rows: list[list[Cell]] = [
        [split, facts.audit.splits[split].words, of.schema.repeated_rows, of.schema.repeated_places,
         facts.audit.splits[split].ill_formed]
        for split, of in facts.splits.items()
    ]  # fmt: skip
    return Section(
        "Schema and missing values",
        [
            "A split seen as a table with a row a word. A place is a tweet's id and a position in it."
        ],
        tables=[
            Table("Missing values", ["column", "kind", *facts.splits], columns),
            Table(
                "Rows", ["split", "rows", "repeated rows", "repeated places", "ill-formed I-"], rows
            ),
        ],
    )


def _tags(facts: Facts, main: str) -> Section:
    counts = {split: of.tags for split, of in facts.splits.items()}
    n_words = {split: sum(of.values()) for split, of in counts.items()}
    tags = sorted(
        {tag for of in counts.values() for tag in of}, key=lambda tag: -counts[main].get(tag, 0)
    )
    rows: list[list[Cell]] = [
        [
            tag,
            *(
                cell
                for split in counts
                for cell in _counted_share(counts[split].get(tag, 0), n_words[split])
            ),
        ]
        for tag in tags
    ]
    heads = [head for split in counts for head in (split, "%")]
    return Section(
        f"Tags in {main}",
        [
            f"{len(counts[main])} tags occur. O is not drawn: {100 * counts[main].get('O', 0) / n_words[main]:.1f}% of "
            "all words have it, so a tagger that answers nothing else is that accurate, and accuracy says nothing.",
        ],
        plots=[("Words of every tag", charts.tag_counts(facts.types, counts[main]))],
        html=f"<details><summary>Counts of every tag</summary>{Table('', ['tag', *heads], rows).to_html()}</details>",
    )


def _counted_share(n: int, total: int) -> tuple[int, float]:
    return n, n / total


def _lengths(facts: Facts) -> Section:
    rows: list[list[Cell]] = [
        [split, f"{of.lengths.mean:.1f}", f"{of.lengths.median:g}",
         "–" if of.lengths.skewness is None else f"{of.lengths.skewness:.2f}",
         f"[{of.lengths.low:.2f}, {of.lengths.high:.2f}]", of.lengths.outliers]
        for split, of in facts.splits.items()
    ]  # fmt: skip
    return Section(
        "Length of tweets",
        [
            "Outliers lie outside the IQR bounds: 1.5 interquartile ranges below the first or above the third quartile."
        ],
        plots=[
            (
                "Tweet lengths",
                charts.tweet_lengths({split: of.lengths for split, of in facts.splits.items()}),
            )
        ],
        tables=[Table("", ["split", "mean", "median", "skewness", "IQR bounds", "outliers"], rows)],
    )


def _presence(facts: Facts, main: str) -> Section:
    bins = facts.splits[main].length_bins
    rows: list[list[Cell]] = [
        [charts.bin_name(bin_), bin_.without_entity, bin_.with_entity] for bin_ in bins
    ]
    return Section(
        f"Entity presence by length in {main}",
        ["Above each bar stands the share of the tweets of that length that have an entity."],
        plots=[("Tweets with an entity by length", charts.entity_presence(bins))],
        tables=[Table("", ["words", "without entity", "with entity"], rows)],
    )


def _transitions(of: SplitFacts, main: str) -> Section:
    return Section(
        f"Which tag follows which in {main}",
        [
            "The most frequent tags. Well-formed, an I- follows only its own B- or I-; a decoder that knows this never "
            "answers with an entity that begins in its middle."
        ],
        plots=[("Tag transitions", charts.tag_transitions(of.top_tags, of.transitions))],
    )


def _names(facts: Facts, main: str) -> Section:
    plots, text = [], []
    if frequent := facts.splits[main].frequent_names:
        plots.append(("Most frequent names", charts.names(frequent, facts.types)))
        text.append(
            f"The most frequent names of {main}, in lower case, by type and where the same words are untagged."
        )
    if facts.ambiguous_names:
        plots.append(("Most ambiguous names", charts.names(facts.ambiguous_names, facts.types)))
        text.append(
            "The names that carry more than one type in all splits together, the most ambiguous on top."
        )
    words = {split: of.entity_words for split, of in facts.splits.items()}
    plots.append(("Words an entity", charts.entity_lengths(words)))
    return Section("Names", text, plots=plots)


def _repeats(facts: Facts) -> Section:
    rows: list[list[Cell]] = [
        [split, of.tweets, of.repeats, of.conflicting_texts]
        for split, of in facts.audit.splits.items()
    ]
    conflicts: list[list[Cell]] = [
        [split, conflict.text, f"{n} ×", ", ".join(entities) or "no entity"]
        for split, of in facts.splits.items()
        for conflict in of.conflicts
        for entities, n in conflict.taggings
    ]
    listed = Table("", ["split", "text", "times", "entities"], conflicts).to_html()
    return Section(
        "Repeated tweets",
        [
            "A repeat is a tweet whose words stood in the same split before. A text is conflicting when its tags differ."
        ],
        tables=[Table("", ["split", "tweets", "repeats", "conflicting texts"], rows)],
        html=f'<details class="errors"><summary>The conflicting texts</summary>{listed}</details>'
        if conflicts
        else "",
    )


def _leakage(facts: Facts) -> Section:
    def row(overlap: Overlap) -> list[Cell]:
        counts = [_counted(shared) for shared in (overlap.exact, overlap.lowercased, overlap.near)]
        return [f"{overlap.first} and {overlap.second}", *counts]

    heads = ["splits", "exactly", "but for case", "but for case, mentions, URLs"]
    return Section(
        "Texts that two splits share",
        ["Texts, and in brackets the tweets of the first and of the second split that have them."],
        tables=[Table("", heads, [row(overlap) for overlap in facts.audit.overlaps])],
    )


def _counted(shared: Shared) -> str:
    return f"{shared.texts} ({shared.in_first}, {shared.in_second})"


def _shift(facts: Facts) -> Section:
    audits = facts.audit.splits
    rows: list[list[Cell]] = [
        [split, f"{a.words_per_tweet['mean']:.1f}", a.hashtags / a.words, a.hashtag_entities,
         a.hashtag_entities / max(sum(a.entities.values()), 1), a.tweets_with_entity / a.tweets]
        for split, a in audits.items()
    ]  # fmt: skip
    shifts: list[list[Cell]] = [[c.evaluation, c.type_shift] for c in facts.audit.comparisons]
    heads = ["split", "words a tweet", "hashtags, % of words", "hashtag entities", "% of entities"]
    return Section(
        "Shift between splits",
        [
            "What a model learns on one split need not hold on another where types, case, hashtags or length move."
        ],
        plots=[
            ("Types", charts.type_shares({split: a.entities for split, a in audits.items()})),
            (
                "Case",
                charts.case_shares(
                    {split: a.word_case for split, a in audits.items()},
                    {split: a.entity_case for split, a in audits.items()},
                ),
            ),
        ],
        tables=[
            Table("", [*heads, "tweets with an entity, %"], rows),
            Table(
                "",
                [
                    "split",
                    f"entities that would have to change type to match {facts.audit.train}, %",
                ],
                shifts,
            ),
        ],
    )


def _unseen(facts: Facts) -> Section:
    rows: list[list[Cell]] = [
        [c.evaluation, c.entities, c.unseen, c.unseen_rate] for c in facts.audit.comparisons
    ]
    return Section(
        "Names that training never saw",
        [
            "A list of the names in train would find none of these; a model has to read case, form and context."
        ],
        plots=[("Unseen names by type", charts.unseen_names(facts.unseen))],
        tables=[Table("", ["split", "entities", "unseen", "%"], rows)],
    )
