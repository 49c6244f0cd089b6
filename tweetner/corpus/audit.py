"""What to know of a corpus before training on it: duplicates, leakage, unseen entities, and how its splits differ.

What is counted:

- A *repeat* is a tweet whose words stood in the same split before: a text that stands there three times has two.
- A text is *conflicting* when it stands in a split with more than one sequence of tags.
- An entity's *form* is its words in lower case; it is *unseen* when no entity of train, of whatever type, has it.
- Two splits *share* a text that is the same in both: `exact`; `lowercased`; or `near`, in lower case and without
  mentions and URLs.
- The *type shift* is the total variation distance between the shares of the types: 0 for the same, 1 for disjoint.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.tags import count_ill_formed, tags_to_entities

Text = tuple[str, ...]


@dataclass(frozen=True)
class SplitAudit:
    """Counts of one split; `entities` by type, `word_case` and `entity_case` by the kinds of `letter_case`."""

    tweets: int
    words: int
    entities: dict[str, int]
    tweets_with_entity: int
    always_o_accuracy: float
    repeats: int
    conflicting_texts: int
    ill_formed: int
    hashtags: int
    hashtag_entities: int
    word_case: dict[str, int]
    entity_case: dict[str, int]
    words_per_tweet: dict[str, float]


@dataclass(frozen=True)
class Shared:
    """How many texts two splits share, and how many tweets of either have them."""

    texts: int
    in_first: int
    in_second: int


@dataclass(frozen=True)
class Overlap:
    """What two splits share; each count holds the one before it."""

    first: str
    second: str
    exact: Shared
    lowercased: Shared
    near: Shared


@dataclass(frozen=True)
class Comparison:
    """An evaluation split seen from train; `new_types` counts its entities of types that train lacks."""

    evaluation: str
    entities: int
    unseen: int
    unseen_rate: float
    type_shift: float
    new_types: dict[str, int]


@dataclass(frozen=True)
class Audit:
    """All of it, as plain values: `dataclasses.asdict` gives JSON."""

    corpus: str
    train: str
    splits: dict[str, SplitAudit]
    overlaps: list[Overlap]
    comparisons: list[Comparison]


def audit(
    corpus: Corpus, *, train: str = "train", evaluation: Sequence[str] | None = None
) -> Audit:
    """Audit every split, every pair of splits, and the evaluation splits (by default all others) against train.

    A corpus without the train split is compared with nothing, unless `evaluation` asks for it.

    Raises:
        ValueError: A named split does not exist, a split is empty, or a tweet has no tags.
    """
    splits = corpus.splits
    if evaluation is None:
        evaluation = [split for split in splits if split != train] if train in splits else []
    for split in [train, *evaluation] if evaluation else []:
        if split not in splits:
            raise ValueError(f"{corpus.name}: expected a split {', '.join(splits)}, got {split!r}")
    for split, tweets in splits.items():
        if not tweets:
            raise ValueError(f"{corpus.name}: expected tweets in {split}, got none")
    return Audit(
        corpus=corpus.name,
        train=train,
        splits={split: _audit_split(tweets, corpus.types) for split, tweets in splits.items()},
        overlaps=[_overlap(first, second, splits) for first, second in combinations(splits, 2)],
        comparisons=[_compare(corpus, train, split) for split in evaluation],
    )


def _audit_split(tweets: Sequence[Tweet], types: Sequence[str]) -> SplitAudit:
    words = [word for tweet in tweets for word in tweet.words]
    tags = [tag for tweet in tweets for tag in tweet.gold]
    entities = [entity for tweet in tweets for entity in _entities(tweet)]
    by_type = Counter(type_ for type_, _ in entities)
    lengths = [len(tweet.words) for tweet in tweets]
    taggings = _taggings(tweets)
    return SplitAudit(
        tweets=len(tweets),
        words=len(words),
        entities={type_: by_type[type_] for type_ in types},
        tweets_with_entity=sum(any(tag != "O" for tag in tweet.gold) for tweet in tweets),
        always_o_accuracy=_share(tags.count("O"), len(tags)),
        repeats=len(tweets) - len(taggings),
        conflicting_texts=sum(len(ways) > 1 for ways in taggings.values()),
        ill_formed=sum(count_ill_formed(tweet.gold) for tweet in tweets),
        hashtags=sum(word.startswith("#") for word in words),
        hashtag_entities=sum(any(word.startswith("#") for word in text) for _, text in entities),
        word_case=_count_cases(words),
        entity_case=_count_cases(" ".join(text) for _, text in entities),
        words_per_tweet={
            "min": min(lengths),
            "median": median(lengths),
            "mean": fmean(lengths),
            "max": max(lengths),
        },
    )


def _entities(tweet: Tweet) -> list[tuple[str, Text]]:
    """The type and the words of each entity."""
    return [(type_, tweet.words[start:end]) for type_, start, end in tags_to_entities(tweet.gold)]


def _taggings(tweets: Iterable[Tweet]) -> dict[Text, set[Text]]:
    """The ways in which each text is tagged."""
    taggings: dict[Text, set[Text]] = defaultdict(set)
    for tweet in tweets:
        taggings[tweet.words].add(tweet.gold)
    return taggings


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


CASES = ("lower", "title", "upper", "mixed", "none")


def letter_case(text: str) -> str:
    """The case pattern of a word or an entity, by its cased letters.

    >>> [letter_case(text) for text in ("lol", "New York", "LOL", "iPhone", "!!")]
    ['lower', 'title', 'upper', 'mixed', 'none']
    """
    if text.islower():
        return "lower"
    if text.isupper():
        return "upper" if sum(map(str.isalpha, text)) > 1 else "title"
    if text.istitle():
        return "title"
    return "mixed" if text.lower() != text.upper() else "none"


def _count_cases(texts: Iterable[str]) -> dict[str, int]:
    counts = Counter(map(letter_case, texts))
    return {case: counts[case] for case in CASES}


def _lowercased(words: Text) -> Text:
    return tuple(word.lower() for word in words)


def _near(words: Text) -> Text:
    return tuple(
        word
        for word in _lowercased(words)
        if not word.startswith(("@", "http://", "https://", "www."))
    )


def _overlap(first: str, second: str, splits: Mapping[str, Sequence[Tweet]]) -> Overlap:
    def shared(key: Callable[[Text], Text]) -> Shared:
        in_first, in_second = (
            Counter(key(tweet.words) for tweet in splits[split]) for split in (first, second)
        )
        texts = [text for text in in_first if text and text in in_second]
        return Shared(
            len(texts),
            sum(in_first[text] for text in texts),
            sum(in_second[text] for text in texts),
        )

    return Overlap(
        first, second, exact=shared(tuple), lowercased=shared(_lowercased), near=shared(_near)
    )


def _compare(corpus: Corpus, train: str, evaluation: str) -> Comparison:
    known = [entity for tweet in corpus.splits[train] for entity in _entities(tweet)]
    entities = [entity for tweet in corpus.splits[evaluation] for entity in _entities(tweet)]
    forms = {_lowercased(text) for _, text in known}
    unseen = sum(_lowercased(text) not in forms for _, text in entities)
    before = Counter(type_ for type_, _ in known)
    now = Counter(type_ for type_, _ in entities)
    shifts = [
        abs(_share(before[type_], len(known)) - _share(now[type_], len(entities)))
        for type_ in corpus.types
    ]
    return Comparison(
        evaluation=evaluation,
        entities=len(entities),
        unseen=unseen,
        unseen_rate=_share(unseen, len(entities)),
        type_shift=sum(shifts) / 2,
        new_types={type_: now[type_] for type_ in corpus.types if now[type_] and not before[type_]},
    )


TYPE_SHIFT = 0.1
"""From this total variation distance on, a shift of types is worth a line."""


def audit_warnings(audit: Audit) -> list[str]:
    """What a person should know before training, the leaks first; empty when there is nothing."""
    return [
        *(_overlap_line(overlap) for overlap in audit.overlaps if overlap.near.texts),
        *(line for split in audit.splits for line in _split_lines(audit, split)),
        *(
            line
            for comparison in audit.comparisons
            for line in _comparison_lines(comparison, audit.train)
        ),
    ]


def overlap_warnings(audit: Audit) -> list[str]:
    """The lines on texts that train shares, case aside, with an evaluation split: what `--strict` refuses."""
    pairs = [{audit.train, comparison.evaluation} for comparison in audit.comparisons]
    leaks = [overlap for overlap in audit.overlaps if overlap.lowercased.texts]
    return [_overlap_line(overlap) for overlap in leaks if {overlap.first, overlap.second} in pairs]


def _overlap_line(overlap: Overlap) -> str:
    def counts(shared: Shared) -> str:
        return f"{shared.texts} ({shared.in_first} tweets of {overlap.first}, {shared.in_second} of {overlap.second})"

    return (
        f"{overlap.first} and {overlap.second} share texts: {counts(overlap.exact)} exactly, "
        f"{counts(overlap.lowercased)} but for case, {counts(overlap.near)} but for case, mentions and URLs"
    )


def _split_lines(audit: Audit, split: str) -> Iterator[str]:
    counts = audit.splits[split]
    if counts.repeats:
        yield f"{split}: {counts.repeats} of {counts.tweets} tweets repeat an earlier one"
    if counts.conflicting_texts:
        yield f"{split}: {counts.conflicting_texts} repeated texts are tagged in more than one way"
    if counts.ill_formed:
        yield f"{split}: {counts.ill_formed} I- tags continue nothing of their type"
    if absent := [type_ for type_, n_entities in counts.entities.items() if not n_entities]:
        yield f"{split}: no entity of {len(absent)} declared types: {', '.join(absent)}"


def _comparison_lines(comparison: Comparison, train: str) -> Iterator[str]:
    split = comparison.evaluation
    if comparison.unseen:
        yield (
            f"{split}: {comparison.unseen} of {comparison.entities} entities ({comparison.unseen_rate:.0%}) "
            f"have a form that no entity of {train} has"
        )
    if comparison.new_types:
        counts = ", ".join(
            f"{type_} {n_entities}" for type_, n_entities in comparison.new_types.items()
        )
        yield f"{split}: entities of types that {train} lacks: {counts}"
    if comparison.type_shift >= TYPE_SHIFT:
        yield f"{split}: {comparison.type_shift:.0%} of the entities would have to change type to match {train}"
