"""The facts of a corpus: those of the reference notebook, and some that it does not look at.

Counts that compare splits (repeated and shared texts, shifts, unseen names) come from
`tweetner.corpus.audit`. A *name* is an entity's words in lower case.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tweetner.corpus.audit import (
    Audit,
    Text,
    audit,
    count_unseen,
    entity_texts,
    lowercased,
    taggings,
)
from tweetner.corpus.tweets import Corpus, Tweet

LENGTH_BINS = ((0, 5), (6, 10), (11, 15), (16, 20), (21, 40), (41, 80))
"""Ranges of words per tweet, both ends included."""

TOP_TAGS = 8
TOP_NAMES = 15


@dataclass(frozen=True)
class Schema:
    """A split seen as a table with one row per word: missing values and repeated rows.

    Attributes:
        kinds: Kind of value of each column.
        missing: Number of empty values in each column.
        repeated_rows: Number of rows equal to an earlier one in all columns.
        repeated_places: Number of rows with the tweet id and position of an earlier one.
    """

    kinds: dict[str, str]
    missing: dict[str, int]
    repeated_rows: int
    repeated_places: int


@dataclass(frozen=True)
class Lengths:
    """Distribution of words per tweet.

    Attributes:
        skewness: Adjusted skewness; None for fewer than three tweets or equal lengths.
        low: Shortest length that is not an outlier: 1.5 interquartile ranges below the quartiles.
        high: Longest length that is not an outlier.
        counts: Length → number of tweets.
    """

    mean: float
    median: float
    skewness: float | None
    low: float
    high: float
    outliers: int
    counts: dict[int, int]


@dataclass(frozen=True)
class LengthBin:
    """Tweets of a range of lengths, without and with an entity; `longest` is None if unlimited."""

    shortest: int
    longest: int | None
    without_entity: int
    with_entity: int


@dataclass(frozen=True)
class Name:
    """A name, how often it has each type, and how often its words occur untagged."""

    name: str
    types: dict[str, int]
    untagged: int


@dataclass(frozen=True)
class Conflict:
    """A text with different tags in one split: each list of entities and how often it occurs."""

    text: str
    taggings: list[tuple[list[str], int]]


@dataclass(frozen=True)
class SplitFacts:
    """The facts of one split.

    Attributes:
        tags: Tag → number of words, the most frequent first.
        length_bins: Tweets without and with an entity, by length.
        top_tags: The most frequent tags.
        transitions: Number of times each top tag (rows) is followed by each top tag (columns).
        entity_words: Words per entity → number of entities.
        frequent_names: The names that occur most often.
        conflicts: Repeated texts with different tags.
    """

    schema: Schema
    tags: dict[str, int]
    lengths: Lengths
    length_bins: list[LengthBin]
    top_tags: list[str]
    transitions: list[list[int]]
    entity_words: dict[int, int]
    frequent_names: list[Name]
    conflicts: list[Conflict]


@dataclass(frozen=True)
class Facts:
    """The facts of a whole corpus; `dataclasses.asdict` gives JSON.

    Attributes:
        corpus: Name of the corpus.
        types: Declared types.
        splits: Facts of each split.
        audit: Counts that compare splits.
        unseen: Evaluation split → type → number of unseen entities and of all entities.
        ambiguous_names: Names with more than one type, over all splits, the most ambiguous first.
    """

    corpus: str
    types: tuple[str, ...]
    splits: dict[str, SplitFacts]
    audit: Audit
    unseen: dict[str, dict[str, tuple[int, int]]]
    ambiguous_names: list[Name]


def explore(corpus: Corpus) -> Facts:
    """Gather all facts of an annotated corpus.

    Raises:
        ValueError: See `tweetner.corpus.audit`.
    """
    report = audit(corpus)
    evaluated = [comparison.evaluation for comparison in report.comparisons]
    all_tweets = [tweet for tweets in corpus.splits.values() for tweet in tweets]
    splits = {split: split_facts(tweets) for split, tweets in corpus.splits.items()}
    unseen = {split: count_unseen(corpus, split) for split in evaluated}
    return Facts(
        corpus=corpus.name,
        types=corpus.types,
        splits=splits,
        audit=report,
        unseen=unseen,
        ambiguous_names=ambiguous_names(all_tweets),
    )


def split_facts(tweets: Sequence[Tweet]) -> SplitFacts:
    """Gather the facts of one split."""
    tags = Counter(tag for tweet in tweets for tag in tweet.gold)
    top_tags = [tag for tag, _ in tags.most_common(TOP_TAGS)]
    entity_words = sorted(Counter(len(words) for _, words in entity_texts(tweets)).items())
    n_words = [len(tweet.words) for tweet in tweets]
    return SplitFacts(
        schema=schema(tweets),
        tags=dict(tags.most_common()),
        lengths=lengths(n_words),
        length_bins=length_bins(tweets),
        top_tags=top_tags,
        transitions=transitions(tweets, top_tags),
        entity_words=dict(entity_words),
        frequent_names=frequent_names(tweets),
        conflicts=conflicts(tweets),
    )


def schema(tweets: Sequence[Tweet]) -> Schema:
    """Describe a split as a table with one row per word."""
    rows = [
        (tweet.id, position, word, tag)
        for tweet in tweets
        for position, (word, tag) in enumerate(zip(tweet.words, tweet.gold, strict=True))
    ]
    kinds = {"tweet": "string", "position": "integer", "word": "string", "tag": "string"}
    missing = {}
    for place, column in enumerate(kinds):
        missing[column] = sum(row[place] == "" for row in rows)
    return Schema(
        kinds=kinds,
        missing=missing,
        repeated_rows=len(rows) - len(set(rows)),
        repeated_places=len(rows) - len({row[:2] for row in rows}),
    )


def lengths(n_words: Sequence[int]) -> Lengths:
    """Describe the lengths of tweets, as pandas would: adjusted skewness, interpolated quartiles.

    >>> lengths([1, 2, 3, 4, 40]).outliers
    1
    """
    from scipy.stats import skew

    values = np.array(n_words, dtype=float)  # (tweets,)
    first, third = np.quantile(values, [0.25, 0.75])
    margin = 1.5 * (third - first)
    low, high = first - margin, third + margin
    is_outlier = (values < low) | (values > high)
    counts = Counter(n_words)
    skewness = None
    if len(values) >= 3 and values.min() < values.max():
        skewness = float(skew(values, bias=False))
    return Lengths(
        mean=float(values.mean()),
        median=float(np.median(values)),
        skewness=skewness,
        low=float(low),
        high=float(high),
        outliers=int(is_outlier.sum()),
        counts=dict(sorted(counts.items())),
    )


def length_bins(tweets: Sequence[Tweet]) -> list[LengthBin]:
    """Count tweets without and with an entity in `LENGTH_BINS`, and in an open last bin."""
    longest = max((len(tweet.words) for tweet in tweets), default=0)
    bins: list[tuple[int, int | None]] = [*LENGTH_BINS]
    if longest > LENGTH_BINS[-1][1]:
        bins.append((LENGTH_BINS[-1][1] + 1, None))
    counted = []
    for first, last in bins:
        most = longest if last is None else last
        inside = [tweet for tweet in tweets if first <= len(tweet.words) <= most]
        n_with = sum(tweet.has_entity for tweet in inside)
        counted.append(LengthBin(first, last, len(inside) - n_with, n_with))
    return counted


def transitions(tweets: Iterable[Tweet], tags: Sequence[str]) -> list[list[int]]:
    """Count how often each tag (rows) is followed by each tag (columns) within a tweet."""
    pairs = Counter(pair for tweet in tweets for pair in pairwise(tweet.gold))
    table = []
    for before in tags:
        table.append([pairs[before, after] for after in tags])
    return table


def name_types(tweets: Iterable[Tweet]) -> dict[Text, Counter[str]]:
    """Count, for each name, how often it has each type."""
    names: dict[Text, Counter[str]] = defaultdict(Counter)
    for type_, words in entity_texts(tweets):
        names[lowercased(words)][type_] += 1
    return dict(names)


def frequent_names(tweets: Sequence[Tweet]) -> list[Name]:
    """Return the `TOP_NAMES` names that occur most often; in a tie, the first to appear."""
    names = name_types(tweets)
    return _counted(sorted(names, key=lambda name: -names[name].total())[:TOP_NAMES], names, tweets)


def ambiguous_names(tweets: Sequence[Tweet]) -> list[Name]:
    """Return the `TOP_NAMES` names of several types that most often lack their main type."""
    names = {name: types for name, types in name_types(tweets).items() if len(types) > 1}

    def sorting(name: Text) -> tuple[int, int]:
        return max(names[name].values()) - names[name].total(), -names[name].total()

    return _counted(sorted(names, key=sorting)[:TOP_NAMES], names, tweets)


def _counted(
    names: Sequence[Text], types: Mapping[Text, Counter[str]], tweets: Iterable[Tweet]
) -> list[Name]:
    """Add to each name its types, and how often its words occur untagged in the tweets."""
    n_words = {len(name) for name in names}
    occurrences = dict.fromkeys(names, 0)
    for tweet in tweets:
        words = lowercased(tweet.words)
        for n in n_words:
            for start in range(len(words) - n + 1):
                run = words[start : start + n]
                if run in occurrences:
                    occurrences[run] += 1
    return [
        Name(
            name=" ".join(name),
            types=dict(types[name].most_common()),
            untagged=occurrences[name] - types[name].total(),
        )
        for name in names
    ]


def conflicts(tweets: Iterable[Tweet]) -> list[Conflict]:
    """Return the texts that occur with different tags, in order of appearance."""
    found = []
    for words, ways in taggings(tweets).items():
        if len(ways) > 1:
            written = [(_written(words, tags), n) for tags, n in ways.most_common()]
            found.append(Conflict(" ".join(words), written))
    return found


def _written(words: Text, tags: Text) -> list[str]:
    """Return the entities of a tweet as people read them.

    >>> _written(("in", "New", "York"), ("O", "B-geo-loc", "I-geo-loc"))
    ['New York (geo-loc)']
    """
    tweet = Tweet("", words, tags)
    return [f"{' '.join(words)} ({type_})" for type_, words in entity_texts([tweet])]
