"""The audit: counts that can be made by hand, and those that WNUT-16 is known for."""

import json
import os
from dataclasses import asdict

import pytest

from tweetner.corpus import (
    Corpus,
    Shared,
    Tweet,
    audit,
    audit_warnings,
    load_corpus,
    overlap_warnings,
)


def tweets_of(*lines: str) -> list[Tweet]:
    """Tweets from lines such as "in NYC/B-geo-loc"; a word without a tag has O."""
    pairs = [[(word + "/O").split("/")[:2] for word in line.split()] for line in lines]
    return [
        Tweet(str(n), tuple(word for word, _ in row), tuple(tag for _, tag in row))
        for n, row in enumerate(pairs)
    ]


TRAIN = tweets_of(
    "in NYC/B-geo-loc lol",
    "in NYC/B-geo-loc lol",
    "in NYC lol",
    "saw #Jaws/B-movie with ANN/B-person Lee/I-person !!",
    "I/I-movie iPhone",
)
TEST = tweets_of(
    "In nyc/B-geo-loc LOL",
    "@ann saw #jaws/B-movie with ANN Lee/B-person !!",
    "ann/I-person lee/I-person",
    "#TGIF",
)
CORPUS = Corpus("hand", ("geo-loc", "movie", "person", "product"), {"train": TRAIN, "test": TEST})


def test_a_split_is_counted_as_documented() -> None:
    assert asdict(audit(CORPUS).splits["train"]) == {
        "tweets": 5,
        "words": 17,
        "entities": {"geo-loc": 2, "movie": 2, "person": 1, "product": 0},
        "tweets_with_entity": 4,
        "always_o_accuracy": 11 / 17,
        "repeats": 2,
        "conflicting_texts": 1,
        "ill_formed": 1,
        "hashtags": 1,
        "hashtag_entities": 1,
        "word_case": {"lower": 8, "Title": 3, "UPPER": 4, "mixed": 1, "no letters": 1},
        "entity_case": {"lower": 0, "Title": 2, "UPPER": 2, "mixed": 1, "no letters": 0},
    }


def test_overlap_is_counted_exactly_then_but_for_case_then_but_for_mentions() -> None:
    (overlap,) = audit(CORPUS).overlaps
    assert (overlap.first, overlap.second) == ("train", "test")
    assert overlap.exact == Shared(texts=0, in_first=0, in_second=0)
    assert overlap.lowercased == Shared(texts=1, in_first=3, in_second=1)
    assert overlap.near == Shared(texts=2, in_first=4, in_second=2)


def test_an_entity_is_unseen_when_no_train_entity_has_its_form() -> None:
    (comparison,) = audit(CORPUS).comparisons
    assert (comparison.evaluation, comparison.entities) == ("test", 4)
    assert (comparison.unseen, comparison.unseen_rate) == (1, 0.25)  # "lee" alone
    assert comparison.type_shift == pytest.approx(
        (abs(2 / 5 - 1 / 4) + abs(2 / 5 - 1 / 4) + abs(1 / 5 - 2 / 4)) / 2
    )
    assert comparison.new_types == {}


def test_the_findings_are_one_line_each_with_their_counts() -> None:
    assert audit_warnings(audit(CORPUS)) == [
        "train and test share texts: 0 (0 tweets of train, 0 of test) exactly, "
        "1 (3 tweets of train, 1 of test) "
        "ignoring case, 2 (4 tweets of train, 2 of test) ignoring case, mentions and URLs",
        "train: 2 of 5 tweets repeat an earlier one",
        "train: 1 repeated texts are tagged in more than one way",
        "train: 1 I- tags continue no entity of their type",
        "train: no entity of 1 declared types: product",
        "test: 1 I- tags continue no entity of their type",
        "test: no entity of 1 declared types: product",
        "test: 1 of 4 entities (25%) have a name that no entity of train has",
        "test: 30% of the entities would have to change type to match train",
    ]


def test_only_texts_shared_with_train_are_leaks() -> None:
    train, dev, test = tweets_of("a b"), tweets_of("c d"), tweets_of("c D")
    clean = Corpus("clean", ("movie",), {"train": train, "dev": dev, "test": test})
    assert overlap_warnings(audit(clean)) == []
    leaky = Corpus("leaky", ("movie",), {"train": dev, "dev": train, "test": test})
    (line,) = overlap_warnings(audit(leaky))
    assert line.startswith(
        "train and test share texts: 0 (0 tweets of train, 0 of test) exactly, 1 ("
    )


def test_a_type_that_train_lacks_is_named() -> None:
    corpus = Corpus(
        "new",
        ("movie", "person"),
        {"train": tweets_of("x/B-movie"), "dev": tweets_of("x/B-person y")},
    )
    assert "dev: entities of types that train lacks: person 1" in audit_warnings(audit(corpus))


def test_a_corpus_of_one_split_is_compared_with_nothing() -> None:
    report = audit(Corpus("one", ("movie",), {"my": tweets_of("x y")}))
    assert (report.overlaps, report.comparisons, report.splits["my"].always_o_accuracy) == (
        [],
        [],
        1.0,
    )


def test_an_empty_split_is_refused() -> None:
    with pytest.raises(ValueError, match="none: expected tweets in train, got none"):
        audit(Corpus("none", ("movie",), {"train": []}))


def test_the_audit_is_json() -> None:
    report = asdict(audit(CORPUS))
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_sample_is_clean() -> None:
    report = audit(load_corpus("sample"))
    assert all(overlap.near.texts == 0 for overlap in report.overlaps)
    assert all(
        (s.repeats, s.conflicting_texts, s.ill_formed) == (0, 0, 0) for s in report.splits.values()
    )
    assert all(min(split.entities.values()) > 0 for split in report.splits.values())


def test_wnut16_has_the_counts_that_it_is_known_for() -> None:
    if "TWEETNER_DATA" not in os.environ:
        pytest.skip("TWEETNER_DATA names no folder with wnut16")
    report = audit(load_corpus("wnut16"))
    splits = report.splits.values()
    assert [split.tweets for split in splits] == [2394, 1000, 3850]
    assert [sum(split.entities.values()) for split in splits] == [1496, 661, 3473]
    assert [round(100 * split.always_o_accuracy, 2) for split in splits] == [94.70, 93.06, 90.38]
    assert [split.hashtag_entities for split in splits] == [9, 36, 314]
    assert (report.splits["train"].repeats, report.splits["train"].conflicting_texts) == (99, 14)
    assert [round(comparison.unseen_rate, 2) for comparison in report.comparisons] == [0.85, 0.85]
    dev_test = report.overlaps[-1]
    assert (dev_test.first, dev_test.second, dev_test.exact) == (
        "dev",
        "test",
        Shared(1, in_first=4, in_second=1),
    )
    assert overlap_warnings(report) == []
