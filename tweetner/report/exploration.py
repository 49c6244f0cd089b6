"""The facts of a corpus as a page, and as a file for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from tweetner.corpus import TRAIN, Facts, Shared, SplitFacts, audit_warnings
from tweetner.files import write_json
from tweetner.report import exploration_charts as charts
from tweetner.report.pages import Card, Chart, Details, Page, Section, write_texts
from tweetner.report.tables import Table


def write_exploration(folder: Path, facts: Facts) -> None:
    """Write the page `report.html`, and its figures as `facts.json`, into a folder."""
    write_texts(folder, {"report.html": exploration_page(facts).to_html()})
    write_json(asdict(facts), folder / "facts.json")


def exploration_page(facts: Facts) -> Page:
    """Return the page: first what the data looks like, then what makes it hard."""
    audits = facts.audit.splits
    sizes = [f"{split}: {a.tweets:,} tweets, {a.words:,} words" for split, a in audits.items()]
    title = f"What is in {facts.corpus}"
    return Page(title, "; ".join(sizes), list(_cards(facts)), list(_sections(facts)))


def _cards(facts: Facts) -> Iterator[Card]:
    split = _main_split(facts)
    main = facts.audit.splits[split]
    yield Card("Entities", f"{sum(main.entities.values()):,}", f"in {split}")
    yield Card("Words tagged O", f"{100 * main.always_o_accuracy:.1f}%", "accuracy of always O")
    share = 100 * main.tweets_with_entity / main.tweets
    yield Card("Tweets with an entity", f"{share:.0f}%", f"of {main.tweets:,}")
    for comparison in facts.audit.comparisons:
        name = f"Unseen in {comparison.evaluation}"
        yield Card(name, f"{100 * comparison.unseen_rate:.0f}%", "names train lacks")


def _main_split(facts: Facts) -> str:
    """Return the split that charts of one split show: train, or else the first."""
    return TRAIN if TRAIN in facts.splits else next(iter(facts.splits))


def _sections(facts: Facts) -> Iterator[Section]:
    main = _main_split(facts)
    yield Section("What to know first", warnings=audit_warnings(facts.audit))
    yield _schema(facts)
    yield _tags(facts, main)
    yield _lengths(facts)
    yield _presence(facts.splits[main], main)
    yield _transitions(facts.splits[main], main)
    yield _names(facts, main)
    yield _repeats(facts)
    if facts.audit.overlaps:
        yield _leakage(facts)
        yield _shift(facts)
    n_compared = sum(comparison.entities for comparison in facts.audit.comparisons)
    if n_compared:
        yield _unseen(facts)


def _schema(facts: Facts) -> Section:
    schemas = {split: found.schema for split, found in facts.splits.items()}
    first, *_ = schemas.values()
    missing = []
    for column, kind in first.kinds.items():
        counts = [schema.missing[column] for schema in schemas.values()]
        missing.append([column, kind, *counts])
    rows = []
    for split, schema in schemas.items():
        audit = facts.audit.splits[split]
        repeated = (schema.repeated_rows, schema.repeated_places)
        rows.append([split, audit.words, *repeated, audit.ill_formed])
    heads = ["split", "rows", "repeated rows", "repeated places", "ill-formed I-"]
    text = (
        "Each split as a table with one row a word. A place is a tweet's id and a word's position."
    )
    tables = [
        Table("Missing values", ["column", "kind", *schemas], missing),
        Table("Rows", heads, rows),
    ]
    return Section("Schema and missing values", [text], tables=tables)


def _tags(facts: Facts, main: str) -> Section:
    counts = facts.splits[main].tags
    share = 100 * counts.get("O", 0) / sum(counts.values())
    text = (
        f"{len(counts)} tags occur. O is not drawn: {share:.1f}% of all words have it. A tagger "
        "that always answers O is that accurate, so accuracy says nothing."
    )
    chart = Chart("Words of every tag", charts.tag_counts(facts.types, counts))
    details = [Details("Counts of every tag", _tag_table(facts, main))]
    return Section(f"Tags in {main}", [text], charts=[chart], details=details)


def _tag_table(facts: Facts, main: str) -> Table:
    """Return count and share of every tag in each split, the most frequent of `main` first."""
    tags = {split: found.tags for split, found in facts.splits.items()}
    counts = pd.DataFrame(tags).fillna(0).astype(int)
    counts = counts.sort_values(main, ascending=False, kind="stable")
    columns = [list(counts.index)]
    heads = ["tag"]
    for split in counts:
        shares = counts[split] / counts[split].sum()
        columns += [counts[split].tolist(), shares.tolist()]
        heads += [split, "%"]
    return Table("", heads, list(zip(*columns, strict=True)))


def _lengths(facts: Facts) -> Section:
    lengths = {split: found.lengths for split, found in facts.splits.items()}
    rows = []
    for split, found in lengths.items():
        skewness = None if found.skewness is None else f"{found.skewness:.2f}"
        bounds = f"[{found.low:.2f}, {found.high:.2f}]"
        center = (f"{found.mean:.1f}", f"{found.median:g}")
        rows.append([split, *center, skewness, bounds, found.outliers])
    text = (
        "Outliers are outside the IQR bounds: more than 1.5 interquartile ranges below the first "
        "or above the third quartile."
    )
    chart = Chart("Tweet lengths", charts.tweet_lengths(lengths))
    table = Table("", ["split", "mean", "median", "skewness", "IQR bounds", "outliers"], rows)
    return Section("Length of tweets", [text], charts=[chart], tables=[table])


def _presence(found: SplitFacts, main: str) -> Section:
    rows = [
        [charts.bin_name(bin_), bin_.without_entity, bin_.with_entity] for bin_ in found.length_bins
    ]
    text = "Above each bar is the share of the tweets of that length that have an entity."
    chart = Chart("Tweets with an entity by length", charts.entity_presence(found.length_bins))
    table = Table("", ["words", "without entity", "with entity"], rows)
    return Section(f"Entity presence by length in {main}", [text], charts=[chart], tables=[table])


def _transitions(found: SplitFacts, main: str) -> Section:
    text = (
        "The most frequent tags; colours are shares of a row. In well-formed tags, an I- follows "
        "only its own B- or I-; a decoder with this rule never begins an entity with I-."
    )
    chart = Chart("Tag transitions", charts.tag_transitions(found.top_tags, found.transitions))
    return Section(f"Which tag follows which in {main}", [text], charts=[chart])


def _names(facts: Facts, main: str) -> Section:
    drawn, text = [], []
    frequent = facts.splits[main].frequent_names
    if frequent:
        drawn.append(Chart("Most frequent names", charts.names(frequent, facts.types)))
        text.append(
            f"The most frequent names of {main}, in lower case, by type; untagged counts the same "
            "words outside entities."
        )
    if facts.ambiguous_names:
        drawn.append(
            Chart("Most ambiguous names", charts.names(facts.ambiguous_names, facts.types))
        )
        text.append(
            "The names with more than one type, in all splits together; the most ambiguous on top."
        )
    n_words = {split: found.entity_words for split, found in facts.splits.items()}
    drawn.append(Chart("Words of an entity", charts.entity_lengths(n_words)))
    return Section("Names", text, charts=drawn)


def _repeats(facts: Facts) -> Section:
    rows = [
        [split, audit.tweets, audit.repeats, audit.conflicting_texts]
        for split, audit in facts.audit.splits.items()
    ]
    conflicts = [
        [split, f"{n} ×", ", ".join(entities) or "no entity", conflict.text]
        for split, found in facts.splits.items()
        for conflict in found.conflicts
        for entities, n in conflict.taggings
    ]
    listed = Table("", ["split", "times", "entities", "text"], conflicts)
    text = (
        "A repeat is a tweet whose words occurred earlier in the same split. A text is conflicting "
        "when its tags differ."
    )
    table = Table("", ["split", "tweets", "repeats", "conflicting texts"], rows)
    details = [Details("The conflicting texts", listed, prose=True)] if conflicts else []
    return Section("Repeated tweets", [text], tables=[table], details=details)


def _leakage(facts: Facts) -> Section:
    rows = []
    for overlap in facts.audit.overlaps:
        counts = map(_shared_texts, (overlap.exact, overlap.lowercased, overlap.near))
        rows.append([f"{overlap.first} and {overlap.second}", *counts])
    heads = ["splits", "exactly", "ignoring case", "ignoring case, mentions, URLs"]
    text = (
        "Number of texts; in brackets, how many tweets of the first and of the second split have "
        "them."
    )
    return Section("Texts that two splits share", [text], tables=[Table("", heads, rows)])


def _shared_texts(shared: Shared) -> str:
    return f"{shared.texts} ({shared.in_first}, {shared.in_second})"


def _shift(facts: Facts) -> Section:
    audits = facts.audit.splits
    rows = []
    for split, audit in audits.items():
        n_entities = max(sum(audit.entities.values()), 1)
        hashtags = (audit.hashtags / audit.words, audit.hashtag_entities)
        shares = (audit.hashtag_entities / n_entities, audit.tweets_with_entity / audit.tweets)
        rows.append([split, f"{facts.splits[split].lengths.mean:.1f}", *hashtags, *shares])
    shifts = [[c.evaluation, c.type_shift] for c in facts.audit.comparisons]
    heads = ["split", "words a tweet", "hashtags, % of words", "hashtag entities", "% of entities"]
    changes = f"entities that would have to change type to match {TRAIN}, %"
    text = (
        "What a model learns on one split need not hold on another where types, letter case, "
        "hashtags or length differ."
    )
    types = charts.type_shares({split: audit.entities for split, audit in audits.items()})
    cases = charts.case_shares(
        {split: audit.word_case for split, audit in audits.items()},
        {split: audit.entity_case for split, audit in audits.items()},
    )
    return Section(
        "Shift between splits",
        [text],
        charts=[Chart("Types of entities", types), Chart("Letter case", cases)],
        tables=[
            Table("", [*heads, "tweets with an entity, %"], rows),
            Table("", ["split", changes], shifts),
        ],
    )


def _unseen(facts: Facts) -> Section:
    rows = [[c.evaluation, c.entities, c.unseen, c.unseen_rate] for c in facts.audit.comparisons]
    text = (
        "A list of the names in train would find none of these; a model has to use letter case, "
        "form and context."
    )
    chart = Chart("Unseen names by type", charts.unseen_names(facts.unseen))
    table = Table("", ["split", "entities", "unseen", "%"], rows)
    return Section("Names that training never saw", [text], charts=[chart], tables=[table])
