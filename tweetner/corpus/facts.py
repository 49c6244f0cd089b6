"""The facts of a corpus: those of the reference notebook, and those it does not look at.

What several splits have to do with each other (repeated and shared texts, shifts, unseen names) is counted by
`tweetner.corpus.audit` and stands here as it is. A *name* is an entity's words in lower case.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tweetner.corpus.audit import Audit, audit
from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.tags import tags_to_entities

LENGTH_BINS = (
    (0, 5),
    (6, 10),
    (11, 15),
    (16, 20),
    (21, 40),
    (41, 80),
)  # words of a tweet, both ends included
TOP_TAGS = 8
TOP_NAMES = 15

Text = tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """The table of words that a split is, a row a word: missing values of each column, and rows that repeat.

    Attributes:
        kinds: What each column holds.
        missing: How many words lack a value in each column; an empty string is missing.
        repeated_rows: Rows that are the same as an earlier one in all columns.
        repeated_places: Rows whose tweet and position an earlier one has.
    """

    kinds: dict[str, str]
    missing: dict[str, int]
    repeated_rows: int
    repeated_places: int


@dataclass(frozen=True)
class Lengths:
    """Words a tweet. Outliers lie more than 1.5 interquartile ranges outside the quartiles."""

    mean: float
    median: float
    skewness: float | None
    low: float
    high: float
    outliers: int
    counts: dict[int, int]


@dataclass(frozen=True)
class LengthBin:
    """Tweets of a range of lengths, without and with an entity; `longest` is None for "and more"."""

    shortest: int
    longest: int | None
    without_entity: int
    with_entity: int


@dataclass(frozen=True)
class Name:
    """A name: how often it carries each type, and how often its words stand there untagged."""

    name: str
    types: dict[str, int]
    untagged: int


@dataclass(frozen=True)
class Conflict:
    """A text that stands in a split with different tags: its entities each time, and how often that is."""

    text: str
    taggings: list[tuple[list[str], int]]


@dataclass(frozen=True)
class SplitFacts:
    """One split.

    Attributes:
        schema: Columns, missing values, repeated rows.
        tags: Every tag with its count, the most frequent first.
        lengths: Words a tweet.
        length_bins: Tweets without and with an entity by length.
        top_tags: The most frequent tags.
        transitions: How often each of them (rows) is followed by each of them (columns).
        entity_words: Words an entity → entities.
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
    """A whole corpus; `asdict` gives JSON.

    Attributes:
        corpus: Its name.
        types: The declared types.
        splits: The facts of each split.
        audit: What the splits have to do with each other.
        unseen: For each evaluation split and type, the entities whose name train lacks, and all entities.
        ambiguous_names: Names of more than one type in all splits together, those with most uses beside their main
            type first.
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
    return Facts(
        corpus=corpus.name,
        types=corpus.types,
        splits={split: split_facts(tweets) for split, tweets in corpus.splits.items()},
        audit=report,
        unseen={split: unseen_by_type(corpus, report.train, split) for split in evaluated},
        ambiguous_names=ambiguous_names(
            [tweet for tweets in corpus.splits.values() for tweet in tweets]
        ),
    )


def split_facts(tweets: Sequence[Tweet]) -> SplitFacts:
    """The facts of one split."""
    tags = Counter(tag for tweet in tweets for tag in tweet.gold)
    top_tags = [tag for tag, _ in tags.most_common(TOP_TAGS)]
    return SplitFacts(
        schema=schema(tweets),
        tags=dict(tags.most_common()),
        lengths=lengths([len(tweet.words) for tweet in tweets]),
        length_bins=length_bins(tweets),
        top_tags=top_tags,
        transitions=transitions(tweets, top_tags),
        entity_words=dict(sorted(Counter(len(words) for _, words in _entities(tweets)).items())),
        frequent_names=frequent_names(tweets),
        conflicts=conflicts(tweets),
    )


def schema(tweets: Sequence[Tweet]) -> Schema:
    """Look at a split as a table with a row a word."""
    rows = [
        (tweet.id, position, word, tag)
        for tweet in tweets
        for position, (word, tag) in enumerate(zip(tweet.words, tweet.gold, strict=True))
    ]
    kinds = {"tweet": "string", "position": "integer", "word": "string", "tag": "string"}
    missing = {column: sum(row[place] == "" for row in rows) for place, column in enumerate(kinds)}
    return Schema(
        kinds, missing, len(rows) - len(set(rows)), len(rows) - len({row[:2] for row in rows})
    )


def lengths(n_words: Sequence[int]) -> Lengths:
    """Describe the lengths of tweets, as pandas would: adjusted skewness, interpolated quartiles.

    >>> lengths([1, 2, 3, 4, 40]).outliers
    1
    """
    values = np.array(n_words, dtype=float)
    first, third = np.quantile(values, [0.25, 0.75])
    low, high = first - 1.5 * (third - first), third + 1.5 * (third - first)
    return Lengths(
        mean=float(values.mean()),
        median=float(np.median(values)),
        skewness=_skewness(values),
        low=float(low),
        high=float(high),
        outliers=int(((values < low) | (values > high)).sum()),
        counts=dict(sorted(Counter(n_words).items())),
    )


def _skewness(values: npt.NDArray[np.float64]) -> float | None:
    """The adjusted Fisher-Pearson coefficient; None for fewer than three values or all the same."""
    n, deviations = len(values), values - values.mean()
    variance = (deviations**2).mean()
    if n < 3 or variance == 0:
        return None
    return float((deviations**3).mean() / variance**1.5 * (n * (n - 1)) ** 0.5 / (n - 2))


def length_bins(tweets: Sequence[Tweet]) -> list[LengthBin]:
    """Count tweets without and with an entity in `LENGTH_BINS`, and in a last one where a tweet is longer still."""
    longest = max((len(tweet.words) for tweet in tweets), default=0)
    bins: list[tuple[int, int | None]] = [*LENGTH_BINS]
    if longest > LENGTH_BINS[-1][1]:
        bins.append((LENGTH_BINS[-1][1] + 1, None))
    counted = []
    for first, last in bins:
        inside = [
            tweet
            for tweet in tweets
            if first <= len(tweet.words) and (last is None or len(tweet.words) <= last)
        ]
        n_with = sum(any(tag != "O" for tag in tweet.gold) for tweet in inside)
        counted.append(LengthBin(first, last, len(inside) - n_with, n_with))
    return counted


def transitions(tweets: Iterable[Tweet], tags: Sequence[str]) -> list[list[int]]:
    """How often each tag (rows) is followed by each tag (columns) within a tweet."""
    pairs = Counter(pair for tweet in tweets for pair in pairwise(tweet.gold))
    return [[pairs[before, after] for after in tags] for before in tags]


def name_types(tweets: Iterable[Tweet]) -> dict[Text, Counter[str]]:
    """The types of each name, with how often it carries them."""
    names: dict[Text, Counter[str]] = defaultdict(Counter)
    for type_, words in _entities(tweets):
        names[words][type_] += 1
    return dict(names)


def frequent_names(tweets: Sequence[Tweet]) -> list[Name]:
    """The `TOP_NAMES` names that occur most often, of equal ones the first to appear."""
    names = name_types(tweets)
    return _counted(sorted(names, key=lambda name: -names[name].total())[:TOP_NAMES], names, tweets)


def ambiguous_names(tweets: Sequence[Tweet]) -> list[Name]:
    """The `TOP_NAMES` names of more than one type with most uses beside their main type, then most uses."""
    names = {name: types for name, types in name_types(tweets).items() if len(types) > 1}

    def sorting(name: Text) -> tuple[int, int]:
        return max(names[name].values()) - names[name].total(), -names[name].total()

    return _counted(sorted(names, key=sorting)[:TOP_NAMES], names, tweets)


def conflicts(tweets: Iterable[Tweet]) -> list[Conflict]:
    """The texts that stand in a split with more than one sequence of tags, in order of appearance."""
    taggings: dict[Text, Counter[Text]] = defaultdict(Counter)
    for tweet in tweets:
        taggings[tweet.words][tweet.gold] += 1
    return [
        Conflict(" ".join(words), [(_written(words, tags), n) for tags, n in found.most_common()])
        for words, found in taggings.items()
        if len(found) > 1
    ]


def unseen_by_type(corpus: Corpus, train: str, split: str) -> dict[str, tuple[int, int]]:
    """For each declared type, the entities of a split whose name no entity of train has, and all entities."""
    known = name_types(corpus.splits[train])
    entities = list(_entities(corpus.splits[split]))
    unseen = Counter(type_ for type_, words in entities if words not in known)
    total = Counter(type_ for type_, _ in entities)
    return {type_: (unseen[type_], total[type_]) for type_ in corpus.types}


def _entities(tweets: Iterable[Tweet]) -> Iterator[tuple[str, Text]]:
    """The type and the name of every entity."""
    for tweet in tweets:
        for type_, start, end in tags_to_entities(tweet.gold):
            yield type_, tuple(word.lower() for word in tweet.words[start:end])


def _counted(
    names: Sequence[Text], types: Mapping[Text, Counter[str]], tweets: Iterable[Tweet]
) -> list[Name]:
    """Names with their types, and with how often their words stand untagged in tweets."""
    wanted, n_words = set(names), {len(name) for name in names}
    occurrences: Counter[Text] = Counter()
    for tweet in tweets:
        words = tuple(word.lower() for word in tweet.words)
        runs = (words[start : start + n] for n in n_words for start in range(len(words) - n + 1))
        occurrences.update(run for run in runs if run in wanted)
    return [
        Name(
            " ".join(name), dict(types[name].most_common()), occurrences[name] - types[name].total()
        )
        for name in names
    ]


def _written(words: Text, tags: Text) -> list[str]:
    """The entities of a tweet as people read them.

    >>> _written(("in", "New", "York"), ("O", "B-geo-loc", "I-geo-loc"))
    ['New York (geo-loc)']
    """
    return [
        f"{' '.join(words[start:end])} ({type_})" for type_, start, end in tags_to_entities(tags)
    ]
