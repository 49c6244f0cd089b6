"""Compute the notebook's 14 features of a word, as columns of a sparse matrix.

Six are flags of the word, eight are forms of it or of a neighbour. Each depends on one word alone,
so it is computed once for each distinct word and cached. The columns are those of scikit-learn's
`DictVectorizer`: sorted names, `"is_title"` for a flag and `"tok_lower=nyc"` for a form.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# in the order of their columns: flags sort before forms, "tok=" before "tok_lower="
FLAGS = ("has_at", "has_hash", "has_url_hint", "is_digit", "is_title", "is_upper")
FORMS = ("next_lower", "prefix1", "prefix2", "prev_lower", "suffix1", "suffix2", "tok", "tok_lower")
START = "<START>"  # the neighbour before a tweet's first word
END = "<END>"  # the neighbour after its last word

CACHE_WORDS = 100_000  # distinct words before the cache is emptied: about 20 MB

Tweets = Sequence[Sequence[str]]
Columns = npt.NDArray[np.int32]


def flags_of(word: str) -> tuple[bool, ...]:
    """Return the word's `FLAGS`, in their order."""
    lower = word.lower()
    return (
        "@" in word,
        "#" in word,
        "http" in lower or "www" in lower,
        word.isdigit(),
        word.istitle(),
        word.isupper(),
    )


def forms_of(word: str) -> tuple[str, ...]:
    """Return the word's `FORMS`, in their order.

    Its `next_lower` is the feature of the word before it, its `prev_lower` of the word after it.

    >>> forms_of("NYC")
    ('nyc', 'N', 'NY', 'nyc', 'C', 'YC', 'NYC', 'nyc')
    """
    lower = word.lower()
    return (lower, word[:1], word[:2], lower, word[-1:], word[-2:], word, lower)


def fit_vocabulary(tweets: Tweets) -> dict[str, int]:
    """Return the columns of the features that occur in tweets, as `DictVectorizer` numbers them.

    Raises:
        ValueError: The tweets hold no word.
    """
    words = {word for tweet in tweets for word in tweet}
    if not words:
        raise ValueError("expected at least one word to fit the features on, got none")
    values = zip(*map(forms_of, words), strict=True)  # for each form its value for each word
    forms = {name: set(of_words) for name, of_words in zip(FORMS, values, strict=True)}
    forms["next_lower"] = {END.lower()}
    forms["prev_lower"] = {START.lower()}
    for tweet in tweets:
        forms["next_lower"].update(word.lower() for word in tweet[1:])
        forms["prev_lower"].update(word.lower() for word in tweet[:-1])
    names = list(FLAGS)
    for name in FORMS:
        names += [f"{name}={form}" for form in sorted(forms[name])]
    return {name: column for column, name in enumerate(names)}


class FeatureColumns:
    """Looks up the columns of each word's features in a vocabulary, with a cache of words.

    Raises:
        ValueError: The vocabulary is not one that `fit_vocabulary` returns.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        if [vocabulary.get(flag) for flag in FLAGS] != list(range(len(FLAGS))):
            raise ValueError(f"expected a vocabulary whose first columns are {', '.join(FLAGS)}")
        self.vocabulary = vocabulary
        # column of each value of each form
        self._columns: dict[str, dict[str, int]] = {name: {} for name in FORMS}
        for feature, column in vocabulary.items():
            name, is_form, form = feature.partition("=")
            if is_form:
                self._columns[name][form] = column
        self._rows: dict[str, int] = {}  # row of each cached word in the arrays
        self._flags = np.empty(0, np.int32)  # (rows,): flags as bits, the first one lowest
        self._forms = np.empty((0, len(FORMS)), np.int32)  # (rows, forms): columns, -1 where unseen
        self._add({START, END})

    def lookup(self, tweets: Tweets) -> tuple[Columns, Columns]:
        """Look up the features of all words of tweets.

        Returns:
            Each word's flags as bits, (words,), and the columns of its forms, (words, forms), -1
            for a form that the vocabulary does not have.
        """
        rows = self._rows_of([word for tweet in tweets for word in tweet])
        lengths = np.array([len(tweet) for tweet in tweets if len(tweet)], np.intp)
        ends = np.cumsum(lengths)  # (tweets with words,): the word after each one's last
        # (words,): rows of the word before and of the word after each word
        previous = np.roll(rows, 1)
        previous[ends - lengths] = self._rows[START]
        following = np.roll(rows, -1)
        following[ends - 1] = self._rows[END]

        forms = self._forms[rows]  # (words, forms)
        for name, neighbours in (("next_lower", following), ("prev_lower", previous)):
            column = FORMS.index(name)
            forms[:, column] = self._forms[neighbours, column]
        return self._flags[rows], forms

    def matrix(self, tweets: Tweets) -> "csr_matrix":
        """Build the matrix that `DictVectorizer.transform` gives, with one row for each word.

        A flag that is off is a stored zero, as there. Indices are int32, for `SGDClassifier`
        refuses int64.
        """
        from scipy.sparse import csr_matrix

        flags, forms = self.lookup(tweets)
        bits = flags[:, None] >> np.arange(len(FLAGS)) & 1  # (words, flags)
        flag_columns = np.broadcast_to(np.arange(len(FLAGS), dtype=np.int32), bits.shape)
        columns = np.hstack([flag_columns, forms])  # (words, flags + forms)
        values = np.hstack([bits, np.ones(forms.shape)])
        known = columns >= 0
        row_ends = np.cumsum([0, *known.sum(axis=1)], dtype=np.int32)
        return csr_matrix(
            (values[known], columns[known], row_ends), shape=(len(flags), len(self.vocabulary))
        )

    def _rows_of(self, words: list[str]) -> npt.NDArray[np.intp]:
        """Return the row of each word in the arrays, (words,)."""
        try:
            return np.array([self._rows[word] for word in words], np.intp)
        except KeyError:
            self._add(set(words))
            return np.array([self._rows[word] for word in words], np.intp)

    def _add(self, words: set[str]) -> None:
        """Give every word a row; a full cache is emptied first."""
        new = words - self._rows.keys()
        if len(self._rows) + len(new) > CACHE_WORDS:
            self._rows = {}
            new = words | {START, END}
        first = len(self._rows)
        total = first + len(new)
        if total > len(self._flags):  # double, so that adding single tweets takes linear time
            self._flags = np.resize(self._flags, 2 * total)
            self._forms = np.resize(self._forms, (2 * total, len(FORMS)))
        self._rows.update(zip(new, range(first, total), strict=True))
        flags = np.array([flags_of(word) for word in new])  # (new, flags)
        self._flags[first:total] = np.packbits(flags, axis=1, bitorder="little")[:, 0]
        values = zip(*map(forms_of, new), strict=True)  # for each form its value for each word
        for place, of_words in enumerate(values):
            column = self._columns[FORMS[place]]
            self._forms[first:total, place] = [column.get(form, -1) for form in of_words]
