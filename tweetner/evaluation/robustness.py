"""Typical variations of tweets, applied to gold tweets with their entities carried along.

Every change is a pure function `(words, tags, random) -> (words, tags)`. Words that carry an entity
keep it; if a word is split, all of its parts carry the entity.
"""

import html
import random
import re
from collections.abc import Callable, Sequence

from tweetner.evaluation.entities import EntityScores, score_entities
from tweetner.evaluation.pairs import TagPairs, Tags, Words
from tweetner.tags import Entity, entities_to_tags, tags_to_entities

WordsAndTags = tuple[list[str], list[str]]
Change = Callable[[Sequence[str], Sequence[str], random.Random], WordsAndTags]

EMOJI = ("😂", "❤️", "🔥", "👀", "🎉")
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEAR = {
    key: row[max(i - 1, 0) : i] + row[i + 1 : i + 2]
    for row in KEYBOARD
    for i, key in enumerate(row)
}
"""The keys to the left and to the right of each key."""


def lower(words: Sequence[str], tags: Sequence[str], _: random.Random) -> WordsAndTags:
    """Write all words in lower case, except mentions and links."""
    return [word if _is_special(word) else word.lower() for word in words], list(tags)


def upper(words: Sequence[str], tags: Sequence[str], _: random.Random) -> WordsAndTags:
    """Write all words in upper case, except mentions and links."""
    return [word if _is_special(word) else word.upper() for word in words], list(tags)


def mask_users(words: Sequence[str], tags: Sequence[str], _: random.Random) -> WordsAndTags:
    """Replace mentions by `@user` and links by `http`."""
    masked = []
    for word in words:
        without_user = re.sub(r"^@\w+$", "@user", word)
        masked.append(re.sub(r"^https?://\S+$", "http", without_user))
    return masked, list(tags)


def glue_hashtag(words: Sequence[str], tags: Sequence[str], _: random.Random) -> WordsAndTags:
    """Turn every entity into one hashtag.

    >>> glue_hashtag(["in", "New", "York"], ["O", "B-geo-loc", "I-geo-loc"], random.Random(0))
    (['in', '#NewYork'], ['O', 'B-geo-loc'])
    """
    out_words = list(words)
    out_tags = list(tags)
    for type_, start, end in reversed(tags_to_entities(tags)):  # so that places stay right
        out_words[start:end] = ["#" + re.sub(r"\W", "", "".join(words[start:end]))]
        out_tags[start:end] = ["B-" + type_]
    return out_words, out_tags


def split_hashtag(words: Sequence[str], tags: Sequence[str], _: random.Random) -> WordsAndTags:
    """Split every hashtag at capitals and digits, without its `#`; the parts carry its entity.

    >>> split_hashtag(["#NewYork"], ["B-geo-loc"], random.Random(0))
    (['New', 'York'], ['B-geo-loc', 'I-geo-loc'])
    """
    out: list[str] = []
    starts = []  # index in `out` of each word's first part
    for word in words:
        starts.append(len(out))
        out += _hashtag_parts(word)
    starts.append(len(out))
    entities = [
        Entity(type_, starts[start], starts[end]) for type_, start, end in tags_to_entities(tags)
    ]
    return out, entities_to_tags(entities, len(out))


def elongate(words: Sequence[str], tags: Sequence[str], random_: random.Random) -> WordsAndTags:
    """Repeat the last vowel of one word in five three times: `sooo` for `so`."""

    def longer(word: str) -> str:
        return re.sub(r"([aeiou])(?=[^aeiou]*$)", r"\1\1\1\1", word, count=1, flags=re.IGNORECASE)

    return _change_some(words, random_, 0.2, longer), list(tags)


def mistype(words: Sequence[str], tags: Sequence[str], random_: random.Random) -> WordsAndTags:
    """Make one typing error in one of five words of four letters or more.

    The letters are swapped, dropped, doubled, or replaced by a neighbouring key.
    """

    def mistyped(word: str) -> str:
        if len(word) < 4:
            return word
        at = random_.randrange(1, len(word) - 1)
        here, following = word[at], word[at + 1]
        typos = [following + here, following, here * 2 + following]
        near = NEAR.get(here.lower(), "")
        if near:
            typos.append(random_.choice(near) + following)
        return word[:at] + random_.choice(typos) + word[at + 2 :]

    return _change_some(words, random_, 0.2, mistyped), list(tags)


def escape_html(words: Sequence[str], tags: Sequence[str], _: random.Random) -> WordsAndTags:
    """Escape `&`, `<`, `>` and quotes as Twitter's interface used to, unless they are already."""
    escaped = [html.escape(word) if html.unescape(word) == word else word for word in words]
    return escaped, list(tags)


def insert_emoji(words: Sequence[str], tags: Sequence[str], random_: random.Random) -> WordsAndTags:
    """Insert one emoji at the end and one between words, never inside an entity."""
    n_words = len(words)
    places = [place for place in range(n_words) if tags[place][:2] != "I-"] + [n_words]
    out_words, out_tags = list(words), list(tags)
    for place in (n_words, random_.choice(places)):  # from the right, so that places stay right
        out_words.insert(place, random_.choice(EMOJI))
        out_tags.insert(place, "O")
    return out_words, out_tags


CHANGES: dict[str, Change] = {
    "lower case": lower,
    "upper case": upper,
    "entities as hashtags": glue_hashtag,
    "hashtags split": split_hashtag,
    "@user and URL masked": mask_users,
    "elongation": elongate,
    "typos": mistype,
    "HTML entities": escape_html,
    "emoji inserted": insert_emoji,
}


def changed(words: Words, tags: Tags, change: str, *, seed: int = 0) -> tuple[Words, Tags]:
    """Apply one of `CHANGES` to every tweet; the same seed gives the same tweets."""
    random_ = random.Random(f"{change} {seed}")
    new_words, new_tags = [], []
    for tweet, tweet_tags in zip(words, tags, strict=True):
        changed_words, changed_tags = CHANGES[change](tweet, tweet_tags, random_)
        new_words.append(changed_words)
        new_tags.append(changed_tags)
    return new_words, new_tags


def robustness(
    words: Words, gold: Tags, tag: Callable[[Words], Tags], *, types: Sequence[str] | None = None
) -> dict[str, EntityScores]:
    """Score a tagger on the same gold under every change.

    Args:
        words: The words of each tweet.
        gold: Their gold tags.
        tag: Returns the predicted tags of tweets of words.
        types: Types to list even if they do not occur.

    Returns:
        The scores under each of `CHANGES`.
    """
    scores = {}
    for change in CHANGES:
        new_words, new_gold = changed(words, gold, change)
        scores[change] = score_entities(TagPairs(new_gold, tag(new_words)), types=types)
    return scores


def _is_special(word: str) -> bool:
    return word[:1] == "@" or word[:4].lower() == "http"


def _change_some(
    words: Sequence[str], random_: random.Random, share: float, change: Callable[[str], str]
) -> list[str]:
    out = []
    for word in words:
        # the random number is drawn for every word
        is_drawn = random_.random() < share
        out.append(change(word) if is_drawn and word.isalpha() and not _is_special(word) else word)
    return out


def _hashtag_parts(word: str) -> list[str]:
    if word[:1] != "#" or not word[1:]:
        return [word]
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z\d_]+|\d+", word[1:]) or [word]
