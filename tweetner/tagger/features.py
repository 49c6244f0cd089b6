"""The notebook's 14 features of a word, as columns of a sparse matrix.

Six are flags of the word, eight are forms of it or of a neighbour. Each depends on one word alone, so it is looked up
once for each distinct word, and a matrix is assembled from cached columns instead of a dict per word. The columns are
those of scikit-learn's `DictVectorizer`: sorted names, `"is_title"` for a flag and `"tok_lower=nyc"` for a form.
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
START, END = "<START>", "<END>"  # the neighbours that a tweet's first and last word lack

CACHE_WORDS = 100_000  # distinct words remembered before the cache starts afresh: about 20 MB

Tweets = Sequence[Sequence[str]]
Columns = npt.NDArray[np.int32]


def flags_of(word: str) -> tuple[bool, ...]:
    """The word's `FLAGS`, in their order."""
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
    """The word's `FORMS`, in their order; `next_lower` and `prev_lower` are what it is to its neighbours.

    >>> forms_of("NYC")
    ('nyc', 'N', 'NY', 'nyc', 'C', 'YC', 'NYC', 'nyc')
    """
    lower = word.lower()
    return (lower, word[:1], word[:2], lower, word[-1:], word[-2:], word, lower)


def fit_vocabulary(tweets: Tweets) -> dict[str, int]:
    """The features that occur in tweets, name → column: equal to `DictVectorizer.vocabulary_`.

    Raises:
        ValueError: The tweets hold no word.
    """
    words = {word for tweet in tweets for word in tweet}
    if not words:
        raise ValueError("expected at least one word to fit the features on, got none")
    forms = dict(zip(FORMS, map(set, zip(*map(forms_of, words), strict=True)), strict=True))
    forms["next_lower"] = {word.lower() for tweet in tweets if tweet for word in (*tweet[1:], END)}
    forms["prev_lower"] = {
        word.lower() for tweet in tweets if tweet for word in (START, *tweet[:-1])
    }
    names = [*FLAGS, *(f"{name}={form}" for name in FORMS for form in sorted(forms[name]))]
    return {name: column for column, name in enumerate(names)}


class FeatureColumns:
    """The columns of each word's features under one vocabulary, cached by word.

    Raises:
        ValueError: The vocabulary is not one that `fit_vocabulary` makes.
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        if [vocabulary.get(flag) for flag in FLAGS] != list(range(len(FLAGS))):
            raise ValueError(f"expected a vocabulary whose first columns are {', '.join(FLAGS)}")
        self.vocabulary = vocabulary
        self._columns: dict[str, dict[str, int]] = {
            name: {} for name in FORMS
        }  # form's name → form → column
        for feature, column in vocabulary.items():
            name, is_form, form = feature.partition("=")
            if is_form:
                self._columns[name][form] = column
        self._rows: dict[str, int] = {}  # cached word → its place in the arrays
        self._flags = np.empty(0, np.int32)  # flags as bits, the first flag the lowest
        self._forms = np.empty((0, len(FORMS)), np.int32)  # columns of the forms, -1 where unseen
        self._remember({START, END})

    def lookup(self, tweets: Tweets) -> tuple[Columns, Columns]:
        """Each word's flags as bits `(words,)` and the columns of its forms `(words, forms)`, -1 where unseen."""
        words = [word for tweet in tweets for word in tweet]
        try:
            rows = np.array([self._rows[word] for word in words], np.intp)
        except KeyError:
            self._remember(set(words))
            rows = np.array([self._rows[word] for word in words], np.intp)
        lengths = np.array([len(tweet) for tweet in tweets if len(tweet)], np.intp)
        ends = np.cumsum(lengths)
        previous, following = np.roll(rows, 1), np.roll(rows, -1)
        previous[ends - lengths] = self._rows[START]
        following[ends - 1] = self._rows[END]

        forms = self._forms[rows]  # (words, forms)
        for name, neighbours in (("next_lower", following), ("prev_lower", previous)):
            forms[:, FORMS.index(name)] = self._forms[neighbours, FORMS.index(name)]
        return self._flags[rows], forms

    def matrix(self, tweets: Tweets) -> "csr_matrix":
        """One row a word: what `DictVectorizer.transform` gives for the notebook's features, with int32 indices.

        A flag that is off is a stored zero, as there; int64 indices are what `SGDClassifier` refuses.
        """
        from scipy.sparse import csr_matrix

        flags, forms = self.lookup(tweets)
        bits = flags[:, None] >> np.arange(len(FLAGS)) & 1  # (words, flags)
        columns = np.hstack(
            [np.broadcast_to(np.arange(len(FLAGS), dtype=np.int32), bits.shape), forms]
        )
        values = np.hstack([bits, np.ones(forms.shape)])
        known = columns >= 0
        row_ends = np.cumsum([0, *known.sum(axis=1)], dtype=np.int32)
        return csr_matrix(
            (values[known], columns[known], row_ends), shape=(len(flags), len(self.vocabulary))
        )

    def _remember(self, words: set[str]) -> None:
        """Give every word a row in the cache; a full cache starts afresh."""
        new = words - self._rows.keys()
        if len(self._rows) + len(new) > CACHE_WORDS:
            self._rows, new = {}, words | {START, END}
        first, total = len(self._rows), len(self._rows) + len(new)
        if total > len(self._flags):  # doubling keeps growth by single tweets linear
            self._flags = np.resize(self._flags, 2 * total)
            self._forms = np.resize(self._forms, (2 * total, len(FORMS)))
        self._rows.update(zip(new, range(first, total), strict=True))
        flags = np.array([flags_of(word) for word in new])
        self._flags[first:total] = np.packbits(flags, axis=1, bitorder="little")[:, 0]
        for place, forms in enumerate(zip(*map(forms_of, new), strict=True)):
            column = self._columns[FORMS[place]]
            self._forms[first:total, place] = [column.get(form, -1) for form in forms]
