"""The audit of a corpus before training: duplicates, leakage, unseen names, shifts between splits.

Definitions:

- A *repeat* is a tweet whose words occurred earlier in the same split.
- A text is *conflicting* when it occurs in one split with different tags.
- An entity's *name* is its words in lower case; it is *unseen* when no entity of train, of any
  type, has the same name.
- Two splits *share* a text that is equal in both: `exact`; `lowercased`; or `near`, which means in
  lower case and without mentions and URLs.
- The *type shift* is the total variation distance between two distributions of entities over types:
  0 for equal, 1 for disjoint ones.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from tweetner.corpus.tweets import Corpus, Tweet
from tweetner.tags import count_ill_formed

Text = tuple[str, ...]

TRAIN = "train"
"""The split that every other one is compared with."""

TYPE_SHIFT = 0.1
"""The smallest type shift that is worth a warning."""

CASES = ("lower", "Title", "UPPER", "mixed", "no letters")


@dataclass(frozen=True)
class SplitAudit:
    """Counts of one split.

    Attributes:
        entities: Number of entities of each declared type.
        always_o_accuracy: Share of words tagged O.
        ill_formed: Number of `I-` tags that continue no entity of their type.
        word_case: Number of words of each letter case.
        entity_case: Number of entities of each letter case.
    """

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


@dataclass(frozen=True)
class Shared:
    """Number of texts that two splits share, and of tweets in either split that have them."""

    texts: int
    in_first: int
    in_second: int


@dataclass(frozen=True)
class Overlap:
    """Texts shared by two splits; each count includes the one before it."""

    first: str
    second: str
    exact: Shared
    lowercased: Shared
    near: Shared


@dataclass(frozen=True)
class Comparison:
    """An evaluation split compared with train; `new_types` counts entities of types train lacks."""

    evaluation: str
    entities: int
    unseen: int
    unseen_rate: float
    type_shift: float
    new_types: dict[str, int]


@dataclass(frozen=True)
class Audit:
    """The audit of a corpus as plain values: `dataclasses.asdict` gives JSON."""

    corpus: str
    splits: dict[str, SplitAudit]
    overlaps: list[Overlap]
    comparisons: list[Comparison]


def audit(corpus: Corpus) -> Audit:
    """Audit every split, every pair of splits, and, if there is train, each other split against it.

    Raises:
        ValueError: A split is empty, or a tweet has no tags.
    """
    splits = corpus.splits
    for split, tweets in splits.items():
        if not tweets:
            raise ValueError(f"{corpus.name}: expected tweets in {split}, got none")
    audits = {split: _audit_split(tweets, corpus.types) for split, tweets in splits.items()}
    overlaps = [_overlap(corpus, first, second) for first, second in combinations(splits, 2)]
    evaluated = [split for split in splits if split != TRAIN] if TRAIN in splits else []
    comparisons = [_compare(corpus, split) for split in evaluated]
    return Audit(corpus.name, audits, overlaps, comparisons)


def _audit_split(tweets: Sequence[Tweet], types: Sequence[str]) -> SplitAudit:
    words = [word for tweet in tweets for word in tweet.words]
    n_outside = sum(tweet.gold.count("O") for tweet in tweets)
    entities = entity_texts(tweets)
    by_type = Counter(type_ for type_, _ in entities)
    found_taggings = taggings(tweets)
    n_conflicting = sum(len(found) > 1 for found in found_taggings.values())
    n_hashtag_entities = sum(any(map(_is_hashtag, text)) for _, text in entities)
    entity_case = _count_cases(" ".join(text) for _, text in entities)
    n_with_entity = sum(tweet.has_entity for tweet in tweets)
    n_ill_formed = sum(count_ill_formed(tweet.gold) for tweet in tweets)
    entities_by_type = {type_: by_type[type_] for type_ in types}
    return SplitAudit(
        tweets=len(tweets),
        words=len(words),
        entities=entities_by_type,
        tweets_with_entity=n_with_entity,
        always_o_accuracy=_share(n_outside, len(words)),
        repeats=len(tweets) - len(found_taggings),
        conflicting_texts=n_conflicting,
        ill_formed=n_ill_formed,
        hashtags=sum(map(_is_hashtag, words)),
        hashtag_entities=n_hashtag_entities,
        word_case=_count_cases(words),
        entity_case=entity_case,
    )


def entity_texts(tweets: Iterable[Tweet]) -> list[tuple[str, Text]]:
    """Return the type and the words of every entity."""
    return [
        (type_, tweet.words[start:end]) for tweet in tweets for type_, start, end in tweet.entities
    ]


def lowercased(words: Text) -> Text:
    """Return the words in lower case: the name of an entity."""
    return tuple(word.lower() for word in words)


def taggings(tweets: Iterable[Tweet]) -> dict[Text, Counter[Text]]:
    """Count, for each text, how often it is tagged in which way."""
    found: dict[Text, Counter[Text]] = defaultdict(Counter)
    for tweet in tweets:
        found[tweet.words][tweet.gold] += 1
    return found


def count_unseen(corpus: Corpus, split: str) -> dict[str, tuple[int, int]]:
    """Count, for each declared type, the unseen entities of a split and all its entities."""
    known = {lowercased(text) for _, text in entity_texts(corpus.splits[TRAIN])}
    entities = entity_texts(corpus.splits[split])
    total = Counter(type_ for type_, _ in entities)
    unseen = Counter(type_ for type_, text in entities if lowercased(text) not in known)
    return {type_: (unseen[type_], total[type_]) for type_ in corpus.types}


def _is_hashtag(word: str) -> bool:
    return word.startswith("#")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def letter_case(text: str) -> str:
    """Name the letter case of a word or an entity; short words may be lower case in a title.

    >>> [letter_case(text) for text in ("new york", "Lord of the Rings", "NYC", "iPhone", "#1")]
    ['lower', 'Title', 'UPPER', 'mixed', 'no letters']
    """
    if text.lower() == text.upper():
        return "no letters"
    if text == text.lower():
        return "lower"
    if text == text.upper() and sum(map(str.isalpha, text)) > 1:
        return "UPPER"
    first, *rest = (word.lstrip("#@") for word in text.split())
    titled = _is_capitalised(first) and all(
        _is_capitalised(word) or (len(word) <= 3 and word.islower()) for word in rest
    )
    return "Title" if titled else "mixed"


def _is_capitalised(word: str) -> bool:
    return word[:1] == word[:1].upper() and word[1:] == word[1:].lower()


def _count_cases(texts: Iterable[str]) -> dict[str, int]:
    counts = Counter(map(letter_case, texts))
    return {case: counts[case] for case in CASES}


def _overlap(corpus: Corpus, first: str, second: str) -> Overlap:
    def shared(key: Callable[[Text], Text]) -> Shared:
        in_first = Counter(key(tweet.words) for tweet in corpus.splits[first])
        in_second = Counter(key(tweet.words) for tweet in corpus.splits[second])
        texts = [text for text in in_first if text and text in in_second]
        return Shared(
            texts=len(texts),
            in_first=sum(in_first[text] for text in texts),
            in_second=sum(in_second[text] for text in texts),
        )

    return Overlap(first, second, shared(tuple), shared(lowercased), shared(_near))


def _near(words: Text) -> Text:
    """Return the words in lower case, without mentions and URLs."""
    dropped = ("@", "http://", "https://", "www.")
    return tuple(word for word in lowercased(words) if not word.startswith(dropped))


def _compare(corpus: Corpus, evaluation: str) -> Comparison:
    by_type = count_unseen(corpus, evaluation)
    unseen = sum(n_unseen for n_unseen, _ in by_type.values())
    after = {type_: total for type_, (_, total) in by_type.items()}
    before = Counter(type_ for type_, _ in entity_texts(corpus.splits[TRAIN]))
    n_before, n_after = before.total(), sum(after.values())
    shifts = [
        abs(_share(before[type_], n_before) - _share(after[type_], n_after)) for type_ in after
    ]
    return Comparison(
        evaluation=evaluation,
        entities=n_after,
        unseen=unseen,
        unseen_rate=_share(unseen, n_after),
        type_shift=sum(shifts) / 2,
        new_types={type_: n for type_, n in after.items() if n and not before[type_]},
    )


def audit_warnings(audit: Audit) -> list[str]:
    """Return what a person should know before training, one line each, leakage first."""
    lines = [_overlap_line(overlap) for overlap in audit.overlaps if overlap.near.texts]
    for split, counts in audit.splits.items():
        lines += _split_lines(split, counts)
    for comparison in audit.comparisons:
        lines += _comparison_lines(comparison)
    return lines


def overlap_warnings(audit: Audit) -> list[str]:
    """Return what `--strict` refuses: texts of train, ignoring case, in an evaluation split."""
    leaks = [overlap for overlap in audit.overlaps if overlap.lowercased.texts]
    return [_overlap_line(overlap) for overlap in leaks if TRAIN in (overlap.first, overlap.second)]


def _overlap_line(overlap: Overlap) -> str:
    def counts(shared: Shared) -> str:
        in_first = f"{shared.in_first} tweets of {overlap.first}"
        return f"{shared.texts} ({in_first}, {shared.in_second} of {overlap.second})"

    return (
        f"{overlap.first} and {overlap.second} share texts: {counts(overlap.exact)} exactly, "
        f"{counts(overlap.lowercased)} ignoring case, "
        f"{counts(overlap.near)} ignoring case, mentions and URLs"
    )


def _split_lines(split: str, counts: SplitAudit) -> Iterator[str]:
    absent = [type_ for type_, n_entities in counts.entities.items() if not n_entities]
    if counts.repeats:
        yield f"{split}: {counts.repeats} of {counts.tweets} tweets repeat an earlier one"
    if counts.conflicting_texts:
        yield f"{split}: {counts.conflicting_texts} repeated texts are tagged in more than one way"
    if counts.ill_formed:
        yield f"{split}: {counts.ill_formed} I- tags continue no entity of their type"
    if absent:
        yield f"{split}: no entity of {len(absent)} declared types: {', '.join(absent)}"


def _comparison_lines(comparison: Comparison) -> Iterator[str]:
    split = comparison.evaluation
    if comparison.unseen:
        yield (
            f"{split}: {comparison.unseen} of {comparison.entities} entities "
            f"({comparison.unseen_rate:.0%}) have a name that no entity of {TRAIN} has"
        )
    if comparison.new_types:
        counts = ", ".join(f"{type_} {n}" for type_, n in comparison.new_types.items())
        yield f"{split}: entities of types that {TRAIN} lacks: {counts}"
    if comparison.type_shift >= TYPE_SHIFT:
        yield (
            f"{split}: {comparison.type_shift:.0%} of the entities would have to change type "
            f"to match {TRAIN}"
        )
