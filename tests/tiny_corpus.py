"""A corpus of four tweets whose facts can be counted by hand."""

from tweetner.corpus import Corpus, Tweet

TYPES = ("person", "geo-loc")


def tweet(text: str, tags: str, id_: str = "1") -> Tweet:
    return Tweet(id_, tuple(text.split()), tuple(tags.split()))


PARIS = tweet("Paris is nice", "B-geo-loc O O")
PARIS_HILTON = tweet("paris in New York", "B-person O B-geo-loc I-geo-loc", "2")
UNTAGGED = tweet("new york and PARIS", "O O O O", "3")
CORPUS = Corpus(
    "tiny",
    TYPES,
    {"train": [PARIS, PARIS_HILTON, UNTAGGED], "dev": [tweet("Rome Paris", "B-person B-person")]},
)
