"""An open bucket of tweets, and its counts when it closes."""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tweetner.trends.records import Tweet

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MAX_EXAMPLES = 5


@dataclass
class Bucket:
    """The tweets of one bucket, in columns, because a bucket of a large stream has many mentions.

    Attributes:
        tweets: id, author and time of each different tweet, in the order of arrival.
        kinds: numbers of the names with their types.
        mention_tweets: number of each mention's tweet: (mentions,)
        mention_kinds: number of each mention's name and type: (mentions,)
        scores: score of each mention: (mentions,)
    """

    tweets: dict[tuple[str | int, str | None, int], None] = field(default_factory=dict)
    kinds: dict[tuple[str, str], int] = field(default_factory=dict)
    mention_tweets: "array[int]" = field(default_factory=lambda: array("i"))
    mention_kinds: "array[int]" = field(default_factory=lambda: array("i"))
    scores: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, tweet: Tweet) -> None:
        """Add a tweet; one with the id, author and time of another is the same tweet."""
        key = (tweet.id, tweet.author, tweet.time)
        number = len(self.tweets)
        if key in self.tweets:
            return
        self.tweets[key] = None
        for name, type_, score in tweet.mentions:
            self.mention_tweets.append(number)
            self.mention_kinds.append(self.kinds.setdefault((name, type_), len(self.kinds)))
            self.scores.append(score)

    def count(self, form_of: Callable[[str], str]) -> "Counts":
        """Count the distinct authors of every form; the result does not depend on the order.

        Args:
            form_of: gives the normal form of a name.
        """
        tweets = list(self.tweets)
        by_time = sorted(range(len(tweets)), key=lambda number: _time_then_id(tweets[number]))
        rank = np.empty(len(tweets), dtype=np.int64)  # (tweets,): place of each tweet by time
        rank[by_time] = np.arange(len(tweets))
        kinds = list(self.kinds)
        names = [form_of(name) for name, _ in kinds]
        forms, form_of_kind = np.unique(np.array(names, dtype=object), return_inverse=True)
        mention_forms = form_of_kind[np.asarray(self.mention_kinds, dtype=np.int64)]
        mention_ranks = rank[np.asarray(self.mention_tweets, dtype=np.int64)]
        order = np.lexsort((mention_ranks, mention_forms))  # by form, then by time
        authors = _author_numbers(tweets)[np.asarray(self.mention_tweets, dtype=np.int64)]
        pairs = np.unique(mention_forms * (len(tweets) + 1) + authors)
        n_authors = np.bincount(pairs // (len(tweets) + 1), minlength=len(forms))  # (forms,)
        starts = np.searchsorted(mention_forms[order], np.arange(len(forms) + 1))
        ordered_kinds = [kinds[kind] for kind in np.asarray(self.mention_kinds)[order]]
        ordered_tweets = [tweets[by_time[place]][0] for place in mention_ranks[order]]
        return Counts(
            forms=list(forms),
            authors=n_authors,
            starts=starts,
            scores=np.asarray(self.scores)[order],
            kinds=ordered_kinds,
            tweets=ordered_tweets,
            n_tweets=len(tweets),
        )


def _time_then_id(tweet: tuple[str | int, str | None, int]) -> tuple[int, str, str]:
    id_, author, time = tweet
    return time, str(id_), author or ""


def _author_numbers(tweets: list[tuple[str | int, str | None, int]]) -> Ints:
    """Return a number for each tweet's author; a tweet without one counts for itself."""
    numbers: dict[object, int] = {}
    keys = [tweet if tweet[1] is None else tweet[1] for tweet in tweets]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


@dataclass(frozen=True)
class Counts:
    """The counts of a closed bucket; forms are sorted, and so are the mentions of each by time.

    Attributes:
        forms: normal forms that are mentioned.
        authors: distinct authors of each form: (forms,)
        starts: place of each form's first mention, followed by the number of mentions: (forms + 1,)
        scores: score of each mention: (mentions,)
        kinds: name and type of each mention.
        tweets: id of each mention's tweet.
        n_tweets: different tweets of the bucket.
    """

    forms: list[str]
    authors: Ints
    starts: Ints
    scores: Floats
    kinds: list[tuple[str, str]]
    tweets: list[str | int]
    n_tweets: int

    @property
    def mentions(self) -> Ints:
        """Mentions of each form: (forms,)."""
        return np.diff(self.starts)

    @property
    def score_sums(self) -> Floats:
        """Expected number of true mentions of each form: (forms,)."""
        return np.add.reduceat(self.scores, self.starts[:-1]) if self.forms else np.zeros(0)

    def scores_of(self, form: int) -> Floats:
        """Return the scores of a form's mentions."""
        return self.scores[self.starts[form] : self.starts[form + 1]]

    def describe(self, form: int) -> tuple[dict[str, int], dict[str, int], list[str | int]]:
        """Return a form's names with their counts, its types, and the first tweets.

        The commonest name comes first, and the type with the largest sum of scores.
        """
        place = slice(self.starts[form], self.starts[form + 1])
        names = Counter(name for name, _ in self.kinds[place])
        types = Counter(type_ for _, type_ in self.kinds[place])
        certainty = dict.fromkeys(types, 0.0)
        for (_, type_), score in zip(self.kinds[place], self.scores[place], strict=True):
            certainty[type_] += score
        by_certainty = sorted(types, key=lambda type_: (-certainty[type_], type_))
        by_count = sorted(names, key=lambda name: (-names[name], name))
        examples = list(dict.fromkeys(self.tweets[place]))[:MAX_EXAMPLES]
        return (
            {name: names[name] for name in by_count},
            {type_: types[type_] for type_ in by_certainty},
            examples,
        )
