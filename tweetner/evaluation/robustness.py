"""The changes that tweets bring, applied to gold tweets with their entities carried through.

Every change is a pure function `(words, tags, random) -> (words, tags)`. Words that carry an entity keep it; where a
word is split, its parts carry the entity on.
"""

import html
import random
import re
from collections.abc import Callable, Sequence

from tweetner.evaluation.entities import Counts, Tags, score_entities
from tweetner.tags import Entity, entities_to_tags, tags_to_entities

Tweet = tuple[list[str], list[str]]
Change = Callable[[Sequence[str], Sequence[str], random.Random], Tweet]

EMOJI = ("😂", "❤️", "🔥", "👀", "🎉")
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEAR = {
    key: row[max(i - 1, 0) : i] + row[i + 1 : i + 2]
    for row in KEYBOARD
    for i, key in enumerate(row)
}


def lower(words: Sequence[str], tags: Sequence[str], _: random.Random) -> Tweet:
    return [word if _is_special(word) else word.lower() for word in words], list(tags)


def upper(words: Sequence[str], tags: Sequence[str], _: random.Random) -> Tweet:
    return [word if _is_special(word) else word.upper() for word in words], list(tags)


def mask_users(words: Sequence[str], tags: Sequence[str], _: random.Random) -> Tweet:
    """Mentions become `@user`, links `http`."""
    masked = [re.sub(r"^https?://\S+$", "http", re.sub(r"^@\w+$", "@user", word)) for word in words]
    return masked, list(tags)


def glue_hashtag(words: Sequence[str], tags: Sequence[str], _: random.Random) -> Tweet:
    """Every entity becomes one hashtag.

    >>> glue_hashtag(["in", "New", "York"], ["O", "B-geo-loc", "I-geo-loc"], random.Random(0))
    (['in', '#NewYork'], ['O', 'B-geo-loc'])
    """
    out_words, out_tags = [], []
    begins = {entity.start: entity for entity in tags_to_entities(tags)}
    inside = {i for entity in begins.values() for i in range(entity.start, entity.end)}
    for position, word in enumerate(words):
        if position in begins:
            entity = begins[position]
            out_words.append("#" + re.sub(r"\W", "", "".join(words[entity.start : entity.end])))
            out_tags.append("B-" + entity.type)
        elif position not in inside:
            out_words.append(word)
            out_tags.append(tags[position])
    return out_words, out_tags


def split_hashtag(words: Sequence[str], tags: Sequence[str], _: random.Random) -> Tweet:
    """Every hashtag loses its `#` and parts at capitals and digits; the parts carry its entity.

    >>> split_hashtag(["#NewYork"], ["B-geo-loc"], random.Random(0))
    (['New', 'York'], ['B-geo-loc', 'I-geo-loc'])
    """
    return _rewrite(
        words, tags, lambda word: _hashtag_parts(word) if word[:1] == "#" and word[1:] else [word]
    )


def elongate(words: Sequence[str], tags: Sequence[str], random_: random.Random) -> Tweet:
    """One word in five gets its last vowel three times more: `sooo` for `so`."""

    def longer(word: str) -> str:
        return re.sub(r"([aeiou])(?=[^aeiou]*$)", r"\1\1\1\1", word, count=1, flags=re.IGNORECASE)

    return _some(words, random_, 0.2, longer), list(tags)


def mistype(words: Sequence[str], tags: Sequence[str], random_: random.Random) -> Tweet:
    """One word in five of four letters or more gets one typing error: swapped, dropped, doubled or neighbouring key."""

    def mistyped(word: str) -> str:
        if len(word) < 4:
            return word
        at = random_.randrange(1, len(word) - 1)
        near = NEAR.get(word[at].lower(), "")
        middle = random_.choice(
            [word[at + 1] + word[at], word[at + 1], word[at] * 2 + word[at + 1]]
            + ([random_.choice(near) + word[at + 1]] if near else [])
        )
        return word[:at] + middle + word[at + 2 :]

    return _some(words, random_, 0.2, mistyped), list(tags)


def escape_html(words: Sequence[str], tags: Sequence[str], _: random.Random) -> Tweet:
    """`&`, `<`, `>` and quotes as Twitter's interface used to give them; what is escaped already stays."""
    return [html.escape(word) if html.unescape(word) == word else word for word in words], list(
        tags
    )


def insert_emoji(words: Sequence[str], tags: Sequence[str], random_: random.Random) -> Tweet:
    """One emoji at the end and one somewhere between words, never inside an entity."""
    places = [
        place for place in range(len(words) + 1) if place == len(words) or tags[place][:2] != "I-"
    ]
    out_words, out_tags = list(words), list(tags)
    for place in (len(words), random_.choice(places)):  # from the right, so that places stay right
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


def changed(
    words: Sequence[Sequence[str]], tags: Tags, change: str, *, seed: int = 0
) -> tuple[Tags, Tags]:
    """Apply one of `CHANGES` to every tweet; the same seed gives the same tweets."""
    random_ = random.Random(f"{change} {seed}")
    pairs = [
        CHANGES[change](tweet, tweet_tags, random_)
        for tweet, tweet_tags in zip(words, tags, strict=True)
    ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def robustness(
    words: Sequence[Sequence[str]],
    gold: Tags,
    tag: Callable[[Tags], Tags],
    *,
    types: Sequence[str] | None = None,
) -> dict[str, dict[str, Counts]]:
    """Score a tagger on the same gold under every change: for each change the counts of every type.

    Args:
        words: The tweets.
        gold: Their tags.
        tag: Tags for tweets of words; the model.
        types: Types to list in any case.
    """
    scores = {}
    for change in CHANGES:
        new_words, new_gold = changed(words, gold, change)
        scores[change] = score_entities(new_gold, tag(new_words), types=types).by_type
    return scores


def _is_special(word: str) -> bool:
    return word[:1] == "@" or word[:4].lower() == "http"


def _some(
    words: Sequence[str], random_: random.Random, share: float, change: Callable[[str], str]
) -> list[str]:
    return [
        change(word)
        if random_.random() < share and word.isalpha() and not _is_special(word)
        else word
        for word in words
    ]


def _hashtag_parts(word: str) -> list[str]:
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z\d_]+|\d+", word[1:]) or [word]


def _rewrite(words: Sequence[str], tags: Sequence[str], parts: Callable[[str], list[str]]) -> Tweet:
    """Put a word's parts in its place and move the entities along."""
    out: list[str] = []
    starts = []
    for word in words:
        starts.append(len(out))
        out += parts(word)
    starts.append(len(out))
    entities = [
        Entity(type_, starts[start], starts[end]) for type_, start, end in tags_to_entities(tags)
    ]
    return out, entities_to_tags(entities, len(out))
